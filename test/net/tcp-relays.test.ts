import test from 'ava'
import {read16} from '../../src/net/bytes.ts'
import {ipProtocol} from '../../src/net/ip.ts'
import {type TcpUser, tcpFlag} from '../../src/net/tcp/index.ts'
import {guestMac, icmpKind} from './support/guest.ts'
import {fromHex, start} from './support/start.ts'

test("the host's word about a connection becomes a reset or an unreachable network", (t) => {
	const {guest, host, network, settle} = start()
	for (const [port, failure] of [
		[80, 'refused'],
		[81, 'network-unreachable'],
		[82, 'host-unreachable'],
		[83, 'timeout'],
	] as const) {
		guest.sendTcp({to: '192.0.2.1'}, {sourcePort: 1000, destinationPort: port, flags: tcpFlag.syn, sequence: 5})
		guest.sendTcp({to: '192.0.2.1'}, {sourcePort: 1000, destinationPort: port, flags: tcpFlag.syn, sequence: 5})
		host.streams.at(-1)!.events.failed(failure)
	}
	settle()
	t.is(host.streams.length, 4, 'a SYN that comes again opens nothing')
	t.deepEqual(
		guest.strays.map(({flags, sourcePort, acknowledgement}) => [flags, sourcePort, acknowledgement]),
		[
			[tcpFlag.rst | tcpFlag.ack, 80, 6],
			[tcpFlag.rst | tcpFlag.ack, 83, 6],
		],
	)
	t.deepEqual(guest.icmp.map(icmpKind), ['3 0', '3 1'])
	t.is(network.connections, 0)
})

test('a segment of no connection is reset, unless it is a reset', (t) => {
	const {guest, settle} = start()
	const ports = {sourcePort: 1000, destinationPort: 80}
	guest.sendTcp({to: '192.0.2.1'}, {...ports, flags: tcpFlag.ack, sequence: 7, acknowledgement: 9})
	guest.sendTcp({to: '192.0.2.1'}, {...ports, flags: tcpFlag.fin, sequence: 7, data: new Uint8Array(3)})
	guest.sendTcp({to: '192.0.2.1'}, {...ports, flags: tcpFlag.rst, sequence: 7})
	settle()
	t.like(guest.strays, [
		{flags: tcpFlag.rst, sequence: 9},
		{flags: tcpFlag.rst | tcpFlag.ack, sequence: 0, acknowledgement: 11},
	])
	t.is(guest.strays.length, 2)
})

test('a flood of SYNs opens a bounded number of sockets, which are given up in time', (t) => {
	const {guest, host, network, clock} = start()
	for (let port = 1; port <= 2000; port++)
		guest.sendTcp({to: '192.0.2.1'}, {sourcePort: port, destinationPort: 80, flags: tcpFlag.syn})
	t.is(host.streams.length, 128)
	t.is(network.connections, 128)
	t.is(network.drops['too-many-connections'], 1872)
	clock.pass(80_000)
	t.is(network.connections, 0)
	t.true(host.streams.every(({calls}) => calls.includes('reset')))
})

test('1,024 connections that nobody reads share what memory there is, in both directions', (t) => {
	const {guest, host, settle} = start()
	const mebibyte = 2 ** 20
	const piece = new Uint8Array(64 * 1024)
	let [held, windows] = [0, 0]
	for (let port = 1; port <= 1024; port++) {
		const ports = {sourcePort: port, destinationPort: 80}
		guest.sendTcp({to: '192.0.2.1'}, {...ports, flags: tcpFlag.syn, windowScale: 7})
		const stream = host.streams.at(-1)!
		stream.events.connected()
		settle()
		const acknowledgement = (guest.strays.at(-1)!.sequence + 1) >>> 0
		// The guest takes nothing, and sends as much as makes its window known.
		const first = {...ports, flags: tcpFlag.ack, sequence: 1, acknowledgement, window: 0, data: new Uint8Array(3000)}
		guest.sendTcp({to: '192.0.2.1'}, first)
		settle()
		windows += guest.strays.at(-1)!.window * 8
		guest.strays.length = 0
		guest.frames.length = 0
		for (; !stream.isPaused; held += piece.length) stream.events.data(piece)
	}
	t.is(host.streams.length, 1024)
	// With the piece that did not fit any more.
	t.true(held < (4 * 32 + 64) * mebibyte, `${held} bytes from the host are held`)
	t.true(windows < 4 * 32 * mebibyte, `${windows} bytes may come from the guest`)
	t.true(windows > 32 * mebibyte, 'the share is used')
})

/** Takes all that comes, at once. */
const reader = (data: TcpUser['data']): TcpUser => ({
	established() {},
	data,
	room: () => 65_536,
	ended() {},
	writable() {},
	over() {},
})

