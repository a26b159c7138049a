/** Bytes on their way to the peer, from the first that it has not acknowledged: a ring that grows up to a limit. */
import {assert} from '../../errors.ts'

const firstSize = 16 * 1024

export class SendQueue {
	readonly #limit: number
	readonly #share: () => number
	#ring = new Uint8Array(0)
	#start = 0
	#length = 0

	/** @param limit bytes, and @param share what of it may be used at present: powers of two of at least 16 KiB. */
	constructor(limit: number, share: () => number = () => limit) {
		this.#limit = limit
		this.#share = share
	}

	get length(): number {
		return this.#length
	}

	/** Bytes that an empty queue takes at present. */
	get capacity(): number {
		return Math.min(this.#limit, this.#share())
	}

	get room(): number {
		return Math.max(0, this.capacity - this.#length)
	}

	append(bytes: Uint8Array): void {
		assert(bytes.length <= this.room, 'no more is appended than there is room')
		if (this.#length + bytes.length > this.#ring.length) this.#grow(this.#length + bytes.length)
		const at = (this.#start + this.#length) & (this.#ring.length - 1)
		const first = Math.min(bytes.length, this.#ring.length - at)
		this.#ring.set(first === bytes.length ? bytes : bytes.subarray(0, first), at)
		if (first < bytes.length) this.#ring.set(bytes.subarray(first), 0)
		this.#length += bytes.length
	}

	/** Copies `length` bytes, `offset` after the first unacknowledged one. */
	copyTo(target: Uint8Array, at: number, {offset, length}: Readonly<{offset: number; length: number}>): void {
		const from = (this.#start + offset) & (this.#ring.length - 1)
		const first = Math.min(length, this.#ring.length - from)
		target.set(this.#ring.subarray(from, from + first), at)
		if (first < length) target.set(this.#ring.subarray(0, length - first), at + first)
	}

	/** Forgets the first bytes. */
	drop(bytes: number): void {
		assert(bytes <= this.#length, 'only bytes that are there are dropped')
		this.#length -= bytes
		this.#start = this.#length === 0 ? 0 : (this.#start + bytes) & (this.#ring.length - 1)
	}

	/** Gives the memory back. */
	clear(): void {
		this.#ring = new Uint8Array(0)
		this.#start = 0
		this.#length = 0
	}

	#grow(needed: number): void {
		let size = Math.max(firstSize, this.#ring.length)
		while (size < needed) size *= 2
		const ring = new Uint8Array(Math.min(size, this.#limit))
		if (this.#length > 0) this.copyTo(ring, 0, {offset: 0, length: this.#length})
		this.#ring = ring
		this.#start = 0
	}
}
