/** Reads packets out of frames: checks their headers, and puts fragments together. */
import {type Address, isHostAddress, isUnspecified} from './address.ts'
import {read16, read32} from './bytes.ts'
import {checksum} from './checksum.ts'
import type {Drops} from './drops.ts'
import {ethernetBytes, ipProtocol, ipv4Bytes, ipv6Bytes, type Packet} from './ip.ts'
import type {Reassembly} from './reassembly.ts'

/** Extension headers that are skipped: hop by hop, routing, destination options (RFC 8200, 4). */
const skipped: ReadonlySet<number> = new Set([0, 43, 60])
const mostExtensions = 8

export class IpInput {
	readonly packet: Packet = {
		family: 4,
		bytes: new Uint8Array(0),
		start: 0,
		payload: 0,
		end: 0,
		protocol: 0,
		hops: 0,
		mac: new Uint8Array(6),
		source: new Uint8Array(4),
		destination: new Uint8Array(4),
		isTrusted: false,
	}
	readonly #drops: Drops
	readonly #reassembly: Reassembly

	constructor({drops, reassembly}: Readonly<{drops: Drops; reassembly: Reassembly}>) {
		this.#drops = drops
		this.#reassembly = reassembly
	}

	/** @returns the packet of a frame, valid until the next; undefined if there is none, or not yet. */
	read4(frame: Uint8Array, isTrusted: boolean): Packet | undefined {
		const start = ethernetBytes
		if (frame.length < start + ipv4Bytes) return this.#drop('short-frame')
		const headerBytes = (frame[start]! & 0xf) * 4
		const end = start + read16(frame, start + 2)
		const payload = start + headerBytes
		if (frame[start]! >> 4 !== 4 || headerBytes < ipv4Bytes || payload > end || end > frame.length)
			return this.#drop('bad-ip-header')
		if (checksum(frame, start, payload) !== 0) return this.#drop('bad-ip-checksum')
		this.#begin(frame, {family: 4, source: start + 12, destination: start + 16, isTrusted})
		const {packet} = this
		Object.assign(packet, {start, payload, end, protocol: frame[start + 9], hops: frame[start + 8]})
		const fragment = read16(frame, start + 6)
		if ((fragment & 0x3fff) === 0) return packet
		return this.#reassemble({
			identification: read16(frame, start + 4),
			offset: (fragment & 0x1fff) * 8,
			isLast: (fragment & 0x2000) === 0,
		})
	}

	read6(frame: Uint8Array, isTrusted: boolean): Packet | undefined {
		const start = ethernetBytes
		if (frame.length < start + ipv6Bytes) return this.#drop('short-frame')
		const end = start + ipv6Bytes + read16(frame, start + 4)
		if (frame[start]! >> 4 !== 6 || end > frame.length) return this.#drop('bad-ip-header')
		this.#begin(frame, {family: 6, source: start + 8, destination: start + 24, isTrusted})
		const {packet} = this
		Object.assign(packet, {start, end, hops: frame[start + 7]})
		let protocol = frame[start + 6]!
		let at = start + ipv6Bytes
		for (let count = 0; skipped.has(protocol); count++) {
			const next = at + 8 <= end ? at + (frame[at + 1]! + 1) * 8 : Infinity
			if (next > end || count === mostExtensions) return this.#drop('bad-ip-header')
			protocol = frame[at]!
			at = next
		}
		packet.protocol = protocol
		packet.payload = at
		if (protocol !== ipProtocol.fragment) return packet
		if (at + 8 > end) return this.#drop('bad-fragment')
		packet.protocol = frame[at]!
		packet.payload = at + 8
		const fragment = read16(frame, at + 2)
		if ((fragment & 0xfff9) === 0) return packet
		return this.#reassemble({
			identification: read32(frame, at + 4),
			offset: fragment & 0xfff8,
			isLast: (fragment & 1) === 0,
		})
	}

	#begin(
		frame: Uint8Array,
		{
			family,
			source,
			destination,
			isTrusted,
		}: Readonly<{family: 4 | 6; source: number; destination: number; isTrusted: boolean}>,
	): void {
		const {packet} = this
		const length = family === 4 ? 4 : 16
		packet.family = family
		packet.bytes = frame
		packet.isTrusted = isTrusted
		packet.mac = frame.subarray(6, 12)
		packet.source = frame.subarray(source, source + length)
		packet.destination = frame.subarray(destination, destination + length)
	}

	#reassemble(fragment: Readonly<{identification: number; offset: number; isLast: boolean}>): Packet | undefined {
		const {packet} = this
		const outcome = this.#reassembly.take(packet, fragment)
		if (outcome === 'waits') return
		if (typeof outcome === 'string') return this.#drop(outcome)
		packet.start = 0
		packet.bytes = outcome.bytes
		packet.payload = outcome.payload
		packet.end = outcome.bytes.length
		// A driver leaves no checksum open in fragments.
		packet.isTrusted = false
		return packet
	}

	#drop(reason: Parameters<Drops['count']>[0]): undefined {
		this.#drops.count(reason)
	}
}

/** Whether a packet may come from there: a host's address, or none yet. */
export const isSource = (address: Address): boolean => isHostAddress(address) || isUnspecified(address)
