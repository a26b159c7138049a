/** Buffers of a chain that follow one another, read or written as one. Only within ServedQueues.access(). */
import type {ChainBuffer} from '../board/index.ts'
import type {GuestRam} from '../memory/index.ts'

export class GuestBuffers {
	readonly length: number
	readonly #ram: GuestRam
	readonly #buffers: readonly ChainBuffer[]

	constructor(ram: GuestRam, buffers: readonly ChainBuffer[]) {
		this.#ram = ram
		this.#buffers = buffers
		this.length = buffers.reduce((sum, {length}) => sum + length, 0)
	}

	/** Copies bytes from `position` on out of guest RAM. Plain: the chain is the device's until it gives it back. */
	read(position: number, into: Uint8Array): void {
		this.#each(position, into.length, (gpa, from, to) => into.set(this.#ram.bytes(gpa, to - from), from))
	}

	/** The other way. Plain: the used index is stored after it. */
	write(position: number, bytes: Uint8Array): void {
		this.#each(position, bytes.length, (gpa, from, to) => this.#ram.write(gpa, bytes.subarray(from, to)))
	}

	/** Calls `copy` for each part of a buffer: its address, and where in the range of `length` bytes it begins and ends. */
	#each(position: number, length: number, copy: (gpa: number, from: number, to: number) => void): void {
		let start = 0
		for (const buffer of this.#buffers) {
			const [from, to] = [Math.max(start, position), Math.min(start + buffer.length, position + length)]
			if (from < to) copy(buffer.gpa + from - start, from - position, to - position)
			start += buffer.length
			if (start >= position + length) return
		}
	}
}
