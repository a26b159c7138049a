/** The guest's side of a user network: sends packets, keeps the frames that come, and talks TCP. */
import {type Address, parseAddress} from '../../../src/net/address.ts'
import {read16, write16} from '../../../src/net/bytes.ts'
import {addWords, foldChecksum} from '../../../src/net/checksum.ts'
import type {Clock} from '../../../src/net/clock.ts'
import {Drops} from '../../../src/net/drops.ts'
import type {HostNetwork} from '../../../src/net/host.ts'
import {ipProtocol, type Packet, type Path, pathTo, pseudoSum} from '../../../src/net/ip.ts'
import {IpInput} from '../../../src/net/ip-input.ts'
import {IpOutput} from '../../../src/net/ip-output.ts'
import {Reassembly} from '../../../src/net/reassembly.ts'
import {defaultSettings, type UserNetworkSettings} from '../../../src/net/settings.ts'
import {
	emptySegment,
	parseSegment,
	type Segment,
	TcpConnection,
	type TcpUser,
	tcpFlag,
	writeSegmentHeader,
} from '../../../src/net/tcp/index.ts'
import {type GuestLink, UserNetwork} from '../../../src/net/user-network.ts'
import {Wire} from '../../../src/net/wire.ts'

export const guestMac = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56)
export const at = (text: string): Address => parseAddress(text)!

export type Udp = Readonly<{from: Address; to: Address; sourcePort: number; destinationPort: number; data: Uint8Array}>

export type GuestOptions = Readonly<{
	host: HostNetwork
	clock: Clock
	settings?: Partial<UserNetworkSettings>
	link?: Partial<GuestLink>
	/** Buffers that the guest's driver has made available; it makes no more by itself. */
	buffers?: number
}>

export class Guest {
	readonly network: UserNetwork
	/** What came, oldest first. */
	readonly frames: Uint8Array[] = []
	readonly datagrams: Udp[] = []
	readonly icmp: Readonly<{from: Address; bytes: Uint8Array}>[] = []
	/** TCP that is for no connection of this guest: flags and ports. */
	readonly strays: Segment[] = []
	readonly output: IpOutput
	keepsFrames = true
	buffers: number
	readonly #clock: Clock
	readonly #input: IpInput
	readonly #connections = new Map<string, TcpConnection>()
	readonly #listeners = new Map<number, (connect: (user: TcpUser) => TcpConnection) => void>()
	#arriving: Uint8Array[] = []

