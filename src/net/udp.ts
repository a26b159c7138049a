/** UDP datagrams of the guest: to DHCP, to a forward's peer, or out (RFC 768). */
import {isHostAddress} from './address.ts'
import {read16} from './bytes.ts'
import {type Dhcp, dhcpPort} from './dhcp.ts'
import type {Drops} from './drops.ts'
import {type Icmp, quote} from './icmp.ts'
import {isChecksumRight, type Packet} from './ip.ts'
import type {Place} from './settings.ts'
import type {UdpFlows} from './udp-flows.ts'
import type {UdpForwards} from './udp-forwards.ts'

const headerBytes = 8

export class Udp {
	readonly #parts: Readonly<{
		dhcp: Dhcp
		forwards: UdpForwards
		flows: UdpFlows
		icmp: Icmp
		drops: Drops
		isRestricted: boolean
	}>

	constructor(
		parts: Readonly<{
			dhcp: Dhcp
			forwards: UdpForwards
			flows: UdpFlows
			icmp: Icmp
			drops: Drops
			isRestricted: boolean
		}>,
	) {
		this.#parts = parts
	}

	receive(packet: Packet, place: Place): void {
		const {dhcp, forwards, flows, icmp, drops, isRestricted} = this.#parts
		const {bytes, payload} = packet
		const length = packet.end - payload >= headerBytes ? read16(bytes, payload + 4) : 0
		if (length < headerBytes || payload + length > packet.end) return drops.count('bad-segment')
		packet.end = payload + length
		const hasChecksum = bytes[payload + 6] !== 0 || bytes[payload + 7] !== 0
		const isRight = hasChecksum ? packet.isTrusted || isChecksumRight(packet) : packet.family === 4
		if (!isRight) return drops.count('bad-checksum')
		const datagram = {
			sourcePort: read16(bytes, payload),
			destinationPort: read16(bytes, payload + 2),
			data: bytes.subarray(payload + headerBytes, packet.end),
		}
		const isForAll = place === 'broadcast' || place === 'gateway'
		if (packet.family === 4 && datagram.destinationPort === dhcpPort.server && isForAll)
			return dhcp.receive(datagram.data)
		if (!isHostAddress(packet.source)) return drops.count('bad-source')
		if (datagram.sourcePort === 0 || datagram.destinationPort === 0) return drops.count('bad-segment')
		if (forwards.answer(packet, datagram)) return
		if (isRestricted) return drops.count('restricted')
		if (place === 'broadcast' || !isHostAddress(packet.destination)) return drops.count('bad-destination')
		if (place === 'nobody') return icmp.report(quote(packet), 'host')
		if (place === 'dns' && datagram.destinationPort !== 53) return icmp.report(quote(packet), 'port')
		flows.send(packet, {datagram, place})
	}
}
