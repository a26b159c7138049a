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

	/** Zeroes `size` bytes from the struct's start. */
	clear(size: number): void {
		// Plain: only while no vCPU runs, or under the device's lock.
		this.#words.fill(0, this.#base >> 2, (this.#base + size) >> 2)
	}
}
