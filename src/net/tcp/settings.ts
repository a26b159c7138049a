/** What a TCP connection is made with, and whom it tells. */
import type {Clock} from '../clock.ts'
import type {SegmentHeader} from './segment.ts'
import type {SendQueue} from './send-queue.ts'

export type TcpEnd = 'closed' | 'reset' | 'refused' | 'timeout'

/** Who uses the connection. */
export type TcpUser = {
	established(): void
	/** Bytes in order, valid during the call. All are taken. */
	data(bytes: Uint8Array): void
	/** Bytes that data() may get from now on. */
	room(): number
	/** The peer sends no more. */
	ended(): void
	/** There is room to write again; waitForRoom() asked for it. */
	writable(): void
	/** Nothing follows. */
	over(end: TcpEnd): void
}

/** Bytes of a queue that a segment carries. */
export type QueuePiece = Readonly<{queue: SendQueue; offset: number; length: number}>

/** Sends one segment, before it returns. False: there is no room now, and flush() is called when there is. */
export type TcpSink = (header: SegmentHeader, data: QueuePiece) => boolean

export type TcpSettings = Readonly<{
	clock: Clock
	sink: TcpSink
	user: TcpUser
	localPort: number
	remotePort: number
	initialSequence: number
	/** Bytes of data that a segment to this side may have. */
	maximumSegment: number
	/** Bytes of data that the sink takes at once: more than a segment where the link cuts them. */
	largestPiece?: number
	/** Bytes that wait to be sent or acknowledged, and the largest window: powers of two, at least 16 KiB. */
	sendLimit?: number
	receiveCapacity?: number
	/** Bytes of sendLimit that are this connection's at present: a power of two, at least 16 KiB. */
	sendShare?: () => number
}>

export const defaultSendLimit = 512 * 1024
export const defaultReceiveCapacity = 256 * 1024
