/** One TCP connection (RFC 9293): this side's state, fed with segments, time and its user's bytes. */
import type {Clock} from '../clock.ts'
import {type DeadlineName, Deadlines} from './deadlines.ts'
import {Negotiation} from './negotiation.ts'
import {ReceiveQueue} from './receive-queue.ts'
import {type Segment, type SegmentHeader, tcpFlag} from './segment.ts'
import {SendQueue} from './send-queue.ts'
import {add, distance, isAfter, isBefore} from './sequence.ts'
import {
	defaultReceiveCapacity,
	defaultSendLimit,
	type QueuePiece,
	type TcpEnd,
	type TcpSettings,
	type TcpUser,
} from './settings.ts'
import {type Emit, Transmitter} from './transmitter.ts'

export type TcpState =
	/** A SYN came; the answer waits for accept(). */
	| 'held'
	| 'syn-sent'
	| 'syn-received'
	| 'established'
	| 'fin-wait-1'
	| 'fin-wait-2'
	| 'close-wait'
	| 'closing'
	| 'last-ack'
	| 'time-wait'
	| 'closed'

const delayedAcknowledgement = 2
/** A guest that does not answer is given up after some minutes; a SYN after two. */
const mostTimeouts = 12
const mostSynTimeouts = 6
const keepAliveIdle = 7_200_000
const keepAliveInterval = 75_000
const mostKeepAlives = 9
/** Twice the longest life of a segment. On this link none outlives a moment; libslirp takes 10 s, too. */
const timeWait = 10_000
const longestPersist = 60_000

/** Where a reset does not mean that something is lost. */
const endByReset: Readonly<Partial<Record<TcpState, TcpEnd>>> = {
	'syn-received': 'refused',
	closing: 'closed',
	'last-ack': 'closed',
	'time-wait': 'closed',
}

export class TcpConnection {
	readonly #settings: TcpSettings
	readonly #user: TcpUser
	readonly #clock: Clock
	readonly #transmitter: Transmitter
	readonly #deadlines: Deadlines
	readonly #receiveCapacity: number
	readonly #header: SegmentHeader
	readonly #negotiation: Negotiation
	readonly #noData: QueuePiece
	readonly #emit: Emit = (piece) => this.#sendPiece(piece)
	readonly #endOfBatch = () => this.#afterBatch()
	#receiver: ReceiveQueue
	#state: TcpState = 'closed'
	#finSequence: number | undefined
	#isAcknowledgementDue = false
	#unacknowledged = 0
	#isBatchNoted = false
	#isBlocked = false
	/** A SYN that the link had no room for. */
	#isSynDue = false
	#isWriterWaiting = false
	#timeouts = 0
	#persists = 0
	/** Probes and keep-alives since the peer was last heard. */
	#unanswered = 0
	#lastHeard = 0

