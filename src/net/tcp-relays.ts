/** All TCP connections of the guest: finds each one's relay, opens new ones, and refuses where there is none. */
import {formatAddress, isHostAddress} from './address.ts'
import {holds, sameBytes, write16} from './bytes.ts'
import {addWords, foldChecksum} from './checksum.ts'
import type {Clock} from './clock.ts'
import type {Drops} from './drops.ts'
import type {HostEndpoint, HostFailure, HostNetwork, HostStream, StreamEvents} from './host.ts'
import {type Icmp, quote} from './icmp.ts'
import {
	headerBytesOf,
	ipProtocol,
	ipv4Bytes,
	ipv6Bytes,
	isChecksumRight,
	type Packet,
	type Path,
	pathBack,
	pseudoSum,
} from './ip.ts'
import type {IpOutput} from './ip-output.ts'
import type {Resolvers} from './resolvers.ts'
import type {Place} from './settings.ts'
import {
	add,
	emptySegment,
	opensAnew,
	parseSegment,
	type QueuePiece,
	type Segment,
	type SegmentHeader,
	synHeaderBytes,
	tcpFlag,
	tcpHeaderBytes,
	writeSegmentHeader,
} from './tcp/index.ts'
import {type RelaySettings, TcpRelay} from './tcp-relay.ts'
import {type FrameOffload, type LinkOffloads, largestFrame} from './wire.ts'

const mostActive = 1024
const mostConnecting = 128
const mostTimeWait = 4096
/**
 * Bytes in each direction that connections share: each may use an equal part, but no less than 16 KiB. What one used before others
 * came is not taken from it, so that the sum is less than four times as much, whatever the guest does.
 */
const sharedBytes = 32 * 2 ** 20
const leastShare = 16 * 1024
/** A host that does not answer is given up; the guest asks about as long. */
const connectTime = 75_000

type Entry = {
	readonly key: number
	path: Path
	relay: TcpRelay
	/** Where its flush is asked for; also its name on the wire. */
	readonly retry: () => void
}

export type TcpParts = Readonly<{
	host: HostNetwork
	clock: Clock
	output: IpOutput
	icmp: Icmp
	drops: Drops
	resolvers: Resolvers
	/** 32 random bits. */
	random: () => number
	isRestricted: boolean
	offloads: (family: 4 | 6) => LinkOffloads
}>

const familyOf = (path: Path): 4 | 6 => (path.destination.length === 4 ? 4 : 6)

const keyOf = (guestPort: number, port: number): number => guestPort * 65_536 + port

export class TcpRelays {
	readonly #parts: TcpParts
	readonly #segment: Segment = emptySegment()
	/** By both ports. */
	readonly #entries = new Map<number, Entry[]>()
	readonly #connecting = new Set<Entry>()
	readonly #timeWaits = new Set<Entry>()
	readonly #offload: FrameOffload = {segmentBytes: 0, checksumStart: 0, checksumOffset: 16, headerBytes: 0}
	#count = 0

	constructor(parts: TcpParts) {
		this.#parts = parts
	}

	get size(): number {
		return this.#count
	}

	receive(packet: Packet, place: Place): void {
		const {drops} = this.#parts
		const segment = this.#segment
		if (!parseSegment(packet.bytes, packet.payload, {to: packet.end, into: segment})) return drops.count('bad-segment')
		if (!packet.isTrusted && !isChecksumRight(packet)) return drops.count('bad-checksum')
		const entry = this.#find(packet, segment)
		if (entry && !opensAnew(entry.relay.connection, segment)) {
			if (!sameBytes(entry.path.mac, packet.mac)) entry.path = pathBack(packet)
			entry.relay.connection.receive(segment)
			if (entry.relay.connection.state === 'time-wait') this.#noteTimeWait(entry)
			return
		}
		entry?.relay.connection.forget()
		this.#receiveNew(packet, {segment, place})
	}

