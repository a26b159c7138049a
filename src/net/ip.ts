/** IPv4 and IPv6 packets: what was received, and headers to send (RFC 791, RFC 8200). */
import {type Address, formatAddress, type Mac} from './address.ts'
import {write16} from './bytes.ts'
import {addWords, foldChecksum} from './checksum.ts'

export const etherType = {ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd} as const
export const ipProtocol = {icmp: 1, tcp: 6, udp: 17, fragment: 44, icmp6: 58} as const
export const ethernetBytes = 14
export const ipv4Bytes = 20
export const ipv6Bytes = 40
const hops = 64

/** A received packet, whole; the same object is used again for the next. */
export type Packet = {
	family: 4 | 6
	/** Where all below is: the frame, or a packet put together. */
	bytes: Uint8Array
	/** Of the IP header. */
	start: number
	/** Of what it carries, without options and extension headers. */
	payload: number
	end: number
	protocol: number
	hops: number
	/** The sender of the frame. */
	mac: Mac
	source: Address
	destination: Address
	/** The checksums inside are the driver's promise: nothing to check. */
	isTrusted: boolean
}

/** From us to the guest. */
export type Path = Readonly<{
	mac: Mac
	/** Who the guest thinks that it talks to. */
	source: Address
	destination: Address
	/** Of both addresses, for pseudo-headers. */
	addressSum: number
}>

export function pathTo(mac: Mac, {source, destination}: Readonly<{source: Address; destination: Address}>): Path {
	const addressSum = addWords(destination, 0, destination.length, addWords(source, 0, source.length))
	return {mac: mac.slice(), source: source.slice(), destination: destination.slice(), addressSum}
}

/** The way back of a packet. */
export const pathBack = (packet: Packet): Path =>
	pathTo(packet.mac, {source: packet.destination, destination: packet.source})

/** @returns the sum over the pseudo-header; the checksum of `bytes` follows. */
export const pseudoSum = (path: Path, protocol: number, bytes: number): number => path.addressSum + protocol + bytes

export function isChecksumRight(packet: Packet): boolean {
	const {bytes, payload, end} = packet
	const sum =
		addWords(packet.source, 0, packet.source.length) +
		addWords(packet.destination, 0, packet.destination.length) +
		packet.protocol +
		(end - payload)
	return foldChecksum(addWords(bytes, payload, end, sum)) === 0
}

export const headerBytesOf = (path: Path): number =>
	ethernetBytes + (path.destination.length === 4 ? ipv4Bytes : ipv6Bytes)

export function writeEthernet(frame: Uint8Array, {to, from, type}: Readonly<{to: Mac; from: Mac; type: number}>): void {
	frame.set(to, 0)
	frame.set(from, 6)
	write16(frame, 12, type)
}

/** Of what libslirp calls special addresses: 52:55 and the IPv4 address, 52:56 and the end of the IPv6 address. */
export function localMac(address: Address): Mac {
	const mac = new Uint8Array(6)
	mac.set(address.subarray(address.length - 4), 2)
	mac[0] = 0x52
	mac[1] = address.length === 4 ? 0x55 : 0x56
	return mac
}

export type IpFields = Readonly<{
	protocol: number
	/** Of what follows the IP header. */
	bytes: number
	identification?: number
	/** IPv4: flags and offset, as in the header. */
	fragment?: number
	trafficClass?: number
	hops?: number
}>

/** Writes the IP header behind the Ethernet header. */
export function writeIpHeader(frame: Uint8Array, path: Path, fields: IpFields): void {
	const at = ethernetBytes
	if (path.destination.length === 4) {
		frame[at] = 0x45
		frame[at + 1] = fields.trafficClass ?? 0
		write16(frame, at + 2, ipv4Bytes + fields.bytes)
		write16(frame, at + 4, fields.identification ?? 0)
		write16(frame, at + 6, fields.fragment ?? 0)
		frame[at + 8] = fields.hops ?? hops
		frame[at + 9] = fields.protocol
		write16(frame, at + 10, 0)
		frame.set(path.source, at + 12)
		frame.set(path.destination, at + 16)
		write16(frame, at + 10, foldChecksum(addWords(frame, at, at + ipv4Bytes)))
	} else {
		frame[at] = 0x60
		frame[at + 1] = 0
		write16(frame, at + 2, 0)
		write16(frame, at + 4, fields.bytes)
		frame[at + 6] = fields.protocol
		frame[at + 7] = fields.hops ?? hops
		frame.set(path.source, at + 8)
		frame.set(path.destination, at + 24)
	}
}

/** For messages: `10.0.2.15:80`, `[fec0::1]:80`. */
export function formatEndpoint(address: Address | string, port: number): string {
	const text = typeof address === 'string' ? address : formatAddress(address)
	return text.includes(':') ? `[${text}]:${port}` : `${text}:${port}`
}
