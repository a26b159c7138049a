import test from 'ava'
import {read16, write16} from '../../src/net/bytes.ts'
import {addWords, checksum, foldChecksum} from '../../src/net/checksum.ts'
import {type TcpConnection, tcpFlag} from '../../src/net/tcp/index.ts'
import {FakeHost, type FakeStream} from './support/fake-host.ts'
import {Guest} from './support/guest.ts'
import {Random} from './support/random.ts'
import {VirtualClock} from './support/virtual-clock.ts'

const addresses4 = ['10.0.2.2', '10.0.2.3', '192.0.2.1', '10.0.2.77', '255.255.255.255', '127.0.0.1', '224.0.0.1']
const addresses6 = ['fec0::2', 'fec0::3', '2001:db8::1', 'ff02::2', 'fe80::2', '::1', 'fec0::77']

/** A guest that sends frames which are nearly right. */
class Attacker {
	readonly clock = new VirtualClock()
	readonly host = new FakeHost()
	readonly guest: Guest
	readonly #random: Random
	/** Right frames, to be changed. */
	readonly #samples: Uint8Array[] = []
	frames = 0
	readonly #connections: TcpConnection[] = []

	constructor(seed: number) {
		this.#random = new Random(seed)
		this.guest = new Guest({
			host: this.host,
			clock: this.clock,
			settings: {
				isRestricted: this.#random.chance(0.1),
				forwards: [{protocol: 'udp', host: {address: '127.0.0.1', port: 1}, guest: {address: undefined, port: 7}}],
			},
		})
		this.guest.keepsFrames = false
		const receive = this.guest.network.receive.bind(this.guest.network)
		this.guest.network.receive = (frame) => {
			const copy = frame.slice()
			if (this.#samples.length < 64) this.#samples.push(copy)
			else this.#samples[this.#random.below(64)] = copy
			this.frames++
			receive(copy, this.#random.chance(0.3))
		}
		void this.guest.network.open()
	}

	step(): void {
		const random = this.#random
		switch (random.below(14)) {
			case 5:
			case 6:
				return this.#talk()
			case 0:
			case 1:
				return this.#sendRight()
			case 2:
				return this.#answer()
			case 3:
				this.clock.settle()
				this.guest.buffers = random.pick([0, 1, 10, 1e9])
				return this.guest.network.ready()
			case 4:
				return this.clock.pass(random.pick([0, 1, 50, 1000, 50_000]))
			default:
				this.#sendWrong()
		}
		this.guest.strays.length = 0
		this.guest.icmp.length = 0
		this.guest.datagrams.length = 0
	}

	#sendRight(): void {
		const random = this.#random
		const isVersion6 = random.chance(0.3)
		const from = isVersion6 ? 'fec0::15' : random.pick(['10.0.2.15', '10.0.2.15', '0.0.0.0', '10.0.2.2', '192.0.2.9'])
		const to = random.pick(isVersion6 ? addresses6 : addresses4)
		const ports = {
			sourcePort: random.pick([68, 7, 1000, random.below(65_536)]),
			destinationPort: random.pick([67, 53, 80, 0, random.below(65_536)]),
		}
		if (random.chance(0.5))
			return this.guest.sendTcp(
				{from, to},
				{
					...ports,
					flags: random.pick([tcpFlag.syn, tcpFlag.ack, tcpFlag.fin | tcpFlag.ack, random.below(64)]),
					sequence: random.next(),
					acknowledgement: random.next(),
					window: random.below(65_536),
					data: random.bytes(random.pick([0, 1, 1400, 3000])),
				},
			)
		const data = random.bytes(random.pick([0, 11, 12, 300, 1400, 5000]))
		if (ports.destinationPort === 67 && data.length >= 240) {
			data.set([1, 1, 6])
			data.set([0x63, 0x82, 0x53, 0x63, 53, 1, random.below(9)], 236)
		}
		this.guest.sendUdp({from, to}, {...ports, data})
	}

	/** The guest's own timers are not the network's. */
	forget(): void {
		for (const connection of this.#connections) connection?.forget()
	}

	/** Connections as they should be: their segments are samples, too. */
	#talk(): void {
		const random = this.#random
		const place = random.below(8)
		const connection = this.#connections[place]
		if (!connection || connection.state === 'closed') {
			const user = {established() {}, data() {}, room: () => 20_000, ended() {}, writable() {}, over() {}}
			const localPort = 2000 + place + 8 * random.below(50)
			this.#connections[place] = this.guest.connect({to: '192.0.2.1'}, {port: 80, localPort, user})
		} else if (random.chance(0.7))
			connection.write(new Uint8Array(Math.min(connection.room, random.pick([1, 3000, 20_000]))))
		else if (random.chance(0.3)) connection.abort()
		else connection.close()
	}

	/** One bit, one field, the end: then, sometimes, right checksums, so that the lie gets further. */
	#sendWrong(): void {
		const random = this.#random
		if (this.#samples.length === 0) return
		let frame = random.pick(this.#samples).slice()
		for (let changes = 1 + random.below(3); changes > 0; changes--) {
			const at = random.below(Math.min(frame.length, random.pick([20, 40, 80, 5000])))
			if (frame.length === 0) break
			switch (random.below(4)) {
				case 0:
					frame[at]! ^= 1 << random.below(8)
					break
				case 1:
					frame[at] = random.pick([0, 1, 0x7f, 0x80, 0xff])
					break
				case 2:
					if (at + 1 < frame.length) write16(frame, at, random.pick([0, 1, 0xffff, 0x7fff, frame.length]))
					break
				default:
					frame = random.chance(0.7) ? frame.subarray(0, at) : Uint8Array.of(...frame, ...random.bytes(at))
			}
		}
		if (random.chance(0.8)) mendChecksums(frame)
		this.frames++
		this.guest.network.receive(frame)
	}

	/** The host's sockets do what sockets do, at any time. */
	#answer(): void {
		const random = this.#random
		const stream = this.host.streams.at(-1 - random.below(Math.max(1, this.host.streams.length)))
		if (stream && !stream.calls.includes('reset')) this.#answerStream(stream)
		const socket = this.host.datagrams.at(-1 - random.below(Math.max(1, this.host.datagrams.length)))
		if (!socket || socket.isClosed) return
		if (random.chance(0.1)) socket.events.failed(random.pick(['refused', 'host-unreachable', 'other']))
		else
			socket.events.data(random.bytes(random.pick([0, 10, 1400, 9000])), {
				address: random.pick(['127.0.0.1', '192.0.2.77', '::1']),
				port: random.below(65_536),
			})
	}

	#answerStream(stream: FakeStream): void {
		const {events, calls} = stream
		const random = this.#random
		if (calls.includes('failed')) return
		if (!calls.includes('connected')) {
			if (random.chance(0.7)) {
				calls.push('connected')
				return events.connected()
			}
			calls.push('failed')
			return events.failed(random.pick(['refused', 'network-unreachable', 'timeout', 'other']))
		}
		switch (random.below(4)) {
			case 0:
				if (!stream.isPaused && !calls.includes('ended')) events.data(new Uint8Array(random.pick([1, 100, 65_536])))
				return
			case 1:
				stream.pending = random.pick([0, 1000, 1_000_000])
				return events.drained()
			case 2:
				if (calls.includes('ended')) return
				calls.push('ended')
				return events.ended()
			default:
				calls.push('failed')
				return events.failed('reset')
		}
	}
}

