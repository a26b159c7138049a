/** A host without sockets: tests see what is asked of it, and answer in its place. */
import type {
	DatagramEvents,
	HostDatagrams,
	HostEndpoint,
	HostListener,
	HostNetwork,
	HostStream,
	StreamEvents,
} from '../../../src/net/host.ts'

export class FakeStream implements HostStream {
	readonly to: HostEndpoint
	readonly events: StreamEvents
	readonly written: number[] = []
	pending = 0
	calls: string[] = []
	isPaused = false

	constructor(to: HostEndpoint, events: StreamEvents) {
		this.to = to
		this.events = events
	}

	write(bytes: Uint8Array): void {
		if (this.written.length < 100_000) this.written.push(...bytes)
	}

	end(): void {
		this.calls.push('end')
	}

	pause(): void {
		this.isPaused = true
	}

	resume(): void {
		this.isPaused = false
	}

	reset(): void {
		this.calls.push('reset')
	}

	close(): void {
		this.calls.push('close')
	}
}

export class FakeDatagrams implements HostDatagrams, HostListener {
	readonly to: HostEndpoint
	readonly events: DatagramEvents
	readonly sent: Readonly<{bytes: Uint8Array; to: HostEndpoint | undefined}>[] = []
	isClosed = false

	constructor(to: HostEndpoint, events: DatagramEvents) {
		this.to = to
		this.events = events
	}

	get bound(): HostEndpoint {
		return this.to
	}

	send(bytes: Uint8Array, to?: HostEndpoint): void {
		this.sent.push({bytes: bytes.slice(), to})
	}

	close(): void {
		this.isClosed = true
	}
}

export class FakeHost implements HostNetwork {
	readonly streams: FakeStream[] = []
	readonly datagrams: FakeDatagrams[] = []
	readonly accepts: ((from: HostEndpoint, begin: (events: StreamEvents) => HostStream) => void)[] = []
	servers: HostEndpoint[] = [{address: '192.0.2.53', port: 53}]
	isIpv6 = true

	connect(to: HostEndpoint, events: StreamEvents): HostStream {
		const stream = new FakeStream(to, events)
		this.streams.push(stream)
		return stream
	}

	connectDatagrams(to: HostEndpoint, events: DatagramEvents): HostDatagrams {
		const socket = new FakeDatagrams(to, events)
		this.datagrams.push(socket)
		return socket
	}

	async listen(
		at: HostEndpoint,
		accept: (from: HostEndpoint, begin: (events: StreamEvents) => HostStream) => void,
	): Promise<HostListener> {
		this.accepts.push(accept)
		return {bound: at, close: () => {}}
	}

	async bindDatagrams(at: HostEndpoint, events: DatagramEvents): Promise<FakeDatagrams> {
		const socket = new FakeDatagrams(at, events)
		this.datagrams.push(socket)
		return socket
	}

	nameServers(): readonly HostEndpoint[] {
		return this.servers.map((server) => ({...server}))
	}

	hasIpv6(): boolean {
		return this.isIpv6
	}
}
