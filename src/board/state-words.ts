/** The words of one device's state in shared memory, read and written under the device's lock. */
import type {SharedMemory} from '../memory/index.ts'

export class StateWords {
	readonly #words: Uint32Array<SharedArrayBuffer>
	readonly #base: number

	/** @param base of the device's struct in shared memory, bytes. */
	constructor(memory: SharedMemory, base: number) {
		this.#words = memory.u32
		this.#base = base
	}

	/** @param offset from the struct's start, bytes. @returns the unsigned word. */
	get(offset: number): number {
		// Plain: the device's lock orders it; see DeviceLock.
		return this.#words[(this.#base + offset) >> 2] as number
	}

	set(offset: number, value: number): void {
		// Plain: the device's lock orders it; see DeviceLock.
		this.#words[(this.#base + offset) >> 2] = value
	}

	/** Zeroes the bytes between two offsets from the struct's start. */
	clear({from = 0, to}: {from?: number; to: number}): void {
		// Plain: under the device's lock, or while no vCPU runs.
		this.#words.fill(0, (this.#base + from) >> 2, (this.#base + to) >> 2)
	}
}
