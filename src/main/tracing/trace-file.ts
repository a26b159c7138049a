/**
 * A trace as a file: a JSON array of events, which chrome://tracing and Perfetto open. Google, "Trace Event Format": the
 * closing bracket may be missing, and events may come in any order. Written as a stream, so that what is there is never lost.
 */
import {closeSync, openSync, writeSync} from 'node:fs'
import {expected} from '../../errors.ts'
import {describeSystemError} from '../system-error.ts'

/** Bytes kept back for the last event, which says what is missing. */
const reserve = 4096
/** Bytes that an event has beside its fields, or more. */
const separators = 32
/** Characters collected before they are written. */
const chunk = 65_536

/** All of one machine are of one process of the format. */
const process = '"pid":1'

export class TraceFile {
	readonly #file: number
	readonly #mostBytes: number
	#text = '[\n'
	#bytes = 2
	#events = 0
	#cut = 0
	#failure: string | undefined

	/** @param mostBytes of the file. @throws UserError if it cannot be created. */
	constructor(path: string, mostBytes: number) {
		try {
			this.#file = openSync(path, 'w')
		} catch (error) {
			throw expected(`to open --trace ${path}`, describeSystemError(error as Error))
		}
		this.#mostBytes = mostBytes - reserve
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
			writeSync(this.#file, this.#text, null, 'latin1')
		} catch (error) {
			this.#failure = describeSystemError(error as Error)
		}
		this.#text = ''
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
