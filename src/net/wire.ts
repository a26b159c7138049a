/** Frames to the guest: one at a time, from one buffer; what the guest has no room for waits, within bounds. */
import type {Drops} from './drops.ts'

/** What the guest's driver may be left to do; fields as in virtio's header of a frame. */
export type FrameOffload = {
	/** Bytes of data per segment of a frame that holds several; 0 for one that needs no cutting. */
	segmentBytes: number
	/** The checksum there covers only the pseudo-header; the receiver need not check it. 0: it is whole. */
	checksumStart: number
	checksumOffset: number
	/** All headers together. */
	headerBytes: number
}

/** What the guest's driver has agreed to. */
export type LinkOffloads = Readonly<{
	/** A frame may hold several segments, which whoever needs them cuts. */
	cutsSegments: boolean
	/** Checksums of TCP need not be whole. */
	leavesChecksums: boolean
}>

export const noOffloads: LinkOffloads = {cutsSegments: false, leavesChecksums: false}

/** An IP packet of 64 KiB less one, and its Ethernet header. */
export const largestFrame = 14 + 65_535

/**
 * Takes a frame, before it returns. False: the guest has no buffer, and ready() follows when it has.
 * @param offload undefined for a frame that is complete.
 */
export type SendFrame = (frame: Uint8Array, offload: FrameOffload | undefined) => boolean

const mostQueued = 64
const mostQueuedBytes = 256 * 1024

export class Wire {
	/** The frame that is being written. */
	readonly frame: Uint8Array
	readonly #send: SendFrame
	readonly #drops: Drops
	/** Small frames that nobody sends again: answers, datagrams. */
	#queue: Uint8Array[] = []
	#queuedBytes = 0
	/** Connections that have more to send. */
	readonly #waiting = new Set<() => void>()
	#isBlocked = false

	constructor({send, largestFrame, drops}: Readonly<{send: SendFrame; largestFrame: number; drops: Drops}>) {
		this.#send = send
		this.#drops = drops
		this.frame = new Uint8Array(largestFrame)
	}

	/** Sends the first `length` bytes of `frame`, now or later. */
	post(length: number): void {
		const frame = this.frame.subarray(0, length)
		if (!this.#isBlocked && this.#send(frame, undefined)) return
		this.#isBlocked = true
		if (this.#queue.length >= mostQueued || this.#queuedBytes + length > mostQueuedBytes)
			return this.#drops.count('queue-full')
		this.#queue.push(frame.slice())
		this.#queuedBytes += length
	}

	/** Sends it now, or calls back when there is room. */
	trySend(length: number, {offload, retry}: Readonly<{offload: FrameOffload | undefined; retry: () => void}>): boolean {
		if (!this.#isBlocked && this.#send(this.frame.subarray(0, length), offload)) return true
		this.#isBlocked = true
		this.#waiting.add(retry)
		return false
	}

	forget(retry: () => void): void {
		this.#waiting.delete(retry)
	}

	/** The guest has made buffers available. */
	ready(): void {
		this.#isBlocked = false
		for (let frame = this.#queue[0]; frame; frame = this.#queue[0]) {
			if (!this.#send(frame, undefined)) {
				this.#isBlocked = true
				return
			}
			this.#queue.shift()
			this.#queuedBytes -= frame.length
		}
		// Whoever is blocked again goes to the end, so that all get their turn.
		for (const retry of [...this.#waiting]) {
			this.#waiting.delete(retry)
			retry()
			if (this.#isBlocked) return
		}
	}
}