	constructor({host, clock, settings = {}, link = {}, buffers = Infinity}: GuestOptions) {
		this.buffers = buffers
		this.#clock = clock
		let seed = 1
		this.network = new UserNetwork({
			settings: {...defaultSettings, ...settings},
			link: {
				send: (frame) => {
					if (this.buffers <= 0) return false
					this.buffers--
					// Like a driver: the frame is looked at later.
					if (this.#arriving.push(frame.slice()) === 1) clock.soon(() => this.#take())
					return true
				},
				...link,
			},
			host,
			clock,
			random: () => Math.imul(seed++, 0x9e37_79b1) >>> 0,
		})
		const drops = new Drops()
		const wire = new Wire({
			send: (frame) => {
				this.network.receive(frame)
				return true
			},
			largestFrame: 70_000,
			drops,
		})
		this.output = new IpOutput(wire, {mtu: 1500, gateway: at('10.0.2.15'), gateway6: at('fec0::15')})
		this.#input = new IpInput({drops, reassembly: new Reassembly(clock)})
	}

	/** Sends an IP packet; the frame's source is this guest's address. */
	send(
		{from, to}: Readonly<{from: string; to: string}>,
		{protocol, bytes}: Readonly<{protocol: number; bytes: Uint8Array}>,
	): void {
		this.output.send(this.path(from, to), {protocol, bytes})
	}

	sendUdp(
		{from = '10.0.2.15', to}: Readonly<{from?: string; to: string}>,
		datagram: Readonly<{sourcePort: number; destinationPort: number; data: Uint8Array}>,
	): void {
		this.output.sendUdp(this.path(from, to), datagram)
	}

	/** Makes a segment by hand. */
	sendTcp(
		{from = '10.0.2.15', to}: Readonly<{from?: string; to: string}>,
		segment: Readonly<Partial<Segment> & {sourcePort: number; destinationPort: number; flags: number}>,
	): void {
		const path = this.path(from, to)
		const data = segment.data ?? new Uint8Array(0)
		const bytes = new Uint8Array(60 + data.length)
		const header = {...emptySegment(), maximumSegment: 1460, windowScale: undefined, ...segment}
		const headerBytes = writeSegmentHeader(bytes, 0, {...header, maximumSegment: header.maximumSegment ?? 1460})
		bytes.set(data, headerBytes)
		const whole = bytes.subarray(0, headerBytes + data.length)
		write16(whole, 16, foldChecksum(addWords(whole, 0, whole.length, pseudoSum(path, ipProtocol.tcp, whole.length))))
		this.output.send(path, {protocol: ipProtocol.tcp, bytes: whole})
	}

	connect(
		{from = '10.0.2.15', to}: Readonly<{from?: string; to: string}>,
		{port, localPort, user}: Readonly<{port: number; localPort: number; user: TcpUser}>,
	): TcpConnection {
		const path = this.path(from, to)
		const connection = TcpConnection.open({...this.#tcpSettings(path, {localPort, remotePort: port}), user})
		this.#connections.set(`${at(to)} ${port} ${localPort}`, connection)
		return connection
	}

	/** @param accept gets a function that takes the connection for a user. */
	listen(port: number, accept: (connect: (user: TcpUser) => TcpConnection) => void): void {
		this.#listeners.set(port, accept)
	}

	path(from: string, to: string): Path {
		return pathTo(Uint8Array.of(0x52, 0x55, 10, 0, 2, 2), {source: at(from), destination: at(to)})
	}

	#tcpSettings(path: Path, {localPort, remotePort}: Readonly<{localPort: number; remotePort: number}>) {
		return {
			clock: this.#clock,
			localPort,
			remotePort,
			initialSequence: 0xffff_ff00 + localPort,
			maximumSegment: 1440,
			sink: (
				header: Parameters<typeof writeSegmentHeader>[2],
				data: {queue: TcpQueue; offset: number; length: number},
			) => {
				const bytes = new Uint8Array(60 + data.length)
				const headerBytes = writeSegmentHeader(bytes, 0, header)
				data.queue.copyTo(bytes, headerBytes, data)
				const whole = bytes.subarray(0, headerBytes + data.length)
				const sum = addWords(whole, 0, whole.length, pseudoSum(path, ipProtocol.tcp, whole.length))
				write16(whole, 16, foldChecksum(sum))
				this.output.send(path, {protocol: ipProtocol.tcp, bytes: whole})
				return true
			},
		}
	}

	#take(): void {
		const frames = this.#arriving
		this.#arriving = []
		for (const frame of frames) {
			if (this.keepsFrames) this.frames.push(frame)
			const type = read16(frame, 12)
			const packet =
				type === 0x0800
					? this.#input.read4(frame, false)
					: type === 0x86dd
						? this.#input.read6(frame, false)
						: undefined
			if (packet) this.#takePacket(packet)
		}
	}

	#takePacket(packet: Packet): void {
		const {bytes, payload, end, protocol} = packet
		if (protocol === ipProtocol.icmp || protocol === ipProtocol.icmp6)
			this.icmp.push({from: packet.source.slice(), bytes: bytes.slice(payload, end)})
		if (protocol === ipProtocol.udp)
			this.datagrams.push({
				from: packet.source.slice(),
				to: packet.destination.slice(),
				sourcePort: read16(bytes, payload),
				destinationPort: read16(bytes, payload + 2),
				data: bytes.slice(payload + 8, end),
			})
		if (protocol !== ipProtocol.tcp) return
		const segment = emptySegment()
		if (!parseSegment(bytes, payload, {to: end, into: segment})) throw new Error('a segment that cannot be parsed')
		const key = `${packet.source} ${segment.sourcePort} ${segment.destinationPort}`
		const connection = this.#connections.get(key)
		if (connection && connection.state !== 'closed') return connection.receive(segment)
		const listener = this.#listeners.get(segment.destinationPort)
		if (!listener || !(segment.flags & tcpFlag.syn)) {
			this.strays.push({...segment, data: segment.data.slice()})
			return
		}
		const path = pathTo(packet.mac, {source: packet.destination, destination: packet.source})
		const ports = {localPort: segment.destinationPort, remotePort: segment.sourcePort}
		listener((user) => {
			const accepted = TcpConnection.hold({...this.#tcpSettings(path, ports), user}, segment)
			this.#connections.set(key, accepted)
			accepted.accept()
			return accepted
		})
	}
}

type TcpQueue = Readonly<{
	copyTo(target: Uint8Array, at: number, piece: Readonly<{offset: number; length: number}>): void
}>

/** Of an ICMP error: type, code. */
export const icmpKind = ({bytes}: Readonly<{bytes: Uint8Array}>): string => `${bytes[0]} ${bytes[1]}`
