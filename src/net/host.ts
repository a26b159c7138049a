/** What the network needs of the host: its sockets. The tests have a host of their own. */

export type HostEndpoint = Readonly<{address: string; port: number}>

export type HostFailure = 'refused' | 'network-unreachable' | 'host-unreachable' | 'reset' | 'timeout' | 'other'

export type StreamEvents = {
	/** Only after connect(). */
	connected(): void
	/** Valid during the call; never while paused. */
	data(bytes: Uint8Array): void
	/** `pending` is less than before. */
	drained(): void
	/** The other side sends no more. */
	ended(): void
	/** Nothing follows. */
	failed(failure: HostFailure): void
}

export type HostStream = {
	/** Copies the bytes, and never refuses: `pending` says how many are still here. */
	write(bytes: Uint8Array): void
	readonly pending: number
	/** No more is written; what was is still sent. */
	end(): void
	pause(): void
	resume(): void
	/** Ends at once; the other side is told by a reset where the host can. */
	reset(): void
	/** Reads no more, and ends once what was written is sent. Nobody is told of anything. */
	close(): void
}

export type DatagramEvents = {
	/** Valid during the call. @param from undefined where the socket has one peer. */
	data(bytes: Uint8Array, from: HostEndpoint | undefined): void
	failed(failure: HostFailure): void
}

export type HostDatagrams = {
	/** Copies the bytes; loses them when too many wait already. @param to only where the socket has no peer. */
	send(bytes: Uint8Array, to?: HostEndpoint): void
	close(): void
}

export type HostListener = Readonly<{
	/** What was bound: of port 0, the port that was found. */
	bound: HostEndpoint
	close(): void
}>

export type HostNetwork = {
	connect(to: HostEndpoint, events: StreamEvents): HostStream
	/** A socket with one peer. */
	connectDatagrams(to: HostEndpoint, events: DatagramEvents): HostDatagrams
	/**
	 * Both listen until closed. A stream that `accept` is given is paused. @throws UserError, one line, if the port is
	 * taken or not allowed.
	 */
	listen(
		at: HostEndpoint,
		accept: (from: HostEndpoint, begin: (events: StreamEvents) => HostStream) => void,
	): Promise<HostListener>
	bindDatagrams(at: HostEndpoint, events: DatagramEvents): Promise<HostListener & HostDatagrams>
	/** The host's resolvers, as they are now. */
	nameServers(): readonly HostEndpoint[]
	/** Whether the host has an address beyond itself. */
	hasIpv6(): boolean
}
