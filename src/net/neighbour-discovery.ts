/** ICMPv6: the router that guests look for, and their neighbours (RFC 4861, RFC 4862, RFC 8106). */
import {type Address, isMulticast, isUnspecified, type Mac, parseAddress} from './address.ts'
import type {Neighbours} from './arp.ts'
import {write16, write32} from './bytes.ts'
import type {Clock, Timer} from './clock.ts'
import type {Drops} from './drops.ts'
import type {Icmp} from './icmp.ts'
import {isChecksumRight, localMac, type Packet, pathTo} from './ip.ts'
import type {IpOutput} from './ip-output.ts'
import {linkLocalRouter, placeOf, type UserNetworkSettings} from './settings.ts'

const type = {
	echo: 128,
	echoReply: 129,
	routerSolicitation: 133,
	routerAdvertisement: 134,
	neighbourSolicitation: 135,
	neighbourAdvertisement: 136,
} as const

const allNodes = parseAddress('ff02::1')!
const neighbourHops = 255
/** libslirp's, in seconds. */
const advertisement = {least: 200, most: 600, lifetime: 1_800, valid: 86_400, preferred: 14_400} as const
const linkAddressBytes = 8
const solicitationBytes = 24

export class NeighbourDiscovery {
	readonly #parts: Readonly<{
		settings: UserNetworkSettings
		output: IpOutput
		icmp: Icmp
		drops: Drops
		neighbours: Neighbours
		clock: Clock
		random: () => number
		/** Whether the host reaches anybody by IPv6. */
		isRouter: boolean
	}>
	#timer: Timer | undefined

	constructor(
		parts: Readonly<{
			settings: UserNetworkSettings
			output: IpOutput
			icmp: Icmp
			drops: Drops
			neighbours: Neighbours
			clock: Clock
			random: () => number
			isRouter: boolean
		}>,
	) {
		this.#parts = parts
		if (parts.isRouter) this.#repeat()
	}

	close(): void {
		this.#timer?.cancel()
	}

	receive(packet: Packet): void {
		const {drops, icmp, settings} = this.#parts
		const {bytes, payload, end} = packet
		if (end - payload < 8 || !isChecksumRight(packet)) return drops.count('bad-checksum')
		const kind = bytes[payload]!
		if (kind === type.echo) return icmp.echo(packet, {answer: type.echoReply, isRestricted: settings.isRestricted})
		if (packet.hops !== neighbourHops || bytes[payload + 1] !== 0) return
		if (kind === type.routerSolicitation) this.#solicitedRouter(packet)
		else if (kind === type.neighbourSolicitation) this.#solicited(packet)
		else if (kind === type.neighbourAdvertisement && end - payload >= solicitationBytes)
			this.#learn(bytes.subarray(payload + 8, payload + 24), packet)
	}

	/** Asks for a neighbour. */
	ask(target: Address): void {
		const group = parseAddress('ff02::1:ff00:0')!
		group.set(target.subarray(13), 13)
		const message = new Uint8Array(solicitationBytes + linkAddressBytes)
		message[0] = type.neighbourSolicitation
		message.set(target, 8)
		writeLinkAddress(message, solicitationBytes, {kind: 1, mac: localMac(this.#parts.settings.gateway6)})
		this.#send({source: this.#parts.settings.gateway6, destination: group, mac: groupMac(group), message})
	}

	#solicitedRouter(packet: Packet): void {
		if (!isUnspecified(packet.source)) this.#learn(packet.source, packet)
		if (this.#parts.isRouter) this.#advertise()
	}

	#solicited({bytes, payload, end, source, mac}: Packet): void {
		const {settings} = this.#parts
		if (end - payload < solicitationBytes) return
		const target = bytes.slice(payload + 8, payload + 24)
		const place = isMulticast(target) ? 'nobody' : placeOf(settings, target)
		if (place !== 'gateway' && place !== 'dns') return
		const isProbe = isUnspecified(source)
		if (!isProbe) this.#parts.neighbours.learn(source, mac)
		const message = new Uint8Array(solicitationBytes + linkAddressBytes)
		message[0] = type.neighbourAdvertisement
		// Router, solicited, override.
		message[4] = (place === 'gateway' ? 0x80 : 0) | (isProbe ? 0 : 0x40) | 0x20
		message.set(target, 8)
		writeLinkAddress(message, solicitationBytes, {kind: 2, mac: localMac(settings.gateway6)})
		const to = isProbe
			? {destination: allNodes, mac: groupMac(allNodes)}
			: {destination: source.slice(), mac: mac.slice()}
		this.#send({source: target, ...to, message})
	}

	#learn(address: Address, {mac}: Packet): void {
		const place = placeOf(this.#parts.settings, address)
		if (place === 'nobody') this.#parts.neighbours.learn(address, mac)
	}

	#repeat(): void {
		const {clock, random} = this.#parts
		const seconds = advertisement.least + (random() % (advertisement.most - advertisement.least))
		this.#timer = clock.after(seconds * 1000, () => {
			this.#advertise()
			this.#repeat()
		})
	}

	#advertise(): void {
		const {prefix, prefixBits, dns6, gateway6, isRestricted} = this.#parts.settings
		const message = new Uint8Array(16 + linkAddressBytes + 32 + (isRestricted ? 0 : 24))
		message[0] = type.routerAdvertisement
		message[4] = 64 // hop limit
		write16(message, 6, isRestricted ? 0 : advertisement.lifetime)
		writeLinkAddress(message, 16, {kind: 1, mac: localMac(gateway6)})
		let at = 16 + linkAddressBytes
		message[at] = 3 // prefix information
		message[at + 1] = 4
		message[at + 2] = prefixBits
		message[at + 3] = 0xc0 // on this link, and for addresses
		write32(message, at + 4, advertisement.valid)
		write32(message, at + 8, advertisement.preferred)
		message.set(prefix, at + 16)
		at += 32
		if (!isRestricted) {
			message[at] = 25 // resolvers
			message[at + 1] = 3
			write32(message, at + 4, 2 * advertisement.most)
			message.set(dns6, at + 8)
		}
		this.#send({source: linkLocalRouter, destination: allNodes, mac: groupMac(allNodes), message})
	}

	#send({
		source,
		destination,
		mac,
		message,
	}: Readonly<{source: Address; destination: Address; mac: Mac; message: Uint8Array}>): void {
		this.#parts.output.sendIcmp(pathTo(mac, {source, destination}), message, neighbourHops)
	}
}

function groupMac(group: Address): Mac {
	return Uint8Array.of(0x33, 0x33, ...group.subarray(12))
}

function writeLinkAddress(message: Uint8Array, at: number, {kind, mac}: Readonly<{kind: number; mac: Mac}>): void {
	message[at] = kind
	message[at + 1] = linkAddressBytes / 8
	message.set(mac, at + 2)
}
