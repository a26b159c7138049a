/** A dump of frames in pcap's format with nanoseconds, as Wireshark and tcpdump read it. */
import {closeSync, openSync, writeSync} from 'node:fs'
import {UserError} from '../errors.ts'
import type {Clock, Timer} from './clock.ts'

const headerBytes = 24
const recordBytes = 16
const bufferBytes = 256 * 1024
/** What is in the buffer reaches the file after this long, in milliseconds. */
const flushAfter = 200
const longestFrame = 262_144
const ethernet = 1

export type PcapParts = Readonly<{
	clock: Clock
	/** Milliseconds since 1970. */
	wallClock: () => number
	/** One line, for the user: the dump ends, the machine goes on. */
	report: (line: string) => void
	/** Writes bytes to a file, and returns how many were written. */
	write?: (file: number, bytes: Uint8Array, from: number) => number
}>

export class PcapDump {
	readonly #path: string
	readonly #parts: PcapParts
	readonly #buffer = new Uint8Array(bufferBytes)
	readonly #view = new DataView(this.#buffer.buffer)
	#file: number | undefined
	#filled = 0
	#timer: Timer | undefined

	/** Makes the file anew. @throws UserError if it cannot be made. */
	constructor(path: string, parts: PcapParts) {
		this.#path = path
		this.#parts = parts
		try {
			this.#file = openSync(path, 'w')
		} catch (error) {
			throw new UserError(`Expected a file for network packets that can be written, got ${path}: ${reasonOf(error)}`)
		}
		const view = this.#view
		view.setUint32(0, 0xa1b2_3c4d, true) // nanoseconds
		view.setUint16(4, 2, true)
		view.setUint16(6, 4, true)
		view.setUint32(16, longestFrame, true)
		view.setUint32(20, ethernet, true)
		this.#filled = headerBytes
		this.#flush()
	}

	/** Appends a frame; its time is now. */
	append(frame: Uint8Array): void {
		if (this.#file === undefined) return
		const length = Math.min(frame.length, bufferBytes - recordBytes)
		if (this.#filled + recordBytes + length > bufferBytes) this.#flush()
		const now = this.#parts.wallClock()
		const seconds = Math.floor(now / 1000)
		const at = this.#filled
		const view = this.#view
		view.setUint32(at, seconds, true)
		view.setUint32(at + 4, Math.min(999_999_999, Math.round((now - seconds * 1000) * 1e6)), true)
		view.setUint32(at + 8, length, true)
		view.setUint32(at + 12, frame.length, true)
		this.#buffer.set(length === frame.length ? frame : frame.subarray(0, length), at + recordBytes)
		this.#filled = at + recordBytes + length
		this.#timer ??= this.#parts.clock.after(flushAfter, () => this.#flush())
	}

	close(): void {
		this.#flush()
		this.#end()
	}

	#flush(): void {
		this.#timer?.cancel()
		this.#timer = undefined
		const bytes = this.#buffer.subarray(0, this.#filled)
		this.#filled = 0
		try {
			for (let from = 0; from < bytes.length && this.#file !== undefined; ) from += this.#write(bytes, from)
		} catch (error) {
			this.#parts.report(`The dump of network packets ends: ${this.#path}: ${reasonOf(error)}`)
			this.#end()
		}
	}

	#write(bytes: Uint8Array, from: number): number {
		return this.#parts.write?.(this.#file!, bytes, from) ?? writeSync(this.#file!, bytes, from)
	}

	#end(): void {
		if (this.#file === undefined) return
		closeSync(this.#file)
		this.#file = undefined
	}
}

function reasonOf(error: unknown): string {
	const {code, message} = error as NodeJS.ErrnoException
	const reasons: Readonly<Record<string, string>> = {
		ENOSPC: 'the disk is full',
		EACCES: 'it may not be written',
		ENOENT: 'there is no such folder',
		EISDIR: 'it is a folder',
	}
	return reasons[code ?? ''] ?? message
}
