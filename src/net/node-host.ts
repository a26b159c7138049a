/** The host's sockets, by Node. */
import {createSocket, type Socket as DatagramSocket} from 'node:dgram'
import {Resolver} from 'node:dns'
import {connect, createServer, isIPv6, type Socket} from 'node:net'
import {networkInterfaces} from 'node:os'
import {UserError} from '../errors.ts'
import type {
	DatagramEvents,
	HostDatagrams,
	HostEndpoint,
	HostFailure,
	HostListener,
	HostNetwork,
	HostStream,
	StreamEvents,
} from './host.ts'
import {formatEndpoint} from './ip.ts'

/** What a socket has read, until its callback returns: libuv reads into it just before. One for all: 1,024 sockets may be open. */
const arrived = Buffer.allocUnsafeSlow(64 * 1024)
const batchBytes = 64 * 1024
/** Of datagrams that the host has not taken yet. */
const mostQueuedBytes = 1024 * 1024
/** Datagrams that wait until the socket knows its peer. */
const mostEarly = 16
const dnsPort = 53

export const nodeHost: HostNetwork = {
	connect(to, events) {
		let stream: NodeStream
		const socket = connect({
			host: to.address,
			port: to.port,
			allowHalfOpen: true,
			noDelay: true,
			// The name is an address: nobody is to be asked.
			autoSelectFamily: false,
			onread: {
				buffer: arrived,
				callback: (bytes, buffer) => stream.read(buffer.subarray(0, bytes)),
			},
		})
		stream = new NodeStream(socket, events)
		socket.once('connect', () => events.connected())
		return stream
	},

	connectDatagrams(to, events) {
		const datagrams = new NodeDatagrams(openDatagramSocket(to.address), events)
		datagrams.connect(to)
		return datagrams
	},

	listen(at, accept) {
		return new Promise((resolve, reject) => {
			const server = createServer({allowHalfOpen: true, noDelay: true, pauseOnConnect: true}, (socket) => {
				// Until somebody takes it over.
				socket.on('error', () => {})
				accept({address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0}, (events) => {
					const stream = new NodeStream(socket, events)
					// The peer may have gone while the guest was looked for.
					if (socket.destroyed) queueMicrotask(() => events.failed('reset'))
					socket.on('data', (bytes) => stream.read(bytes as Buffer))
					socket.pause()
					return stream
				})
			})
			server.once('error', (error) => reject(listenError(at, error)))
			server.listen({host: at.address, port: at.port, exclusive: true}, () => {
				server.on('error', () => {})
				const {port} = server.address() as {port: number}
				resolve({bound: {address: at.address, port}, close: () => server.close()})
			})
		})
	},

	bindDatagrams(at, events) {
		return new Promise((resolve, reject) => {
			const socket = openDatagramSocket(at.address)
			socket.once('error', (error) => reject(listenError(at, error)))
			socket.bind({address: at.address, port: at.port, exclusive: true}, () => {
				socket.removeAllListeners('error')
				const datagrams = new NodeDatagrams(socket, events)
				resolve(
					Object.assign(datagrams, {bound: {address: at.address, port: socket.address().port}}) satisfies HostListener,
				)
			})
		})
	},

	nameServers: () => new Resolver().getServers().flatMap(parseServer),

	hasIpv6: () =>
		Object.values(networkInterfaces())
			.flat()
			.some((found) => found?.family === 'IPv6' && !found.internal && !/^fe80:/i.test(found.address)),
}

/** `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1`, `[2001:db8::1]:5353`. */
export function parseServer(text: string): HostEndpoint[] {
	if (isIPv6(text)) return [{address: text, port: dnsPort}]
	const {address, bracketed, port} =
		/^(?:\[(?<bracketed>[^\]]+)\]|(?<address>[^:]+))(?::(?<port>\d+))?$/.exec(text)?.groups ?? {}
	const host = bracketed ?? address
	return host === undefined ? [] : [{address: host, port: Number(port ?? dnsPort)}]
}

/** One line: what is listened on, and why it cannot be. */
function listenError(at: HostEndpoint, error: NodeJS.ErrnoException): UserError {
	const reasons: Readonly<Record<string, string>> = {
		EADDRINUSE: 'it is in use',
		EACCES: 'this user may not listen there',
		EADDRNOTAVAIL: 'this machine has no such address',
	}
	return new UserError(
		`Expected a free port to forward, got ${formatEndpoint(at.address, at.port)}: ${reasons[error.code ?? ''] ?? error.message}`,
	)
}

