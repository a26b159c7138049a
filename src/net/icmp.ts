/** ICMP: answers to echo requests, and errors about packets of the guest's (RFC 792, RFC 1122, RFC 4443). */

import type {Address} from './address.ts'
import {isHostAddress} from './address.ts'
import {checksum} from './checksum.ts'
import type {Drops} from './drops.ts'
import {ipProtocol, ipv4Bytes, type Packet, pathBack, pathTo} from './ip.ts'
import type {IpOutput} from './ip-output.ts'

export type IcmpError = 'network' | 'host' | 'port' | 'prohibited' | 'hops'

/** Type and code: of IPv4, of IPv6. */
const errors: Readonly<Record<IcmpError, readonly [number, number, number, number]>> = {
	network: [3, 0, 1, 0],
	host: [3, 1, 1, 3],
	port: [3, 3, 1, 4],
	prohibited: [3, 13, 1, 1],
	hops: [11, 0, 3, 0],
}

const headerBytes = 8
/** A packet that all take whole: 576 bytes of IPv4, 1280 of IPv6, less the headers before what is quoted. */
const mostQuoted = {4: 576 - ipv4Bytes - headerBytes, 6: 1280 - 40 - headerBytes} as const
/** Those that ask, and so may be told. */
const questions: ReadonlySet<number> = new Set([8, 13, 15, 17, 128])

/** What an error is about: the beginning of a packet of the guest's, from its IP header on. */
export type Quote = Readonly<{mac: Uint8Array; source: Address; destination: Address; bytes: Uint8Array}>

export function quote(packet: Packet): Quote {
	return {
		mac: packet.mac.slice(),
		source: packet.source.slice(),
		destination: packet.destination.slice(),
		bytes: packet.bytes.slice(packet.start, Math.min(packet.end, packet.start + mostQuoted[packet.family])),
	}
}

export class Icmp {
	readonly #output: IpOutput
	readonly #drops: Drops
	readonly #gateways: readonly [Address, Address]
	readonly #ours: (address: Address) => boolean

	/** @param gateways of IPv4 and IPv6: errors come from there. @param ours the addresses that answer. */
	constructor({
		output,
		drops,
		gateways,
		ours,
	}: Readonly<{
		output: IpOutput
		drops: Drops
		gateways: readonly [Address, Address]
		ours: (address: Address) => boolean
	}>) {
		this.#output = output
		this.#drops = drops
		this.#gateways = gateways
		this.#ours = ours
	}

	/** Tells the guest, unless it may not be told (RFC 1122, 3.2.2): about answers, or to no host's address. */
	report(about: Quote, error: IcmpError): void {
		const isVersion4 = about.source.length === 4
		if (!isHostAddress(about.source) || !isHostAddress(about.destination)) return
		const [type4, code4, type6, code6] = errors[error]
		const message = new Uint8Array(headerBytes + about.bytes.length)
		message[0] = isVersion4 ? type4 : type6
		message[1] = isVersion4 ? code4 : code6
		message.set(about.bytes, headerBytes)
		const source = this.#gateways[isVersion4 ? 0 : 1]
		this.#output.sendIcmp(pathTo(about.mac, {source, destination: about.source}), message)
	}

	/** An IPv4 packet of protocol ICMP. @param isRestricted nothing leaves. */
	receive4(packet: Packet, isRestricted: boolean): void {
		const {bytes, payload, end} = packet
		if (end - payload < headerBytes || checksum(bytes, payload, end) !== 0) return this.#drops.count('bad-checksum')
		if (bytes[payload] === 8) this.echo(packet, {answer: 0, isRestricted})
	}

	/**
	 * Answers for our own addresses. Node has no sockets that could ask others, so these are "prohibited": ping says so at
	 * once, where silence would look like a fault.
	 */
	echo(packet: Packet, {answer, isRestricted}: Readonly<{answer: number; isRestricted: boolean}>): void {
		const {bytes, payload, end} = packet
		if (!isHostAddress(packet.source)) return this.#drops.count('bad-source')
		if (this.#ours(packet.destination)) {
			const message = bytes.slice(payload, end)
			message[0] = answer
			message[2] = 0
			message[3] = 0
			this.#output.sendIcmp(pathBack(packet), message, 255)
		} else if (isRestricted) this.#drops.count('restricted')
		else this.report(quote(packet), 'prohibited')
	}
}

/** Whether an error about this packet may be sent: not about an error. */
export function mayBeReported(packet: Packet): boolean {
	if (packet.protocol !== ipProtocol.icmp && packet.protocol !== ipProtocol.icmp6) return true
	return packet.end > packet.payload && questions.has(packet.bytes[packet.payload]!)
}
