/** Sends datagrams to the guest, in fragments if they are longer than a frame. */
import type {Address, Mac} from './address.ts'
import {write16, write32} from './bytes.ts'
import {addWords, foldChecksum} from './checksum.ts'
import {
	etherType,
	headerBytesOf,
	ipProtocol,
	ipv4Bytes,
	ipv6Bytes,
	localMac,
	type Path,
	pseudoSum,
	writeEthernet,
	writeIpHeader,
} from './ip.ts'
import type {Wire} from './wire.ts'

const udpBytes = 8
const fragmentBytes = 8
const moreFragments = 0x2000
const lowDelay = 0x10

type Message = Readonly<{protocol: number; bytes: Uint8Array; trafficClass?: number; hops?: number}>

export class IpOutput {
	readonly wire: Wire
	readonly mtu: number
	readonly #mac4: Mac
	readonly #mac6: Mac
	#identification = 0

	constructor(wire: Wire, {mtu, gateway, gateway6}: Readonly<{mtu: number; gateway: Address; gateway6: Address}>) {
		this.wire = wire
		this.mtu = mtu
		this.#mac4 = localMac(gateway)
		this.#mac6 = localMac(gateway6)
	}

	/** The source of frames that carry the address's family. */
	macOf(address: Address): Mac {
		return address.length === 4 ? this.#mac4 : this.#mac6
	}

	nextIdentification(): number {
		this.#identification = (this.#identification + 1) & 0xffff
		return this.#identification
	}

	/** Writes both headers into the wire's frame. @returns where the rest begins. */
	writeHeaders(
		path: Path,
		fields: Readonly<{protocol: number; bytes: number; trafficClass?: number; hops?: number}>,
	): number {
		const {frame} = this.wire
		this.#writeEthernet(path)
		writeIpHeader(frame, path, {...fields, identification: this.nextIdentification()})
		return headerBytesOf(path)
	}

	sendUdp(
		path: Path,
		{sourcePort, destinationPort, data}: Readonly<{sourcePort: number; destinationPort: number; data: Uint8Array}>,
	): void {
		const bytes = new Uint8Array(udpBytes + data.length)
		write16(bytes, 0, sourcePort)
		write16(bytes, 2, destinationPort)
		write16(bytes, 4, bytes.length)
		bytes.set(data, udpBytes)
		// 0 would say that there is no checksum (RFC 768).
		const sum = foldChecksum(addWords(bytes, 0, bytes.length, pseudoSum(path, ipProtocol.udp, bytes.length)))
		write16(bytes, 6, sum || 0xffff)
		// Names are what somebody waits for, as libslirp has it.
		this.send(path, {protocol: ipProtocol.udp, bytes, trafficClass: sourcePort === 53 ? lowDelay : 0})
	}

	/** @param bytes a message with checksum 0, which is filled in. */
	sendIcmp(path: Path, bytes: Uint8Array, hops?: number): void {
		const isVersion4 = path.destination.length === 4
		const protocol = isVersion4 ? ipProtocol.icmp : ipProtocol.icmp6
		const sum = isVersion4 ? 0 : pseudoSum(path, protocol, bytes.length)
		write16(bytes, 2, foldChecksum(addWords(bytes, 0, bytes.length, sum)))
		this.send(path, {protocol, bytes, ...(hops !== undefined && {hops})})
	}

	send(path: Path, message: Message): void {
		const ipBytes = path.destination.length === 4 ? ipv4Bytes : ipv6Bytes
		if (ipBytes + message.bytes.length > this.mtu) return this.#sendFragments(path, message)
		const at = this.writeHeaders(path, {...message, bytes: message.bytes.length})
		this.wire.frame.set(message.bytes, at)
		this.wire.post(at + message.bytes.length)
	}

	#sendFragments(path: Path, {protocol, bytes, ...fields}: Message): void {
		const isVersion4 = path.destination.length === 4
		const overhead = isVersion4 ? ipv4Bytes : ipv6Bytes + fragmentBytes
		const step = (this.mtu - overhead) & ~7
		const identification = this.nextIdentification()
		const {frame} = this.wire
		for (let from = 0; from < bytes.length; from += step) {
			const piece = bytes.subarray(from, from + step)
			const isLast = from + piece.length === bytes.length
			this.#writeEthernet(path)
			let at = headerBytesOf(path)
			if (isVersion4) {
				const fragment = (from >> 3) | (isLast ? 0 : moreFragments)
				writeIpHeader(frame, path, {...fields, protocol, bytes: piece.length, identification, fragment})
			} else {
				writeIpHeader(frame, path, {
					...fields,
					protocol: ipProtocol.fragment,
					bytes: fragmentBytes + piece.length,
				})
				frame[at] = protocol
				frame[at + 1] = 0
				write16(frame, at + 2, from | (isLast ? 0 : 1))
				write32(frame, at + 4, identification)
				at += fragmentBytes
			}
			frame.set(piece, at)
			this.wire.post(at + piece.length)
		}
	}

	#writeEthernet(path: Path): void {
		const type = path.destination.length === 4 ? etherType.ipv4 : etherType.ipv6
		writeEthernet(this.wire.frame, {to: path.mac, from: this.macOf(path.destination), type})
	}
}
