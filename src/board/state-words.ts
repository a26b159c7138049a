/** The words of one device's state in shared memory, accessed under the device's lock. */
import type {SharedMemory} from '../memory/index.ts'

export class StateWords {
	readonly #words: Uint32Array<SharedArrayBuffer>
	readonly #base: number

	/** @param base the offset of the device's struct in shared memory, bytes. */
	constructor(memory: SharedMemory, base: number) {
		this.#words = memory.u32
		this.#base = base
	}

	/** @param offset from the start of the struct, bytes. @returns the word, unsigned. */
	get(offset: number): number {
		// Plain: the device's lock orders it; see DeviceLock.
		return this.#words[(this.#base + offset) >> 2] as number
	}

	set(offset: number, value: number): void {
		// Plain: the device's lock orders it; see DeviceLock.
		this.#words[(this.#base + offset) >> 2] = value
	}

	/** Zeroes the bytes from `from` up to, not including, `to`: offsets from the start of the struct. */
	clear({from = 0, to}: {from?: number; to: number}): void {
		// Plain: under the device's lock, or while no vCPU runs.
		this.#words.fill(0, (this.#base + from) >> 2, (this.#base + to) >> 2)
	}
}
