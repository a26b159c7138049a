/** What the SYNs agree on: window scaling (RFC 7323) and the size of segments. */
import type {Segment} from './segment.ts'

/** Below, headers would outweigh data; Linux takes no less, either. */
const smallestSegment = 88
/** Of a peer that does not say (RFC 9293, 3.7.1). */
const silentSegment = 536

export class Negotiation {
	readonly #maximumSegment: number
	/** What windows are shifted by. */
	#ownScale: number
	#peerScale = 0
	#peerSegment = silentSegment
	#isScaling = true

	constructor({maximumSegment, receiveCapacity}: Readonly<{maximumSegment: number; receiveCapacity: number}>) {
		this.#maximumSegment = maximumSegment
		this.#ownScale = Math.max(0, Math.ceil(Math.log2(receiveCapacity / 0x8000)))
	}

	get ownScale(): number {
		return this.#ownScale
	}

	get peerScale(): number {
		return this.#peerScale
	}

	/** For a SYN: undefined where the peer does not scale. */
	get offeredScale(): number | undefined {
		return this.#isScaling ? this.#ownScale : undefined
	}

	/** Bytes of data in one segment to the peer. */
	get segmentBytes(): number {
		return Math.min(this.#peerSegment, this.#maximumSegment)
	}

	take(syn: Segment): void {
		this.#isScaling = syn.windowScale !== undefined
		this.#peerScale = syn.windowScale ?? 0
		if (!this.#isScaling) this.#ownScale = 0
		this.#peerSegment = Math.max(smallestSegment, syn.maximumSegment ?? silentSegment)
	}
}