	private constructor(settings: TcpSettings) {
		this.#settings = settings
		this.#user = settings.user
		this.#clock = settings.clock
		this.#receiveCapacity = settings.receiveCapacity ?? defaultReceiveCapacity
		this.#negotiation = new Negotiation({...settings, receiveCapacity: this.#receiveCapacity})
		this.#transmitter = new Transmitter(
			add(settings.initialSequence, 1),
			new SendQueue(settings.sendLimit ?? defaultSendLimit, settings.sendShare),
		)
		this.#noData = {queue: this.#transmitter.queue, offset: 0, length: 0}
		this.#deadlines = new Deadlines(settings.clock, (name) => this.#passed(name))
		this.#receiver = this.#receiverFrom(0)
		this.#header = {
			sourcePort: settings.localPort,
			destinationPort: settings.remotePort,
			sequence: 0,
			acknowledgement: 0,
			flags: 0,
			window: 0,
			maximumSegment: settings.maximumSegment,
			windowScale: undefined,
		}
	}

	/** Opens a connection. */
	static open(settings: TcpSettings): TcpConnection {
		const connection = new TcpConnection(settings)
		connection.#state = 'syn-sent'
		connection.#sendSyn()
		return connection
	}

	/** Holds the peer's SYN until accept() or abort(). */
	static hold(settings: TcpSettings, syn: Segment): TcpConnection {
		const connection = new TcpConnection(settings)
		connection.#takeSyn(syn)
		connection.#state = 'held'
		return connection
	}

	get state(): TcpState {
		return this.#state
	}

	/** Bytes that write() takes. */
	get room(): number {
		return this.#transmitter.isFinWanted ? 0 : this.#transmitter.queue.room
	}

	/** Bytes that write() would take if nothing waited. */
	get capacity(): number {
		return this.#transmitter.queue.capacity
	}

	/** Bytes of data per segment, where the sink gets several at once. */
	get segmentBytes(): number {
		return this.#negotiation.segmentBytes
	}

	/** The next sequence number that is expected of the peer. */
	get expected(): number {
		return this.#receiver.next
	}

	accept(): void {
		if (this.#state !== 'held') return
		this.#state = 'syn-received'
		this.#sendSyn()
	}

	/** @param bytes no more than `room`. */
	write(bytes: Uint8Array): void {
		if (this.#state === 'closed' || bytes.length === 0) return
		this.#transmitter.queue.append(bytes)
		this.#output()
	}

	/** user.writable() is called once there is room for some more. */
	waitForRoom(): void {
		this.#isWriterWaiting = true
	}

	/** The user has more room than it said. */
	windowOpened(): void {
		if (!this.#isSynchronized) return
		const step = Math.min(2 * this.#settings.maximumSegment, this.#receiveCapacity / 4)
		const wanted = this.#receiver.window < this.#settings.maximumSegment ? this.#settings.maximumSegment : step
		if (!this.#receiver.wouldOpen(this.#user.room(), wanted)) return
		this.#isAcknowledgementDue = true
		this.#output()
	}

	/** Sends no more after what was written. */
	close(): void {
		if (this.#state === 'syn-sent' || this.#state === 'held') return this.#finish('closed')
		this.#transmitter.finish()
		if (this.#state === 'established') this.#state = 'fin-wait-1'
		else if (this.#state === 'close-wait') this.#state = 'last-ack'
		this.#output()
	}

	/** Ends at once, and tells the peer. */
	abort(): void {
		if (this.#state === 'closed') return
		if (this.#state === 'held') this.#sendReset(0)
		else if (this.#state !== 'syn-sent' && this.#state !== 'time-wait') this.#sendReset(this.#transmitter.bare)
		this.#finish('closed')
	}

	/** Ends at once, without a word. */
	forget(): void {
		if (this.#state !== 'closed') this.#finish('closed')
	}

	/** The link has room again. */
	flush(): void {
		this.#isBlocked = false
		if (this.#isSynDue) this.#sendSyn()
		this.#output()
	}

	/** Takes a segment of this connection, whose checksum is right. */
	receive(segment: Segment): void {
		this.#lastHeard = this.#clock.now()
		this.#unanswered = 0
		if (this.#state === 'closed') return
		if (this.#state === 'held') {
			if (segment.flags & tcpFlag.rst && segment.sequence === this.#receiver.next) this.#finish('reset')
			return
		}
		if (this.#state === 'syn-sent') this.#receiveInSynSent(segment)
		else this.#receiveSynchronized(segment)
		if (this.#state !== ('closed' as TcpState)) this.#output()
	}

	get #isSynchronized(): boolean {
		return this.#state !== 'closed' && this.#state !== 'held' && this.#state !== 'syn-sent'
	}

	#receiverFrom(next: number): ReceiveQueue {
		return new ReceiveQueue(next, {
			capacity: this.#receiveCapacity,
			deliver: (bytes) => {
				if (this.#state !== 'closed') this.#user.data(bytes)
			},
		})
	}

	#takeSyn(syn: Segment): void {
		this.#receiver = this.#receiverFrom(add(syn.sequence, 1))
		this.#negotiation.take(syn)
	}

	#receiveInSynSent(segment: Segment): void {
		const {flags} = segment
		const isAcknowledged = (flags & tcpFlag.ack) !== 0
		if (isAcknowledged && segment.acknowledgement !== add(this.#settings.initialSequence, 1)) {
			if (!(flags & tcpFlag.rst)) this.#sendReset(segment.acknowledgement)
			return
		}
		if (flags & tcpFlag.rst) {
			if (isAcknowledged) this.#finish('refused')
			return
		}
		if (!(flags & tcpFlag.syn)) return
		this.#takeSyn(segment)
		if (isAcknowledged) {
			this.#isAcknowledgementDue = true
			this.#establish(segment, segment.window)
		} else {
			// Both opened at once.
			this.#state = 'syn-received'
			this.#sendSyn()
		}
	}

	#establish(segment: Segment, window: number): void {
		this.#timeouts = 0
		this.#deadlines.clear('retransmit')
		this.#transmitter.roundTrip.acknowledged(segment.acknowledgement, this.#clock.now())
		this.#transmitter.begin({
			maximumSegment: this.segmentBytes,
			largest: this.#settings.largestPiece ?? this.segmentBytes,
		})
		this.#transmitter.setWindow(window, segment)
		this.#deadlines.set('keepAlive', keepAliveIdle)
		this.#state = this.#transmitter.isFinWanted ? 'fin-wait-1' : 'established'
		this.#user.established()
	}

	#receiveSynchronized(segment: Segment): void {
		const {flags, data} = segment
		const receiver = this.#receiver
		let sequence = segment.sequence
		let ahead = distance(receiver.next, sequence)
		if (flags & tcpFlag.rst) {
			// RFC 5961: only the very next number resets, another one in the window is questioned.
			if (ahead === 0) this.#finish(endByReset[this.#state] ?? 'reset')
			else if (ahead > 0 && ahead < receiver.window) this.#isAcknowledgementDue = true
			return
		}
		if (flags & tcpFlag.syn) {
			const isFirst = this.#state === 'syn-received' && ahead === -1
			if (isFirst && !(flags & tcpFlag.ack)) this.#sendSyn()
			else this.#isAcknowledgementDue = true
			if (!isFirst || !(flags & tcpFlag.ack)) return
			// Both opened at once: the SYN is known, its acknowledgement is new.
			sequence = add(sequence, 1)
			ahead = 0
		}
		if (!(flags & tcpFlag.ack)) return
		const length = data.length + (flags & tcpFlag.fin ? 1 : 0)
		const isBeyond = ahead > receiver.window || (ahead === receiver.window && length > 0 && ahead > 0)
		// What was taken already, as a probe or a keep-alive is, is acknowledged anew.
		// Not what is only late and empty: two sides would answer each other for ever.
		if (isBeyond || (ahead < 0 && (length > 0 || ahead === -1))) this.#isAcknowledgementDue = true
		if (isBeyond) return
		if (this.#state === 'syn-received') {
			if (segment.acknowledgement !== add(this.#settings.initialSequence, 1))
				return this.#sendReset(segment.acknowledgement)
			this.#establish(segment, segment.window << this.#negotiation.peerScale)
			if (this.#state === ('closed' as TcpState)) return
		}
		if (!this.#takeAcknowledgement(segment)) return
		if (data.length > 0) this.#takeData(sequence, data)
		if (flags & tcpFlag.fin) this.#noteFin(add(sequence, data.length))
		if (this.#finSequence === receiver.next && !this.#isFinTaken) this.#takeFin()
	}

	/** @returns false if there is nothing more to do with the segment. */
	#takeAcknowledgement(segment: Segment): boolean {
		const {kind, freed} = this.#transmitter.acknowledge(
			{
				sequence: segment.sequence,
				acknowledgement: segment.acknowledgement,
				window: segment.window << this.#negotiation.peerScale,
				isBare: segment.data.length === 0 && !(segment.flags & tcpFlag.fin),
				now: this.#clock.now(),
			},
			this.#emit,
		)
		if (kind === 'unsent') {
			this.#isAcknowledgementDue = true
			return false
		}
		if (kind === 'new') {
			this.#timeouts = 0
			this.#deadlines.clear('retransmit')
		}
		if (freed > 0 && this.#isWriterWaiting) {
			this.#isWriterWaiting = false
			this.#user.writable()
		}
		if (this.#transmitter.isFinAcknowledged) this.#finAcknowledged()
		return this.#state !== 'closed'
	}

	#finAcknowledged(): void {
		if (this.#state === 'fin-wait-1') this.#state = 'fin-wait-2'
		else if (this.#state === 'closing') this.#beginTimeWait()
		else if (this.#state === 'last-ack') this.#finish('closed')
	}

	#takeData(sequence: number, data: Uint8Array): void {
		const receiver = this.#receiver
		const hadGap = receiver.hasGap
		const taken = receiver.accept(sequence, data)
		if (this.#state === 'closed') return
		if (taken === 0 || hadGap || taken < data.length) {
			this.#isAcknowledgementDue = true
			return
		}
		this.#unacknowledged += taken
		if (this.#unacknowledged >= this.#receiveCapacity / 4) this.#isAcknowledgementDue = true
		else if (!this.#isBatchNoted) {
			this.#isBatchNoted = true
			this.#clock.soon(this.#endOfBatch)
		}
	}

	#noteFin(sequence: number): void {
		if (isAfter(sequence, add(this.#receiver.next, this.#receiver.window))) return
		this.#finSequence ??= sequence
		this.#isAcknowledgementDue = true
		if (this.#state === 'time-wait') this.#deadlines.set('end', timeWait)
	}

	get #isFinTaken(): boolean {
		return this.#state !== 'established' && this.#state !== 'fin-wait-1' && this.#state !== 'fin-wait-2'
	}

	#takeFin(): void {
		this.#receiver.skip()
		this.#isAcknowledgementDue = true
		if (this.#state === 'established') this.#state = 'close-wait'
		else if (this.#state === 'fin-wait-1') this.#state = 'closing'
		else this.#beginTimeWait()
		this.#user.ended()
	}

	#beginTimeWait(): void {
		this.#state = 'time-wait'
		this.#transmitter.queue.clear()
		this.#deadlines.clearAll()
		this.#deadlines.set('end', timeWait)
	}

	/** Two segments are acknowledged at once; one waits a little for an answer to travel with. */
	#afterBatch(): void {
		this.#isBatchNoted = false
		if (this.#unacknowledged === 0 || this.#state === 'closed') return
		if (this.#unacknowledged >= 2 * this.#settings.maximumSegment) {
			this.#isAcknowledgementDue = true
			this.#output()
		} else if (!this.#deadlines.isSet('acknowledge')) this.#deadlines.set('acknowledge', delayedAcknowledgement)
	}

	#output(): void {
		if (this.#isBlocked || !this.#isSynchronized) return
		if (this.#state !== 'syn-received') {
			this.#transmitter.send(this.#emit, this.#clock.now())
			this.#setSendDeadlines()
		}
		if (this.#isAcknowledgementDue && !this.#isBlocked)
			this.#send({flags: tcpFlag.ack, sequence: this.#transmitter.bare, data: this.#noData})
	}

	#setSendDeadlines(): void {
		const {isWaiting, inFlight, hasMore, roundTrip} = this.#transmitter
		if (isWaiting && inFlight > 0) {
			this.#deadlines.clear('persist')
			this.#persists = 0
			if (!this.#deadlines.isSet('retransmit')) this.#deadlines.set('retransmit', roundTrip.timeout)
		} else {
			this.#deadlines.clear('retransmit')
			if (hasMore && !this.#isBlocked && !this.#deadlines.isSet('persist')) {
				const wait = Math.min(longestPersist, roundTrip.timeout * 2 ** this.#persists)
				this.#deadlines.set('persist', wait)
			} else if (!hasMore) this.#deadlines.clear('persist')
		}
	}

	#sendPiece(piece: Readonly<{sequence: number; offset: number; length: number; fin: boolean}>): boolean {
		const isLast = piece.offset + piece.length === this.#transmitter.queue.length
		const flags = tcpFlag.ack | (isLast && piece.length > 0 ? tcpFlag.psh : 0) | (piece.fin ? tcpFlag.fin : 0)
		return this.#send({
			flags,
			sequence: piece.sequence,
			data: {queue: this.#transmitter.queue, offset: piece.offset, length: piece.length},
		})
	}

	#sendSyn(): void {
		const isAnswer = this.#state === 'syn-received'
		this.#header.windowScale = this.#negotiation.offeredScale
		if (this.#timeouts === 0)
			this.#transmitter.roundTrip.start(add(this.#settings.initialSequence, 1), this.#clock.now())
		else this.#transmitter.roundTrip.discard()
		this.#isSynDue = !this.#send({
			flags: tcpFlag.syn | (isAnswer ? tcpFlag.ack : 0),
			sequence: this.#settings.initialSequence,
			data: this.#noData,
		})
		if (!this.#deadlines.isSet('retransmit')) this.#deadlines.set('retransmit', this.#transmitter.roundTrip.timeout)
	}

	#sendReset(sequence: number): void {
		const flags = this.#state === 'syn-sent' ? tcpFlag.rst : tcpFlag.rst | tcpFlag.ack
		this.#send({flags, sequence, data: this.#noData})
	}

	#send({flags, sequence, data}: Readonly<{flags: number; sequence: number; data: QueuePiece}>): boolean {
		const header = this.#header
		header.flags = flags
		header.sequence = sequence
		header.acknowledgement = flags & tcpFlag.ack ? this.#receiver.next : 0
		const scale = flags & tcpFlag.syn ? 0 : this.#negotiation.ownScale
		const room = Math.min(this.#user.room(), 0xffff << scale)
		header.window = Math.min(0xffff, this.#receiver.open(room, this.#settings.maximumSegment) >> scale)
		if (!this.#settings.sink(header, data)) {
			this.#isBlocked = true
			return false
		}
		if (flags & tcpFlag.ack) {
			this.#isAcknowledgementDue = false
			this.#unacknowledged = 0
			this.#deadlines.clear('acknowledge')
		}
		return true
	}

	#passed(name: DeadlineName): void {
		if (name === 'end') return this.#finish('closed')
		if (name === 'acknowledge') this.#isAcknowledgementDue = this.#unacknowledged > 0
		else if (name === 'keepAlive') this.#passKeepAlive()
		else if (this.#isBlocked) this.#deadlines.set(name, this.#transmitter.roundTrip.timeout)
		else if (name === 'persist') {
			if (this.#unanswered >= mostTimeouts) return this.#giveUp()
			if (this.#transmitter.probe(this.#emit)) {
				this.#unanswered++
				this.#persists++
			}
		} else this.#passRetransmit()
		if (this.#state !== 'closed') this.#output()
	}

	#passRetransmit(): void {
		this.#timeouts++
		const isOpening = this.#state === 'syn-sent' || this.#state === 'syn-received'
		if (this.#timeouts > (isOpening ? mostSynTimeouts : mostTimeouts)) return this.#giveUp()
		if (isOpening) {
			this.#transmitter.roundTrip.backOff()
			this.#sendSyn()
		} else this.#transmitter.timedOut()
	}

	#passKeepAlive(): void {
		const idle = this.#clock.now() - this.#lastHeard
		if (idle < keepAliveIdle) return this.#deadlines.set('keepAlive', keepAliveIdle - idle)
		if (this.#unanswered >= mostKeepAlives) return this.#giveUp()
		this.#unanswered++
		this.#send({flags: tcpFlag.ack, sequence: add(this.#transmitter.bare, -1), data: this.#noData})
		this.#deadlines.set('keepAlive', keepAliveInterval)
	}

	#giveUp(): void {
		if (this.#state !== 'syn-sent') this.#sendReset(this.#transmitter.bare)
		this.#finish('timeout')
	}

	#finish(end: TcpEnd): void {
		this.#state = 'closed'
		this.#deadlines.clearAll()
		this.#transmitter.queue.clear()
		this.#user.over(end)
	}
}

/** Whether a SYN opens a connection anew where the last one is in TIME-WAIT (RFC 9293, 3.10.7.4). */
export function opensAnew(connection: TcpConnection, segment: Segment): boolean {
	const isNewSyn = (segment.flags & (tcpFlag.syn | tcpFlag.ack | tcpFlag.rst)) === tcpFlag.syn
	return isNewSyn && connection.state === 'time-wait' && !isBefore(segment.sequence, connection.expected)
}
