/** What comes from the peer: handed on in order; what comes too early is kept, as far as the window reaches. */
import {add, distance, isAfter, isBefore} from './sequence.ts'

/** Gaps beyond these are not worth their bookkeeping: the peer sends again. */
const mostRanges = 64

type Range = {start: number; end: number}

export class ReceiveQueue {
	readonly #capacity: number
	readonly #deliver: (bytes: Uint8Array) => void
	/** Made when the first segment comes early; a byte's place is its sequence number modulo the capacity. */
	#ring: Uint8Array | undefined
	/** What is kept, in order, without overlap. */
	readonly #ranges: Range[] = []
	#next: number
	/** The end of the window that the peer was told of: it never moves back. */
	#edge: number
	/** The user's buffer, as far as it has shown. */
	#largestRoom = 1

	/** @param capacity the largest window, in bytes; a power of two. */
	constructor(next: number, {capacity, deliver}: Readonly<{capacity: number; deliver: (bytes: Uint8Array) => void}>) {
		this.#next = next
		this.#edge = next
		this.#capacity = capacity
		this.#deliver = deliver
	}

	/** The sequence number of the next byte in order (RCV.NXT). */
	get next(): number {
		return this.#next
	}

	/** Bytes that the peer may send, as it was told. */
	get window(): number {
		return distance(this.#next, this.#edge)
	}

	get hasGap(): boolean {
		return this.#ranges.length > 0
	}

	/** Counts a SYN or FIN. */
	skip(): void {
		this.#next = add(this.#next, 1)
		if (isBefore(this.#edge, this.#next)) this.#edge = this.#next
	}

	/**
	 * Opens the window for as many bytes as the user has room for.
	 * @param step smaller openings wait (RFC 9293, 3.8.6.2.2). @returns the window.
	 */
	open(room: number, step: number): number {
		if (this.wouldOpen(room, step)) this.#edge = add(this.#next, Math.min(room, this.#capacity))
		return this.window
	}

	/** Whether the peer would be told of at least `step` bytes more, or of half of what the user can hold. */
	wouldOpen(room: number, step: number): boolean {
		const opened = Math.min(room, this.#capacity)
		this.#largestRoom = Math.max(this.#largestRoom, opened)
		return distance(this.#edge, add(this.#next, opened)) >= Math.min(step, Math.ceil(this.#largestRoom / 2))
	}

	/**
	 * Takes a segment's bytes; those before `next` and after the window are left out.
	 * @returns bytes that were handed on, in order.
	 */
	accept(sequence: number, bytes: Uint8Array): number {
		const early = Math.max(0, distance(sequence, this.#next))
		const late = Math.max(0, distance(this.#edge, add(sequence, bytes.length)))
		if (early + late >= bytes.length) return 0
		const wanted = early + late === 0 ? bytes : bytes.subarray(early, bytes.length - late)
		const start = add(sequence, early)
		if (start !== this.#next) {
			this.#keep(start, wanted)
			return 0
		}
		const before = this.#next
		this.#next = add(before, wanted.length)
		this.#deliver(wanted)
		if (this.#ranges.length > 0) this.#deliverKept()
		return distance(before, this.#next)
	}

	#deliverKept(): void {
		for (let range = this.#ranges[0]; range && !isAfter(range.start, this.#next); range = this.#ranges[0]) {
			this.#ranges.shift()
			while (isBefore(this.#next, range.end)) {
				const at = this.#next & (this.#capacity - 1)
				const length = Math.min(distance(this.#next, range.end), this.#capacity - at)
				this.#next = add(this.#next, length)
				this.#deliver(this.#ring!.subarray(at, at + length))
			}
		}
		if (this.#ranges.length === 0) this.#ring = undefined
	}

	#keep(start: number, bytes: Uint8Array): void {
		const end = add(start, bytes.length)
		let first = 0
		while (first < this.#ranges.length && isBefore(this.#ranges[first]!.end, start)) first++
		let last = first
		const merged = {start, end}
		for (; last < this.#ranges.length && !isAfter(this.#ranges[last]!.start, end); last++) {
			const range = this.#ranges[last]!
			if (isBefore(range.start, merged.start)) merged.start = range.start
			if (isAfter(range.end, merged.end)) merged.end = range.end
		}
		if (last === first && this.#ranges.length >= mostRanges) return
		this.#ranges.splice(first, last - first, merged)
		this.#ring ??= new Uint8Array(this.#capacity)
		const at = start & (this.#capacity - 1)
		const straight = Math.min(bytes.length, this.#capacity - at)
		this.#ring.set(bytes.subarray(0, straight), at)
		if (straight < bytes.length) this.#ring.set(bytes.subarray(straight), 0)
	}
}