function mendChecksums(frame: Uint8Array): void {
	if (frame.length < 34 || read16(frame, 12) !== 0x0800) return
	const payload = 14 + (frame[14]! & 15) * 4
	if (payload > frame.length) return
	write16(frame, 24, 0)
	write16(frame, 24, checksum(frame, 14, payload))
	const end = Math.min(frame.length, 14 + read16(frame, 16))
	const at = frame[23] === 6 ? payload + 16 : frame[23] === 17 ? payload + 6 : Infinity
	if (at + 2 > end) return
	write16(frame, at, 0)
	const pseudo = addWords(frame, 26, 34, frame[23]! + end - payload)
	write16(frame, at, foldChecksum(addWords(frame, payload, end, pseudo)))
}

const seeds = Number(process.env.NET_SEEDS ?? 150)
const first = Number(process.env.NET_FIRST_SEED ?? 0)

test('no frame, whatever it says, throws, hangs, or makes the network keep more than it may', (t) => {
	const failed: string[] = []
	for (let seed = first; seed < first + seeds; seed++) {
		const attacker = new Attacker(seed)
		const {network} = attacker.guest
		try {
			for (let step = 0; step < 2000; step++) {
				attacker.step()
				if (network.connections > 1024 + 4096 || network.flows > 256) throw new Error('too much is kept')
			}
			if (attacker.clock.pending > 3000) throw new Error(`${attacker.clock.pending} timers`)
			network.close()
			attacker.forget()
			attacker.clock.settle()
			const left = [network.connections, network.flows, attacker.clock.pending]
			if (left.some((count) => count > 0)) throw new Error(`left behind: ${left}`)
		} catch (error) {
			failed.push(`seed ${seed}: ${error instanceof Error ? error.stack : error}`)
			if (failed.length === 3) break
		}
	}
	t.deepEqual(failed, [])
})

test('a guest that opens, answers and forgets connections, and makes no buffers, is bounded', (t) => {
	const clock = new VirtualClock()
	const host = new FakeHost()
	const guest = new Guest({host, clock, buffers: 0})
	for (let turn = 0; turn < 5000; turn++) {
		const sourcePort = 1 + (turn % 65_000)
		guest.sendTcp({to: '192.0.2.1'}, {sourcePort, destinationPort: 80, flags: tcpFlag.syn, sequence: 0})
		const stream = host.streams.at(-1)!
		if (!stream.calls.includes('connected')) {
			stream.calls.push('connected')
			stream.events.connected()
		}
	}
	t.is(guest.network.connections, 1024)
	t.is(host.streams.length, 1024)
	guest.network.close()
	t.is(guest.network.connections, 0)
})