test('connections with a small share of the memory bring all that the host sends', (t) => {
	const {guest, host, network, settle} = start()
	guest.keepsFrames = false
	const bytes = 100_000
	const [count, received] = [600, new Map<number, number>()]
	for (let port = 1; port <= count; port++) {
		received.set(port, 0)
		const user = reader((data) => void received.set(port, received.get(port)! + data.length))
		guest.connect({to: '192.0.2.1'}, {port: 80, localPort: port, user})
		host.streams.at(-1)!.events.connected()
		settle()
	}
	t.is(network.connections, count)
	const left = host.streams.map(() => bytes)
	while (left.some((more) => more > 0)) {
		let isStuck = true
		for (const [index, stream] of host.streams.entries()) {
			if (left[index]! <= 0 || stream.isPaused) continue
			isStuck = false
			stream.events.data(new Uint8Array(Math.min(left[index]!, 65_536)))
			left[index]! -= 65_536
		}
		settle()
		if (isStuck) break
	}
	t.true([...received.values()].every((sum) => sum === bytes))
})

test('what a host sends before the guest knows that there is one comes first, and whole', (t) => {
	const {guest, host, settle} = start()
	guest.keepsFrames = false
	const received: number[] = []
	const connect = (port: number) => {
		const user = reader((data) => void (port === 601 && received.push(...data)))
		guest.connect({to: '192.0.2.1'}, {port: 80, localPort: port, user})
		host.streams.at(-1)!.events.connected()
		return host.streams.at(-1)!
	}
	// So many that each has a share that is less than what a host brings at once.
	for (let port = 1; port <= 600; port++) {
		connect(port)
		settle()
	}
	const stream = connect(601)
	const pieces = [1, 2].map((value) => new Uint8Array(65_536).fill(value))
	stream.resume = () => {
		const next = pieces.shift()
		if (next) stream.events.data(next)
	}
	stream.resume()
	settle()
	t.is(received.length, 2 * 65_536)
	t.true(received.every((value, index) => value === (index < 65_536 ? 1 : 2)))
})

test('what the guest has no buffers for waits, within bounds, and comes when there are some', (t) => {
	const {guest, network, settle} = start({}, 0)
	const echo = fromHex('0800 f7ff 0000 0000')
	for (let count = 0; count < 100; count++)
		guest.send({from: '10.0.2.15', to: '10.0.2.2'}, {protocol: ipProtocol.icmp, bytes: echo})
	settle()
	t.is(guest.frames.length, 0)
	t.is(network.drops['queue-full'], 36)
	guest.buffers = 10
	network.ready()
	settle()
	t.is(guest.frames.length, 10)
	guest.buffers = Infinity
	network.ready()
	settle()
	t.is(guest.frames.length, 64)
})

test('a guest without buffers holds its connections, and each gets its turn', (t) => {
	const {guest, host, network, settle} = start()
	for (const port of [1, 2, 3]) {
		guest.sendTcp({to: '192.0.2.1'}, {sourcePort: port, destinationPort: 80, flags: tcpFlag.syn, window: 0xffff})
		host.streams.at(-1)!.events.connected()
		settle()
		const {sequence} = guest.strays.at(-1)!
		const flags = tcpFlag.ack
		guest.sendTcp(
			{to: '192.0.2.1'},
			{
				sourcePort: port,
				destinationPort: 80,
				flags,
				sequence: 1,
				acknowledgement: (sequence + 1) >>> 0,
				window: 0xffff,
			},
		)
	}
	guest.strays.length = 0
	guest.buffers = 0
	for (const stream of host.streams) stream.events.data(new Uint8Array(14_000))
	for (let turn = 0; turn < 3; turn++) {
		guest.buffers = 3
		network.ready()
		settle()
	}
	const got = [1, 2, 3].map((port) => guest.strays.filter(({destinationPort}) => destinationPort === port).length)
	t.deepEqual(got, [3, 3, 3])
})

test('a peer of a forward that comes before the guest waits for it; the guest is asked once a second', async (t) => {
	const {guest, host, network, clock, settle} = start({
		forwards: [{protocol: 'tcp', host: {address: '127.0.0.1', port: 2222}, guest: {address: undefined, port: 22}}],
	})
	await network.open()
	let reset = 0
	const stream = {write() {}, pending: 0, end() {}, pause() {}, resume() {}, reset: () => reset++, close() {}}
	host.accepts[0]!({address: '127.0.0.1', port: 40_000}, () => stream)
	clock.pass(2500)
	t.is(guest.frames.filter((frame) => read16(frame, 12) === 0x0806).length, 3)
	network.receive(
		fromHex('ffffffffffff 525400123456 0806 0001 0800 06 04 0002 525400123456 0a00020f 52550a000202 0a000202'),
	)
	settle()
	t.like(guest.strays[0], {sourcePort: 40_000, destinationPort: 22, flags: tcpFlag.syn})
	t.deepEqual(guest.frames.at(-1)!.slice(0, 6), guestMac)
	t.is(reset, 0)
	// Nobody answers: the peer is told in the end.
	clock.pass(300_000)
	t.is(reset, 1)
})
