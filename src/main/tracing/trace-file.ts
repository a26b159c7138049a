/**
 * A trace as a file: a JSON array of events, which chrome://tracing and Perfetto open. Google, "Trace Event Format": the
 * closing bracket may be missing, and events may come in any order. Written as a stream, so that what is there is never lost.
 */
import {closeSync, constants, openSync, statSync, writeSync} from 'node:fs'
import {setTimeout} from 'node:timers/promises'
import {expected} from '../../errors.ts'
import {describeSystemError} from '../system-error.ts'

/** Bytes kept back for the last event, which says what is missing. */
const reserve = 4096
/** Bytes that an event has beside its fields, or more. */
const separators = 32
/** Characters collected before they are written. */
const chunk = 65_536

/** Milliseconds. */
const usualPatience = 10_000
/** Milliseconds between two attempts. */
const pause = 20
const sleeper = new Int32Array(new SharedArrayBuffer(4))

/** All of one machine are of one process of the format. */
const process = '"pid":1'

export class TraceFile {
	readonly #file: number
	readonly #mostBytes: number
	readonly #patience: number
	#text = '[\n'
	#bytes = 2
	#events = 0
	#cut = 0
	#failure: string | undefined

	private constructor(file: number, {mostBytes, patience}: Readonly<{mostBytes: number; patience: number}>) {
		this.#file = file
		this.#mostBytes = mostBytes - reserve
		this.#patience = patience
	}

	/**
	 * @param mostBytes of the file. @param patience milliseconds in which the reader of a FIFO must be there, and later take something.
	 * @throws UserError if it cannot be created, or has no reader.
	 */
	static async open(path: string, mostBytes: number, patience = usualPatience): Promise<TraceFile> {
		const end = performance.now() + patience
		for (;;) {
			try {
				return new TraceFile(openWithoutWaiting(path), {mostBytes, patience})
			} catch (error) {
				if (!isFifoWithoutReader(path, error)) throw expected(`to open --trace ${path}`, describeSystemError(error))
				if (performance.now() > end)
					throw expected(`a reader of the FIFO --trace ${path} within ${patience / 1000} seconds`, 'none')
				await setTimeout(pause)
			}
		}
	}

	/** Events written; events for which there was no room below the limit. */
	get events(): number {
		return this.#events
	}
	get cut(): number {
		return this.#cut
	}
	get bytes(): number {
		return this.#bytes
	}
	/** Why nothing more is written: the disk is full, for instance. */
	get failure(): string | undefined {
		return this.#failure
	}

	/** @param fields of the event, as JSON without braces and pid. All characters are of one byte. @returns whether there was room. */
	write(fields: string): boolean {
		if (!this.#hasRoom(fields.length)) {
			this.#cut++
			return false
		}
		this.#append(fields)
		return true
	}

	/** Both ends of what would last for ever with one, or neither. */
	writePair(first: string, second: string): void {
		if (!this.#hasRoom(first.length + second.length + separators)) {
			this.#cut += 2
			return
		}
		this.#append(first)
		this.#append(second)
	}

	#hasRoom(length: number): boolean {
		return this.#failure === undefined && this.#bytes + length <= this.#mostBytes
	}

	#append(fields: string): void {
		const text = `${this.#events === 0 ? '' : ',\n'}{${fields},${process}}`
		this.#events++
		this.#bytes += text.length
		this.#text += text
		if (this.#text.length >= chunk) this.flush()
	}

	flush(): void {
		if (this.#text === '' || this.#failure !== undefined) return
		try {
			this.#write(Buffer.from(this.#text, 'latin1'))
		} catch (error) {
			this.#failure = describeSystemError(error as Error)
		}
		this.#text = ''
	}

	/** @throws if it cannot be written, or the reader of a FIFO takes nothing for long. */
	#write(bytes: Uint8Array): void {
		let end = performance.now() + this.#patience
		for (let at = 0; at < bytes.length; ) {
			try {
				at += writeSync(this.#file, bytes, at)
				end = performance.now() + this.#patience
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
				if (performance.now() > end) throw new Error(`its reader took nothing for ${this.#patience / 1000} seconds`)
				Atomics.wait(sleeper, 0, 0, pause)
			}
		}
	}

	/** @param fields of a last event, for which there is always room. */
	close(fields: string): void {
		this.#append(fields)
		this.#text += '\n]\n'
		this.#bytes += 3
		this.flush()
		closeSync(this.#file)
	}
}

function openWithoutWaiting(path: string): number {
	const {O_WRONLY, O_CREAT, O_TRUNC, O_NONBLOCK} = constants
	return openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK)
}

function isFifoWithoutReader(path: string, error: unknown): boolean {
	return (error as NodeJS.ErrnoException).code === 'ENXIO' && statSync(path).isFIFO()
}
