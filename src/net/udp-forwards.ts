/** UDP from the host to the guest, through forwarded ports. */
import {type Address, formatAddress, isLoopback, parseAddress} from './address.ts'
import type {Neighbours} from './arp.ts'
import {sameBytes} from './bytes.ts'
import type {HostDatagrams, HostEndpoint, HostListener, HostNetwork} from './host.ts'
import {type Packet, pathTo} from './ip.ts'
import type {IpOutput} from './ip-output.ts'
import type {Forward, UserNetworkSettings} from './settings.ts'
import type {Datagram} from './udp-flows.ts'

/** Peers that a forward remembers, to answer to. */
const mostPeers = 256

type Bound = {
	readonly guest: Readonly<{address: Address; port: number}>
	socket: (HostListener & HostDatagrams) | undefined
	/** By the endpoint that the guest sees. */
	readonly peers: Map<string, HostEndpoint>
}

export class UdpForwards {
	readonly #host: HostNetwork
	readonly #output: IpOutput
	readonly #neighbours: Neighbours
	readonly #settings: UserNetworkSettings
	readonly #bound: Bound[] = []

	constructor({
		host,
		output,
		neighbours,
		settings,
	}: Readonly<{host: HostNetwork; output: IpOutput; neighbours: Neighbours; settings: UserNetworkSettings}>) {
		this.#host = host
		this.#output = output
		this.#neighbours = neighbours
		this.#settings = settings
	}

	/** @throws UserError if the port is taken. */
	async open(forward: Forward): Promise<HostEndpoint> {
		const guest = {address: forward.guest.address ?? this.#settings.dhcpStart, port: forward.guest.port}
		const bound: Bound = {guest, socket: undefined, peers: new Map()}
		bound.socket = await this.#host.bindDatagrams(forward.host, {
			data: (bytes, from) => this.#receive(bound, {bytes, from: from!}),
			failed: () => {},
		})
		this.#bound.push(bound)
		return bound.socket.bound
	}

	/** @returns whether the guest answers a peer of a forward. */
	answer(packet: Packet, {sourcePort, destinationPort, data}: Datagram): boolean {
		for (const {guest, socket, peers} of this.#bound) {
			if (guest.port !== sourcePort || !sameBytes(guest.address, packet.source)) continue
			const peer = peers.get(`${formatAddress(packet.destination)} ${destinationPort}`)
			if (!peer) continue
			socket?.send(data, peer)
			return true
		}
		return false
	}

	close(): void {
		for (const {socket} of this.#bound) socket?.close()
		this.#bound.length = 0
	}

	#receive(bound: Bound, {bytes, from}: Readonly<{bytes: Uint8Array; from: HostEndpoint}>): void {
		const {guest, peers} = bound
		const source = seenFrom(from, this.#settings)
		const key = `${formatAddress(source)} ${from.port}`
		peers.delete(key)
		if (peers.size >= mostPeers) peers.delete(peers.keys().next().value!)
		peers.set(key, from)
		let data = bytes
		this.#neighbours.find(guest.address, (mac) => {
			if (!mac) return
			this.#output.sendUdp(pathTo(mac, {source, destination: guest.address}), {
				sourcePort: from.port,
				destinationPort: guest.port,
				data,
			})
		})
		// For the case that the neighbour is found later.
		data = bytes.slice()
	}
}

/** Whom the guest sees when a peer of the host comes through a forward: this host is the gateway. */
export function seenFrom(peer: HostEndpoint, {gateway}: UserNetworkSettings): Address {
	const address = parseAddress(peer.address.replace(/^::ffff:(?=[\d.]+$)/, ''))
	return address?.length === 4 && !isLoopback(address) ? address : gateway
}
