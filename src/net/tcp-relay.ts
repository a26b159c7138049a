/** One connection of the guest's and the host's stream that it is joined to. */
import type {HostFailure, HostStream, StreamEvents} from './host.ts'
import {
	defaultReceiveCapacity,
	type Segment,
	TcpConnection,
	type TcpEnd,
	type TcpSettings,
	type TcpUser,
} from './tcp/index.ts'

export type RelaySettings = Omit<TcpSettings, 'user'> &
	Readonly<{
		/** Bytes that may wait for the host's peer at present. */
		receiveShare: () => number
	}>

/** Bytes that the host may bring at once. */
const largestRead = 64 * 1024

export class TcpRelay {
	readonly connection: TcpConnection
	#stream: HostStream | undefined
	readonly #over: () => void
	readonly #hostFailed: (failure: HostFailure) => boolean
	readonly #receiveShare: () => number
	/** What the host brought and the connection had no room for: less than one read. */
	#rest: Uint8Array | undefined
	#hasHostEnded = false
	#hasGuestEnded = false

	private constructor(
		settings: RelaySettings,
		{
			syn,
			over,
			hostFailed,
		}: Readonly<{syn: Segment | undefined; over: () => void; hostFailed: (failure: HostFailure) => boolean}>,
	) {
		this.#over = over
		this.#hostFailed = hostFailed
		this.#receiveShare = settings.receiveShare
		const whole = {...settings, user: this.#user()}
		this.connection = syn ? TcpConnection.hold(whole, syn) : TcpConnection.open(whole)
	}

	/**
	 * The guest opened it: its SYN is answered when the host's stream is connected.
	 * @param connect makes the stream. @param hostFailed returns true if there is another to try, by connectTo().
	 */
	static outward(
		settings: RelaySettings,
		{syn, over, hostFailed}: Readonly<{syn: Segment; over: () => void; hostFailed: (failure: HostFailure) => boolean}>,
	): TcpRelay {
		return new TcpRelay(settings, {syn, over, hostFailed})
	}

	/** A peer of the host came through a forward. */
	static inward(
		settings: RelaySettings,
		{begin, over}: Readonly<{begin: (events: StreamEvents) => HostStream; over: () => void}>,
	): TcpRelay {
		const relay = new TcpRelay(settings, {syn: undefined, over, hostFailed: () => false})
		relay.connectTo(begin)
		return relay
	}

	connectTo(begin: (events: StreamEvents) => HostStream): void {
		this.#stream = begin(this.#events())
	}

	/** Ends at once, on both sides. */
	abort(): void {
		this.connection.abort()
	}

	/** The network goes: what the guest has sent still reaches the host's peer. */
	leave(): void {
		if (this.connection.state === 'held') return this.connection.abort()
		const stream = this.#stream
		this.#stream = undefined
		stream?.close()
		this.connection.forget()
	}

	#user(): TcpUser {
		return {
			// What has no room yet goes first: then writable() resumes.
			established: () => {
				if (!this.#rest) this.#stream?.resume()
			},
			data: (bytes) => this.#stream?.write(bytes),
			room: () => Math.max(0, Math.min(defaultReceiveCapacity, this.#receiveShare()) - (this.#stream?.pending ?? 0)),
			ended: () => {
				this.#hasGuestEnded = true
				this.#stream?.end()
			},
			writable: () => this.#writable(),
			over: (end) => this.#ended(end),
		}
	}

	#events(): StreamEvents {
		return {
			connected: () => this.connection.accept(),
			data: (bytes) => this.#write(bytes),
			drained: () => this.connection.windowOpened(),
			ended: () => {
				this.#hasHostEnded = true
				if (!this.#rest) this.connection.close()
			},
			failed: (failure) => {
				if (this.connection.state === 'closed' || this.#hostFailed(failure)) return
				this.connection.abort()
			},
		}
	}

	#write(bytes: Uint8Array): void {
		const {connection} = this
		const room = connection.room
		if (bytes.length > room) this.#rest = bytes.slice(room)
		connection.write(this.#rest ? bytes.subarray(0, room) : bytes)
		if (this.#isRoomy && !this.#rest) return
		this.#stream?.pause()
		connection.waitForRoom()
	}

	/** There is room for what the host may bring at once, or nothing waits. */
	get #isRoomy(): boolean {
		const {room, capacity} = this.connection
		return room >= Math.min(largestRead, capacity)
	}

	#writable(): void {
		const {connection} = this
		if (this.#rest) {
			const rest = this.#rest
			this.#rest = undefined
			this.#write(rest)
			if (this.#rest) return
			if (this.#hasHostEnded) return connection.close()
		}
		if (this.#isRoomy) this.#stream?.resume()
		else connection.waitForRoom()
	}

	#ended(end: TcpEnd): void {
		this.#rest = undefined
		// What was written still reaches the host's peer, if both sides ended as they should.
		if (end !== 'closed' || !this.#hasHostEnded || !this.#hasGuestEnded) this.#stream?.reset()
		this.#over()
	}
}