	/** Joins a peer of the host to the guest. @returns false if there are too many, or one with these ports. */
	open(
		path: Path,
		{port, guestPort, begin}: Readonly<{port: number; guestPort: number; begin: (events: StreamEvents) => HostStream}>,
	): boolean {
		const key = keyOf(guestPort, port)
		const isTaken = this.#entries.get(key)?.some((entry) => sameBytes(entry.path.source, path.source))
		if (isTaken || this.#activeCount >= mostActive) return false
		this.#add(path, {key, port, guestPort}, (settings, over) => TcpRelay.inward(settings, {begin, over}))
		return true
	}

	/** Ends all. */
	close(): void {
		for (const {relay} of [...this.#entries.values()].flat()) relay.leave()
	}

	/** A power of two, in bytes. */
	#share(): number {
		return Math.max(leastShare, 2 ** Math.floor(Math.log2(sharedBytes / Math.max(1, this.#activeCount))))
	}

	get #activeCount(): number {
		return this.#count - this.#timeWaits.size
	}

	#find(packet: Packet, segment: Segment): Entry | undefined {
		const bucket = this.#entries.get(keyOf(segment.sourcePort, segment.destinationPort))
		if (!bucket) return
		for (const entry of bucket) {
			const {source, destination} = entry.path
			if (destination.length !== packet.source.length) continue
			if (holds(packet.source, 0, destination) && holds(packet.destination, 0, source)) return entry
		}
		return
	}

	#receiveNew(packet: Packet, {segment, place}: Readonly<{segment: Segment; place: Place}>): void {
		const {drops, icmp, isRestricted, resolvers} = this.#parts
		if (!isHostAddress(packet.source)) return drops.count('bad-source')
		if (isRestricted) return drops.count('restricted')
		if (place === 'broadcast' || !isHostAddress(packet.destination)) return drops.count('bad-destination')
		if ((segment.flags & (tcpFlag.syn | tcpFlag.ack | tcpFlag.rst)) !== tcpFlag.syn)
			return this.#refuse(packet, segment)
		if (segment.sourcePort === 0 || segment.destinationPort === 0) return drops.count('bad-segment')
		if (place === 'nobody') return icmp.report(quote(packet), 'host')
		const port = segment.destinationPort
		if (place === 'dns') {
			const servers = port === 53 ? resolvers.list() : []
			return servers.length > 0 ? this.#connect(packet, {segment, targets: servers}) : this.#refuse(packet, segment)
		}
		const address = place !== 'gateway' ? formatAddress(packet.destination) : packet.family === 4 ? '127.0.0.1' : '::1'
		this.#connect(packet, {segment, targets: [{address, port}]})
	}

	#connect(packet: Packet, {segment, targets}: Readonly<{segment: Segment; targets: readonly HostEndpoint[]}>): void {
		const {host, drops, icmp, clock} = this.#parts
		if (this.#activeCount >= mostActive || this.#connecting.size >= mostConnecting)
			return drops.count('too-many-connections')
		const about = quote(packet)
		const left = [...targets]
		const ports = {guestPort: segment.sourcePort, port: segment.destinationPort}
		const connect = () => {
			const target = left.shift()!
			entry.relay.connectTo((events) =>
				host.connect(target, {
					...events,
					connected: () => {
						timer.cancel()
						this.#connecting.delete(entry)
						events.connected()
					},
				}),
			)
		}
		const hostFailed = (failure: HostFailure): boolean => {
			if (entry.relay.connection.state !== 'held') return false
			if (left.length > 0) {
				connect()
				return true
			}
			if (failure !== 'network-unreachable' && failure !== 'host-unreachable') return false
			icmp.report(about, failure === 'network-unreachable' ? 'network' : 'host')
			entry.relay.connection.forget()
			return true
		}
		const entry = this.#add(pathBack(packet), {key: keyOf(ports.guestPort, ports.port), ...ports}, (settings, over) =>
			TcpRelay.outward(settings, {
				syn: segment,
				hostFailed,
				over: () => {
					timer.cancel()
					over()
				},
			}),
		)
		const timer = clock.after(connectTime, () => entry.relay.abort())
		this.#connecting.add(entry)
		connect()
	}

	#add(
		path: Path,
		{key, port, guestPort}: Readonly<{key: number; port: number; guestPort: number}>,
		make: (settings: RelaySettings, over: () => void) => TcpRelay,
	): Entry {
		const {clock, output, offloads, random} = this.#parts
		const retry = () => entry.relay.connection.flush()
		const share = () => this.#share()
		const headers = headerBytesOf(path) + tcpHeaderBytes
		const {cutsSegments} = offloads(familyOf(path))
		const entry: Entry = {key, path, retry, relay: undefined as unknown as TcpRelay}
		const bucket = this.#entries.get(key)
		if (bucket) bucket.push(entry)
		else this.#entries.set(key, [entry])
		this.#count++
		entry.relay = make(
			{
				clock,
				sink: (header, data) => this.#send(entry, {header, data}),
				localPort: port,
				remotePort: guestPort,
				initialSequence: random(),
				maximumSegment: output.mtu - (path.destination.length === 4 ? ipv4Bytes : ipv6Bytes) - tcpHeaderBytes,
				largestPiece: cutsSegments ? largestFrame - headers : 0,
				sendShare: share,
				receiveShare: share,
			},
			() => this.#remove(entry),
		)
		return entry
	}

	#remove(entry: Entry): void {
		const bucket = this.#entries.get(entry.key)
		const index = bucket?.indexOf(entry) ?? -1
		if (index < 0) return
		bucket!.splice(index, 1)
		if (bucket!.length === 0) this.#entries.delete(entry.key)
		this.#count--
		this.#connecting.delete(entry)
		this.#timeWaits.delete(entry)
		this.#parts.output.wire.forget(entry.retry)
	}

