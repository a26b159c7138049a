/**
 * Run delay: how long the calling thread could have run, but had no core. Linux counts it for every thread.
 * Kernel documentation, "Scheduler Statistics", /proc/<pid>/schedstat: nanoseconds on a core, nanoseconds on a run queue, and how
 * often it got a core.
 */
import {openSync, readSync} from 'node:fs'

/** Three numbers of at most 20 digits. Bytes. */
const longest = 64
const zero = 0x30

export class RunDelay {
	/** Whether this system counts. If not, both times stay 0. */
	readonly available: boolean
	readonly #file: number | undefined
	readonly #text = new Uint8Array(longest)
	/** Numbers, as they stand in the file. */
	readonly #fields = new Float64Array(3)

	/** To be called on the thread that is measured: the file that it opens is that thread's, whoever reads it later. */
	constructor(path = '/proc/thread-self/schedstat') {
		this.#file = open(path)
		this.read()
		// A kernel that does not count prints zeroes. This thread has a core, so it got one at least once.
		this.available = this.#fields[2]! > 0
	}

	/** Nanoseconds, as of the latest read(). Exact: the wait ended when this thread got its core. */
	get waited(): number {
		return this.#fields[1]!
	}

	/** Nanoseconds on a core, as of the latest read(). The kernel adds to it at its ticks and switches: some milliseconds late. */
	get ran(): number {
		return this.#fields[0]!
	}

	/** How often the thread got a core, as of the latest read(). */
	get slices(): number {
		return this.#fields[2]!
	}

	/** Takes 1 µs and allocates nothing. */
	read(): void {
		if (this.#file === undefined) return
		const length = readSync(this.#file, this.#text, 0, longest, 0)
		let field = 0
		let value = 0
		for (let index = 0; index < length; index++) {
			const digit = this.#text[index]! - zero
			if (digit >= 0) value = 10 * value + digit
			else {
				// A space or the newline ends each. Exact up to 2^53: a hundred days.
				this.#fields[field++] = value
				value = 0
			}
		}
	}
}

function open(path: string): number | undefined {
	if (process.platform !== 'linux') return undefined
	try {
		return openSync(path, 'r')
	} catch {
		return undefined
	}
}