const failures: Readonly<Record<string, HostFailure>> = {
	ECONNREFUSED: 'refused',
	ENETUNREACH: 'network-unreachable',
	EADDRNOTAVAIL: 'network-unreachable',
	EAFNOSUPPORT: 'network-unreachable',
	EHOSTUNREACH: 'host-unreachable',
	EHOSTDOWN: 'host-unreachable',
	ECONNRESET: 'reset',
	EPIPE: 'reset',
	ETIMEDOUT: 'timeout',
}

const failureOf = (error: NodeJS.ErrnoException): HostFailure => failures[error.code ?? ''] ?? 'other'

class NodeStream implements HostStream {
	readonly #socket: Socket
	readonly #events: StreamEvents
	/** Small writes of one burst go to the host together. */
	#batch = Buffer.alloc(0)
	#filled = 0
	#flushed = 0
	#isFlushNoted = false
	#isOver = false
	#isPaused = false
	readonly #flushSoon = () => this.#flush()
	readonly #drained = () => {
		if (!this.#isOver) this.#events.drained()
	}

	constructor(socket: Socket, events: StreamEvents) {
		this.#socket = socket
		this.#events = events
		socket.on('end', () => {
			if (!this.#isOver) events.ended()
		})
		socket.on('error', (error) => {
			if (this.#isOver) return
			this.#isOver = true
			events.failed(failureOf(error))
		})
	}

	get pending(): number {
		return this.#socket.writableLength + this.#filled - this.#flushed
	}

	/** @returns false to pause. */
	read(bytes: Uint8Array): boolean {
		if (!this.#isOver) this.#events.data(bytes)
		return !this.#isPaused
	}

	write(bytes: Uint8Array): void {
		for (let from = 0; from < bytes.length; ) {
			if (this.#filled === this.#batch.length) {
				this.#flush()
				this.#batch = Buffer.allocUnsafeSlow(batchBytes)
				this.#filled = 0
				this.#flushed = 0
			}
			const length = Math.min(bytes.length - from, this.#batch.length - this.#filled)
			this.#batch.set(bytes.subarray(from, from + length), this.#filled)
			this.#filled += length
			from += length
		}
		if (this.#isFlushNoted) return
		this.#isFlushNoted = true
		queueMicrotask(this.#flushSoon)
	}

	end(): void {
		this.#flush()
		this.#socket.end()
	}

	pause(): void {
		this.#isPaused = true
		this.#socket.pause()
	}

	resume(): void {
		this.#isPaused = false
		this.#socket.resume()
	}

	reset(): void {
		this.#isOver = true
		this.#socket.resetAndDestroy()
	}

	close(): void {
		this.#flush()
		this.#isOver = true
		this.#socket.destroySoon()
	}

	#flush(): void {
		this.#isFlushNoted = false
		if (this.#filled === this.#flushed) return
		const bytes = this.#batch.subarray(this.#flushed, this.#filled)
		this.#flushed = this.#filled
		if (this.#isOver || this.#socket.destroyed) return
		this.#socket.write(bytes, this.#drained)
	}
}

function openDatagramSocket(address: string): DatagramSocket {
	const type = isIPv6(address) ? 'udp6' : 'udp4'
	// The name is an address: nobody is to be asked.
	return createSocket({type, lookup: (name, _options, done) => done(null, name, type === 'udp6' ? 6 : 4)})
}

class NodeDatagrams implements HostDatagrams {
	readonly #socket: DatagramSocket
	/** Until the socket knows its peer. */
	#early: Uint8Array[] | undefined
	#isClosed = false
	readonly #sent = () => {}

	constructor(socket: DatagramSocket, events: DatagramEvents) {
		this.#socket = socket
		socket.on('message', (bytes, {address, port}) => {
			if (!this.#isClosed) events.data(bytes, {address, port})
		})
		socket.on('error', (error) => {
			if (!this.#isClosed) events.failed(failureOf(error))
		})
	}

	connect({address, port}: HostEndpoint): void {
		this.#early = []
		this.#socket.connect(port, address, (error?: Error) => {
			if (this.#isClosed) return
			if (error) {
				this.#socket.emit('error', error)
				return
			}
			const early = this.#early ?? []
			this.#early = undefined
			for (const bytes of early) this.send(bytes)
		})
	}

	send(bytes: Uint8Array, to?: HostEndpoint): void {
		if (this.#isClosed) return
		if (this.#early) {
			if (this.#early.length < mostEarly) this.#early.push(bytes.slice())
			return
		}
		if (this.#socket.getSendQueueSize() + bytes.length > mostQueuedBytes) return
		const copy = Buffer.from(bytes)
		if (to) this.#socket.send(copy, to.port, to.address, this.#sent)
		else this.#socket.send(copy, (error) => error && this.#socket.emit('error', error))
	}

	close(): void {
		if (this.#isClosed) return
		this.#isClosed = true
		this.#socket.close()
	}
}