	/** Those that only wait for late segments are bounded by themselves: the oldest goes. */
	#noteTimeWait(entry: Entry): void {
		this.#timeWaits.add(entry)
		if (this.#timeWaits.size > mostTimeWait) this.#timeWaits.values().next().value!.relay.connection.forget()
	}

	#send(entry: Entry, {header, data}: Readonly<{header: SegmentHeader; data: QueuePiece}>): boolean {
		const {output, offloads} = this.#parts
		const {frame} = output.wire
		const {path} = entry
		const bytes = (header.flags & tcpFlag.syn ? synHeaderBytes : tcpHeaderBytes) + data.length
		const at = output.writeHeaders(path, {protocol: ipProtocol.tcp, bytes})
		const headerBytes = writeSegmentHeader(frame, at, header)
		if (data.length > 0) data.queue.copyTo(frame, at + headerBytes, data)
		const pseudo = pseudoSum(path, ipProtocol.tcp, bytes)
		const segmentBytes = data.length > 0 ? entry.relay.connection.segmentBytes : 0
		const isCut = data.length > segmentBytes
		let offload: FrameOffload | undefined
		if (isCut || offloads(familyOf(path)).leavesChecksums) {
			// Of the pseudo-header alone, and not inverted: the guest's stack or nobody adds the rest.
			write16(frame, at + 16, foldChecksum(pseudo) ^ 0xffff)
			offload = this.#offload
			offload.segmentBytes = isCut ? segmentBytes : 0
			offload.checksumStart = at
			offload.headerBytes = at + headerBytes
		} else write16(frame, at + 16, foldChecksum(addWords(frame, at, at + bytes, pseudo)))
		return output.wire.trySend(at + bytes, {offload, retry: entry.retry})
	}

	/** Answers what belongs to no connection (RFC 9293, 3.10.7.1). */
	#refuse(packet: Packet, segment: Segment): void {
		if (segment.flags & tcpFlag.rst) return
		const {output} = this.#parts
		const path = pathBack(packet)
		const hasAcknowledgement = (segment.flags & tcpFlag.ack) !== 0
		const length = segment.data.length + (segment.flags & tcpFlag.syn ? 1 : 0) + (segment.flags & tcpFlag.fin ? 1 : 0)
		const at = output.writeHeaders(path, {protocol: ipProtocol.tcp, bytes: tcpHeaderBytes})
		const {frame} = output.wire
		writeSegmentHeader(frame, at, {
			sourcePort: segment.destinationPort,
			destinationPort: segment.sourcePort,
			sequence: hasAcknowledgement ? segment.acknowledgement : 0,
			acknowledgement: hasAcknowledgement ? 0 : add(segment.sequence, length),
			flags: hasAcknowledgement ? tcpFlag.rst : tcpFlag.rst | tcpFlag.ack,
			window: 0,
			maximumSegment: 0,
			windowScale: undefined,
		})
		const sum = pseudoSum(path, ipProtocol.tcp, tcpHeaderBytes)
		write16(frame, at + 16, foldChecksum(addWords(frame, at, at + tcpHeaderBytes, sum)))
		output.wire.post(at + tcpHeaderBytes)
	}
}
