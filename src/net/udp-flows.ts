/** UDP from the guest: a host socket for each flow, that is for each pair of endpoints. */
import {formatAddress} from './address.ts'
import {sameBytes} from './bytes.ts'
import type {Clock, Timer} from './clock.ts'
import type {HostDatagrams, HostEndpoint, HostFailure, HostNetwork} from './host.ts'
import {type Icmp, type IcmpError, type Quote, quote} from './icmp.ts'
import {type Packet, type Path, pathBack} from './ip.ts'
import type {IpOutput} from './ip-output.ts'
import {failureAnswer, type Resolvers} from './resolvers.ts'
import type {Place} from './settings.ts'

const mostFlows = 256
/** libslirp's. */
const idleTime = 240_000
const answeredNameTime = 10_000
const sweepInterval = 10_000
/** A query that was not answered so long when the guest asks again goes to another resolver. */
const resolverPatience = 1_000

export type Datagram = Readonly<{sourcePort: number; destinationPort: number; data: Uint8Array}>

type Flow = {
	readonly key: number
	readonly path: Path
	readonly guestPort: number
	readonly port: number
	socket: HostDatagrams
	expiresAt: number
	/** What errors are about: the last packet. */
	about: Quote
	/** Of names only. */
	name: {server: HostEndpoint; query: Uint8Array; askedAt: number; tries: number} | undefined
}

export class UdpFlows {
	readonly #host: HostNetwork
	readonly #clock: Clock
	readonly #output: IpOutput
	readonly #icmp: Icmp
	readonly #resolvers: Resolvers
	/** By both ports. */
	readonly #flows = new Map<number, Flow[]>()
	#count = 0
	#sweeper: Timer | undefined

	constructor({
		host,
		clock,
		output,
		icmp,
		resolvers,
	}: Readonly<{host: HostNetwork; clock: Clock; output: IpOutput; icmp: Icmp; resolvers: Resolvers}>) {
		this.#host = host
		this.#clock = clock
		this.#output = output
		this.#icmp = icmp
		this.#resolvers = resolvers
	}

	get size(): number {
		return this.#count
	}

	/** @param place the gateway, a resolver or the outside. */
	send(packet: Packet, {datagram, place}: Readonly<{datagram: Datagram; place: Place}>): void {
		const {sourcePort, destinationPort, data} = datagram
		const key = sourcePort * 65_536 + destinationPort
		const known = this.#flows
			.get(key)
			?.find(({path}) => sameBytes(path.destination, packet.source) && sameBytes(path.source, packet.destination))
		if (place === 'dns') return this.#ask(packet, {datagram, known})
		const address = place !== 'gateway' ? formatAddress(packet.destination) : packet.family === 4 ? '127.0.0.1' : '::1'
		const flow = known ?? this.#open(packet, {datagram, to: {address, port: destinationPort}})
		if (known) flow.about = quote(packet)
		flow.expiresAt = this.#clock.now() + idleTime
		flow.socket.send(data)
	}

	close(): void {
		for (const flow of [...this.#flows.values()].flat()) this.#remove(flow)
		this.#sweeper?.cancel()
		this.#sweeper = undefined
	}

	#ask(packet: Packet, {datagram, known}: Readonly<{datagram: Datagram; known: Flow | undefined}>): void {
		const now = this.#clock.now()
		if (known?.name && now - known.name.askedAt > resolverPatience) this.#resolvers.avoid(known.name.server)
		const [server] = this.#resolvers.list()
		if (!server) {
			const answer = failureAnswer(datagram.data)
			if (answer)
				this.#output.sendUdp(pathBack(packet), {
					sourcePort: datagram.destinationPort,
					destinationPort: datagram.sourcePort,
					data: answer,
				})
			return
		}
		const flow = known ?? this.#open(packet, {datagram, to: server})
		if (known?.name && known.name.server !== server) this.#turnTo(flow, server)
		flow.about = quote(packet)
		flow.expiresAt = now + idleTime
		flow.name = {server, query: datagram.data.slice(), askedAt: Math.min(flow.name?.askedAt ?? now, now), tries: 1}
		flow.socket.send(datagram.data)
	}

	#open(packet: Packet, {datagram, to}: Readonly<{datagram: Datagram; to: HostEndpoint}>): Flow {
		if (this.#count >= mostFlows) this.#removeStalest()
		const key = datagram.sourcePort * 65_536 + datagram.destinationPort
		const flow: Flow = {
			key,
			path: pathBack(packet),
			guestPort: datagram.sourcePort,
			port: datagram.destinationPort,
			socket: {send: () => {}, close: () => {}},
			expiresAt: Infinity,
			about: quote(packet),
			name: undefined,
		}
		const bucket = this.#flows.get(key)
		if (bucket) bucket.push(flow)
		else this.#flows.set(key, [flow])
		this.#count++
		this.#turnTo(flow, to)
		this.#sweeper ??= this.#clock.after(sweepInterval, () => this.#sweep())
		return flow
	}

	#turnTo(flow: Flow, to: HostEndpoint): void {
		flow.socket.close()
		flow.socket = this.#host.connectDatagrams(to, {
			data: (bytes) => this.#receive(flow, bytes),
			failed: (failure) => this.#failed(flow, failure),
		})
	}

	#receive(flow: Flow, data: Uint8Array): void {
		this.#output.sendUdp(flow.path, {sourcePort: flow.port, destinationPort: flow.guestPort, data})
		flow.expiresAt = this.#clock.now() + (flow.name ? answeredNameTime : idleTime)
		if (flow.name) flow.name.askedAt = Infinity
	}

	#failed(flow: Flow, failure: HostFailure): void {
		if (flow.name) {
			this.#resolvers.avoid(flow.name.server)
			const servers = this.#resolvers.list()
			if (flow.name.tries++ < servers.length) {
				flow.name.server = servers[0]!
				this.#turnTo(flow, servers[0]!)
				return flow.socket.send(flow.name.query)
			}
		}
		this.#remove(flow)
		this.#icmp.report(flow.about, icmpErrorOf[failure])
	}

	#remove(flow: Flow): void {
		const bucket = this.#flows.get(flow.key)
		const index = bucket?.indexOf(flow) ?? -1
		if (index < 0) return
		bucket!.splice(index, 1)
		if (bucket!.length === 0) this.#flows.delete(flow.key)
		this.#count--
		flow.socket.close()
	}

	#removeStalest(): void {
		let stalest: Flow | undefined
		for (const bucket of this.#flows.values())
			for (const flow of bucket) if (!stalest || flow.expiresAt < stalest.expiresAt) stalest = flow
		if (stalest) this.#remove(stalest)
	}

	#sweep(): void {
		const now = this.#clock.now()
		for (const flow of [...this.#flows.values()].flat()) if (flow.expiresAt <= now) this.#remove(flow)
		this.#sweeper = this.#count > 0 ? this.#clock.after(sweepInterval, () => this.#sweep()) : undefined
	}
}

export const icmpErrorOf: Readonly<Record<HostFailure, IcmpError>> = {
	refused: 'port',
	'network-unreachable': 'network',
	'host-unreachable': 'host',
	reset: 'port',
	timeout: 'host',
	other: 'host',
}
