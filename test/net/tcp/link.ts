/** Two TCP connections and what is between them: a link that loses, doubles, delays and fills up, by a seed. */
import {
	emptySegment,
	parseSegment,
	type Segment,
	type SegmentHeader,
	TcpConnection,
	type TcpEnd,
	type TcpSettings,
	tcpFlag,
	writeSegmentHeader,
} from '../../../src/net/tcp/index.ts'
import type {QueuePiece} from '../../../src/net/tcp/settings.ts'
import type {Random} from '../support/random.ts'
import type {VirtualClock} from '../support/virtual-clock.ts'

export type LinkFaults = Readonly<{
	loss: number
	doubled: number
	/** A sender that finds no room; it is told a little later. */
	full: number
	/** Milliseconds, from and to. */
	delay: readonly [number, number]
}>

export const perfect: LinkFaults = {loss: 0, doubled: 0, full: 0, delay: [1, 1]}

/** Byte number `index` of what a peer sends. */
export const patternByte = (salt: number, index: number): number =>
	(Math.imul(index + salt, 0x9e37_79b1) ^ (index >>> 8)) >>> 24

export type PeerPlan = Readonly<{
	salt: number
	/** Bytes to send, then close. */
	bytes: number
	/** The reader's buffer, and how soon it is emptied, in milliseconds. */
	buffer: number
	pause: number
	/** Bytes per write at most. */
	chunk: number
}>

/** One side: writes a pattern, reads slowly, and checks what it reads. */
export class Peer {
	connection!: TcpConnection
	other!: Peer
	received = 0
	held = 0
	wrong = -1
	hasEnded = false
	isEstablished = false
	over: TcpEnd | undefined
	/** Flags and lengths of what was sent, for tests by hand. */
	readonly sent: string[] = []
	readonly #clock: VirtualClock
	readonly #random: Random
	readonly #faults: () => LinkFaults
	readonly #plan: PeerPlan
	readonly #segment: Segment = emptySegment()
	#written = 0
	#isDraining = false
	#isFull = false

	constructor(
		plan: PeerPlan,
		{clock, random, faults}: Readonly<{clock: VirtualClock; random: Random; faults: () => LinkFaults}>,
	) {
		this.#plan = plan
		this.#clock = clock
		this.#random = random
		this.#faults = faults
	}

	get written(): number {
		return this.#written
	}

	settings(own: Readonly<Partial<TcpSettings> & {localPort: number; remotePort: number}>): TcpSettings {
		return {
			clock: this.#clock,
			initialSequence: this.#random.next(),
			maximumSegment: 1460,
			...own,
			sink: (header, piece) => this.#send(header, piece),
			user: {
				established: () => {
					this.isEstablished = true
					this.#write()
				},
				data: (bytes) => this.#take(bytes),
				room: () => this.#plan.buffer - this.held,
				ended: () => {
					this.hasEnded = true
				},
				writable: () => this.#write(),
				over: (end) => {
					this.over = end
				},
			},
		}
	}

	#write(): void {
		const plan = this.#plan
		while (this.#written < plan.bytes) {
			const length = Math.min(this.connection.room, plan.chunk, plan.bytes - this.#written)
			if (length === 0) return this.connection.waitForRoom()
			const bytes = new Uint8Array(length)
			for (let index = 0; index < length; index++) bytes[index] = patternByte(plan.salt, this.#written + index)
			this.#written += length
			this.connection.write(bytes)
		}
		if (plan.bytes >= 0) this.connection.close()
	}

	#take(bytes: Uint8Array): void {
		for (let index = 0; index < bytes.length; index++)
			if (bytes[index] !== patternByte(this.other.#plan.salt, this.received + index) && this.wrong < 0)
				this.wrong = this.received + index
		this.received += bytes.length
		if (this.#plan.pause === 0) return
		this.held += bytes.length
		if (this.#isDraining) return
		this.#isDraining = true
		this.#clock.after(this.#random.below(this.#plan.pause), () => {
			this.#isDraining = false
			this.held = 0
			this.connection.windowOpened()
		})
	}

	#send(header: SegmentHeader, {queue, offset, length}: QueuePiece): boolean {
		const faults = this.#faults()
		if (this.#isFull) return false
		if (this.#random.chance(faults.full)) {
			this.#isFull = true
			this.#clock.after(this.#random.below(20), () => {
				this.#isFull = false
				this.connection.flush()
			})
			return false
		}
		const bytes = new Uint8Array(60 + length)
		const headerBytes = writeSegmentHeader(bytes, 0, header)
		queue.copyTo(bytes, headerBytes, {offset, length})
		this.sent.push(`${flagNames(header.flags)} ${length}`)
		const copies = this.#random.chance(faults.loss) ? 0 : this.#random.chance(faults.doubled) ? 2 : 1
		for (let copy = 0; copy < copies; copy++) {
			const [least, most] = faults.delay
			this.#clock.after(least + this.#random.below(most - least + 1), () =>
				this.other.arrive(bytes, headerBytes + length),
			)
		}
		return true
	}

	arrive(bytes: Uint8Array, to: number): void {
		if (!parseSegment(bytes, 0, {to, into: this.#segment})) throw new Error('a segment of ours that we cannot parse')
		if (this.connection.state !== 'closed') return this.connection.receive(this.#segment)
		// Nobody is here any more.
		if (this.#segment.flags & tcpFlag.rst) return
		const reset = {
			...emptySegment(),
			sequence: this.#segment.acknowledgement,
			flags: tcpFlag.rst,
		}
		this.#clock.after(1, () => this.other.connection.receive(reset))
	}
}

export const flagNames = (flags: number): string =>
	Object.entries(tcpFlag)
		.filter(([, bit]) => flags & bit)
		.map(([name]) => name)
		.join('+')

/** A server that waits for the first SYN, and a client. */
export function connectPeers(
	client: Peer,
	server: Peer,
	options: Readonly<{client?: Partial<TcpSettings>; server?: Partial<TcpSettings>}> = {},
): void {
	client.other = server
	server.other = client
	const arrive = server.arrive.bind(server)
	const segment = emptySegment()
	server.arrive = (bytes, to) => {
		if (!parseSegment(bytes, 0, {to, into: segment}) || !(segment.flags & tcpFlag.syn)) return
		server.arrive = arrive
		server.connection = TcpConnection.hold(
			server.settings({localPort: 80, remotePort: 4000, ...options.server}),
			segment,
		)
		server.connection.accept()
	}
	client.connection = TcpConnection.open(client.settings({localPort: 4000, remotePort: 80, ...options.client}))
}
