/**
 * A network of one guest in user mode: its frames become the host's sockets. It keeps no state outside the object; time,
 * randomness, sockets and the guest's link are given.
 */
import {type Address, isHostAddress} from './address.ts'
import {Arp, Neighbours} from './arp.ts'
import {read16} from './bytes.ts'
import type {Clock} from './clock.ts'
import {Dhcp} from './dhcp.ts'
import {type DropReason, Drops} from './drops.ts'
import type {HostEndpoint, HostNetwork} from './host.ts'
import {Icmp, mayBeReported, quote} from './icmp.ts'
import {ethernetBytes, etherType, ipProtocol, localMac, type Packet} from './ip.ts'
import {IpInput, isSource} from './ip-input.ts'
import {IpOutput} from './ip-output.ts'
import {NeighbourDiscovery} from './neighbour-discovery.ts'
import {Reassembly} from './reassembly.ts'
import {Resolvers} from './resolvers.ts'
import {type Forward, placeOf, type UserNetworkSettings} from './settings.ts'
import {TcpForwards} from './tcp-forwards.ts'
import {TcpRelays} from './tcp-relays.ts'
import {Udp} from './udp.ts'
import {UdpFlows} from './udp-flows.ts'
import {UdpForwards} from './udp-forwards.ts'
import {type LinkOffloads, largestFrame, noOffloads, type SendFrame, Wire} from './wire.ts'

export type GuestLink = Readonly<{
	/** Takes a frame to the guest before it returns; false: ready() is called when there is room again. */
	send: SendFrame
	/** What the guest's driver has agreed to; nothing if it is not given. */
	offloads?: (family: 4 | 6) => LinkOffloads
}>

export type UserNetworkParts = Readonly<{
	settings: UserNetworkSettings
	link: GuestLink
	host: HostNetwork
	clock: Clock
	/** 32 random bits: sequence numbers that cannot be guessed. */
	random: () => number
}>

export type OpenForward = Readonly<{forward: Forward; bound: HostEndpoint}>

export class UserNetwork {
	readonly #settings: UserNetworkSettings
	readonly #drops = new Drops()
	readonly #wire: Wire
	readonly #input: IpInput
	readonly #arp: Arp
	readonly #icmp: Icmp
	readonly #discovery: NeighbourDiscovery
	readonly #neighbours: Neighbours
	readonly #flows: UdpFlows
	readonly #udp: Udp
	readonly #udpForwards: UdpForwards
	readonly #relays: TcpRelays
	readonly #tcpForwards: TcpForwards

	constructor({settings, link, host, clock, random}: UserNetworkParts) {
		const drops = this.#drops
		const {gateway, gateway6, mtu, isRestricted} = settings
		const wire = new Wire({send: link.send, largestFrame: link.offloads ? largestFrame : ethernetBytes + mtu, drops})
		const output = new IpOutput(wire, {mtu, gateway, gateway6})
		const ours = (address: Address) => {
			const place = placeOf(settings, address)
			return place === 'gateway' || place === 'dns'
		}
		const icmp = new Icmp({output, drops, gateways: [gateway, gateway6], ours})
		const neighbours = new Neighbours({
			clock,
			ask: (address) => (address.length === 4 ? this.#arp.ask(address) : this.#discovery.ask(address)),
		})
		const resolvers = new Resolvers({host, clock})
		this.#settings = settings
		this.#wire = wire
		this.#icmp = icmp
		this.#neighbours = neighbours
		this.#input = new IpInput({drops, reassembly: new Reassembly(clock)})
		this.#arp = new Arp({wire, drops, neighbours, gateway, mac: localMac(gateway), ours})
		this.#discovery = new NeighbourDiscovery({
			settings,
			output,
			icmp,
			drops,
			neighbours,
			clock,
			random,
			isRouter: settings.ipv6 && host.hasIpv6(),
		})
		const dhcp = new Dhcp({settings, output, drops, learn: (address, mac) => neighbours.learn(address, mac)})
		this.#flows = new UdpFlows({host, clock, output, icmp, resolvers})
		this.#udpForwards = new UdpForwards({host, output, neighbours, settings})
		this.#udp = new Udp({dhcp, forwards: this.#udpForwards, flows: this.#flows, icmp, drops, isRestricted})
		this.#relays = new TcpRelays({
			host,
			clock,
			output,
			icmp,
			drops,
			resolvers,
			random,
			isRestricted,
			offloads: link.offloads ?? (() => noOffloads),
		})
		this.#tcpForwards = new TcpForwards({host, relays: this.#relays, neighbours, settings, random})
	}

	/** Frames that were thrown away, by reason. */
	get drops(): Readonly<Record<DropReason, number>> {
		return this.#drops.counts
	}

	get connections(): number {
		return this.#relays.size
	}

	get flows(): number {
		return this.#flows.size
	}

	/** Opens the forwarded ports. @throws UserError, one line, for a port that is taken; none is open then. */
	async open(): Promise<readonly OpenForward[]> {
		const opened: OpenForward[] = []
		try {
			for (const forward of this.#settings.forwards) {
				const forwards = forward.protocol === 'tcp' ? this.#tcpForwards : this.#udpForwards
				opened.push({forward, bound: await forwards.open(forward)})
			}
		} catch (error) {
			this.#tcpForwards.close()
			this.#udpForwards.close()
			throw error
		}
		return opened
	}

	/**
	 * Takes a frame of the guest's, and is done with it when it returns.
	 * @param frame from the Ethernet header on; longer than the MTU where the guest's driver was told that it may be.
	 * @param isTrusted the checksums inside are not filled in, and need not be checked.
	 */
	receive(frame: Uint8Array, isTrusted = false): void {
		if (frame.length < ethernetBytes) return this.#drops.count('short-frame')
		const type = read16(frame, 12)
		if (type === etherType.ipv4 && this.#settings.ipv4) this.#receiveIp(this.#input.read4(frame, isTrusted))
		else if (type === etherType.ipv6 && this.#settings.ipv6) this.#receiveIp(this.#input.read6(frame, isTrusted))
		else if (type === etherType.arp && this.#settings.ipv4) this.#arp.receive(frame)
		else this.#drops.count('unknown-protocol')
	}

	/** The guest has made buffers available again. */
	ready(): void {
		this.#wire.ready()
	}

	/** Ends all connections and closes all sockets. */
	close(): void {
		this.#tcpForwards.close()
		this.#udpForwards.close()
		this.#relays.close()
		this.#flows.close()
		this.#neighbours.close()
		this.#discovery.close()
	}

	#receiveIp(packet: Packet | undefined): void {
		if (!packet) return
		const settings = this.#settings
		if (!isSource(packet.source)) return this.#drops.count('bad-source')
		if (packet.hops === 0) {
			if (mayBeReported(packet)) this.#icmp.report(quote(packet), 'hops')
			return
		}
		const place = placeOf(settings, packet.destination)
		if (isHostAddress(packet.source) && placeOf(settings, packet.source) === 'nobody' && packet.family === 4)
			this.#neighbours.learn(packet.source, packet.mac)
		switch (packet.protocol) {
			case ipProtocol.tcp:
				return this.#relays.receive(packet, place)
			case ipProtocol.udp:
				return this.#udp.receive(packet, place)
			case ipProtocol.icmp:
				if (packet.family === 4) this.#icmp.receive4(packet, settings.isRestricted)
				return
			case ipProtocol.icmp6:
				if (packet.family === 6) this.#discovery.receive(packet)
				return
			default:
				this.#drops.count('unknown-protocol')
		}
	}
}
