/** The sending half of a connection: what may be sent when, and what an acknowledgement means (RFC 9293, RFC 5681). */
import {Congestion} from './congestion.ts'
import {RoundTrip} from './round-trip.ts'
import type {SendQueue} from './send-queue.ts'
import {add, distance, isAfter, isBefore} from './sequence.ts'

/** Sends bytes of the queue. `offset` is after the first unacknowledged byte. False: the link has no room now. */
export type Emit = (piece: Readonly<{sequence: number; offset: number; length: number; fin: boolean}>) => boolean

export type AcknowledgementKind = 'new' | 'duplicate' | 'old' | 'unsent'

export class Transmitter {
	readonly queue: SendQueue
	readonly roundTrip = new RoundTrip()
	#congestion: Congestion | undefined
	/** The first unacknowledged byte (SND.UNA), the next to send (SND.NXT), and the one after the last ever sent. */
	#unacknowledged: number
	#next: number
	#most: number
	#maximumSegment = 536
	#largest = 536
	/** The peer's window, the largest that it had, and the segment that told of it. */
	#window = 0
	#largestWindow = 0
	#windowSequence = 0
	#windowAcknowledgement = 0
	#fin: 'none' | 'wanted' | 'acknowledged' = 'none'

	/** @param sequence of the first byte after the SYN. @param queue an empty one. */
	constructor(sequence: number, queue: SendQueue) {
		this.queue = queue
		this.#unacknowledged = sequence
		this.#next = sequence
		this.#most = sequence
	}

	/**
	 * The number of a segment without data: the one after the last ever sent, but no probe beyond the peer's window counts.
	 * Else two sides with closed windows would answer each other's numbers for ever.
	 */
	get bare(): number {
		const end = add(this.#unacknowledged, this.#window)
		return isAfter(this.#most, end) ? end : this.#most
	}

	get inFlight(): number {
		return distance(this.#unacknowledged, this.#next)
	}

	/** Something was sent, at some time, that is not acknowledged. */
	get isWaiting(): boolean {
		return this.#unacknowledged !== this.#most
	}

	get isFinWanted(): boolean {
		return this.#fin !== 'none'
	}

	get isFinAcknowledged(): boolean {
		return this.#fin === 'acknowledged'
	}

	/** Bytes or a FIN that were not sent yet, or are to be sent again. */
	get hasMore(): boolean {
		return this.#fin !== 'acknowledged' && this.inFlight < this.queue.length + (this.#fin === 'wanted' ? 1 : 0)
	}

	/** @param largest bytes of one emitted piece: several segments where the link cuts them. */
	begin({maximumSegment, largest}: Readonly<{maximumSegment: number; largest: number}>): void {
		this.#maximumSegment = maximumSegment
		this.#largest = Math.max(maximumSegment, largest - (largest % maximumSegment))
		this.#congestion = new Congestion(maximumSegment)
	}

	/** No more bytes follow. */
	finish(): void {
		if (this.#fin === 'none') this.#fin = 'wanted'
	}

	/** The window of the segment that established the connection. */
	setWindow(window: number, {sequence, acknowledgement}: Readonly<{sequence: number; acknowledgement: number}>): void {
		this.#window = window
		this.#largestWindow = Math.max(this.#largestWindow, window)
		this.#windowSequence = sequence
		this.#windowAcknowledgement = acknowledgement
	}

	/** Sends all that the windows allow. */
	send(emit: Emit, now: number): void {
		while (this.hasMore) {
			const offset = this.inFlight
			const usable = Math.min(this.#window, this.#congestion!.window) - offset
			const unsent = this.queue.length - offset
			let length = Math.max(0, Math.min(unsent, usable, this.#largest))
			if (length < unsent && length > this.#maximumSegment) length -= length % this.#maximumSegment
			// Silly windows: less than a segment, with more to come, waits for acknowledgements or for the persist timer.
			if (length < unsent && length < this.#maximumSegment && (offset > 0 || length < this.#largestWindow / 2)) return
			const fin = this.#fin === 'wanted' && length === unsent
			if (length === 0 && !fin) return
			const sequence = this.#next
			if (!emit({sequence, offset, length, fin})) return
			this.#next = add(sequence, length + (fin ? 1 : 0))
			if (isAfter(this.#next, this.#most)) {
				this.#most = this.#next
				this.roundTrip.start(this.#next, now)
			}
		}
	}

	/** Sends the first unacknowledged segment again. */
	sendFirst(emit: Emit): void {
		const length = Math.min(this.queue.length, this.#maximumSegment, distance(this.#unacknowledged, this.#most))
		const fin = this.#fin === 'wanted' && length === this.queue.length
		this.roundTrip.discard()
		if (length > 0 || fin) emit({sequence: this.#unacknowledged, offset: 0, length, fin})
	}

	/** Asks a closed window: one byte beyond it, or what it allows of less than a segment. @returns whether it was sent. */
	probe(emit: Emit): boolean {
		if (this.inFlight > 0 || this.queue.length === 0) return false
		const length = Math.min(this.queue.length, Math.max(1, this.#window), this.#maximumSegment)
		if (!emit({sequence: this.#next, offset: 0, length, fin: false})) return false
		const end = add(this.#next, length)
		if (isAfter(end, this.#most)) this.#most = end
		return true
	}

	/** Everything that is not acknowledged counts as lost. */
	timedOut(): void {
		this.#congestion!.timedOut({acknowledgement: this.#unacknowledged, sent: this.#most})
		this.roundTrip.discard()
		this.roundTrip.backOff()
		this.#next = this.#unacknowledged
	}

	/** @param segment without data if it may count as a duplicate. @returns bytes of the queue that are free now, too. */
	acknowledge(
		segment: Readonly<{sequence: number; acknowledgement: number; window: number; isBare: boolean; now: number}>,
		emit: Emit,
	): Readonly<{kind: AcknowledgementKind; freed: number}> {
		const {acknowledgement, window, now} = segment
		if (isAfter(acknowledgement, this.#most)) return {kind: 'unsent', freed: 0}
		const bytes = distance(this.#unacknowledged, acknowledgement)
		const isSameWindow = window === this.#window
		if (
			bytes >= 0 &&
			(isBefore(this.#windowSequence, segment.sequence) ||
				(this.#windowSequence === segment.sequence && !isAfter(this.#windowAcknowledgement, acknowledgement)))
		)
			this.setWindow(window, segment)
		if (bytes <= 0) {
			if (bytes < 0 || !segment.isBare || !isSameWindow || !this.isWaiting) return {kind: 'old', freed: 0}
			if (this.#congestion!.duplicate({acknowledgement, sent: this.#most})) this.sendFirst(emit)
			return {kind: 'duplicate', freed: 0}
		}
		const freed = Math.min(bytes, this.queue.length)
		this.queue.drop(freed)
		if (freed < bytes) this.#fin = 'acknowledged'
		this.#unacknowledged = acknowledgement
		if (isBefore(this.#next, acknowledgement)) this.#next = acknowledgement
		this.roundTrip.acknowledged(acknowledgement, now)
		if (this.#congestion!.acknowledged(acknowledgement, bytes)) this.sendFirst(emit)
		return {kind: 'new', freed}
	}
}
