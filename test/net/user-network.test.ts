import test from 'ava'
import {read16, read32, write16, write32} from '../../src/net/bytes.ts'
import {checksum} from '../../src/net/checksum.ts'
import {ipProtocol} from '../../src/net/ip.ts'
import type {UserNetworkSettings} from '../../src/net/settings.ts'
import {type TcpUser, tcpFlag} from '../../src/net/tcp/index.ts'
import {FakeHost} from './support/fake-host.ts'
import {at, Guest, guestMac, icmpKind} from './support/guest.ts'
import {VirtualClock} from './support/virtual-clock.ts'

function start(settings: Partial<UserNetworkSettings> = {}, buffers = Infinity) {
	const clock = new VirtualClock()
	const host = new FakeHost()
	const guest = new Guest({host, clock, settings, buffers})
	return {clock, host, guest, network: guest.network, settle: () => clock.settle()}
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))

test('ARP answers for the gateway and the resolver, and for nobody else', (t) => {
	const {guest, network, settle} = start()
	const ask = (target: string) =>
		network.receive(
			fromHex(`ffffffffffff 525400123456 0806 0001 0800 06 04 0001 525400123456 0a00020f 000000000000 ${target}`),
		)
	for (const target of ['0a000202', '0a000203', '0a000204', '0a00020f', '08080808']) ask(target)
	settle()
	t.deepEqual(guest.frames.map(hex), [
		'52540012345652550a000202080600010800060400' + '0252550a0002020a000202525400123456' + '0a00020f',
		'52540012345652550a000202080600010800060400' + '0252550a0002020a000203525400123456' + '0a00020f',
	])
})

test('the gateway and the resolver answer echo requests; for others ping is told at once that it is prohibited', (t) => {
	const {guest, settle} = start()
	const echo = fromHex('0800 0000 1234 0001 6162636465')
	write16(echo, 2, checksum(echo, 0, echo.length))
	for (const to of ['10.0.2.2', '10.0.2.3', '192.0.2.1'])
		guest.send({from: '10.0.2.15', to}, {protocol: ipProtocol.icmp, bytes: echo})
	settle()
	const [gateway, resolver, other] = guest.icmp
	for (const [answer, from] of [
		[gateway, '10.0.2.2'],
		[resolver, '10.0.2.3'],
	] as const) {
		t.deepEqual(answer!.from, at(from))
		t.is(hex(answer!.bytes.subarray(4)), '123400016162636465')
		t.is(icmpKind(answer!), '0 0')
		t.is(checksum(answer!.bytes, 0, answer!.bytes.length), 0)
	}
	t.is(icmpKind(other!), '3 13')
	t.deepEqual(other!.from, at('10.0.2.2'))
	// What it is about: the guest's header and message.
	t.is(hex(other!.bytes.subarray(8 + 12, 8 + 20)), '0a00020fc0000201')
	t.is(hex(other!.bytes.subarray(8 + 20 + 4)), '123400016162636465')
})

test('a packet without hops left is reported, a wrong header checksum and a lying length are dropped', (t) => {
	const {guest, network, settle} = start()
	guest.send({from: '10.0.2.15', to: '192.0.2.1'}, {protocol: ipProtocol.udp, bytes: new Uint8Array(16)})
	const frame = new Uint8Array(14 + 36)
	frame.set(guest.output.wire.frame.subarray(0, frame.length))
	const change = (offset: number, value: number) => {
		const changed = frame.slice()
		changed[14 + offset] = value
		changed[24] = 0
		changed[25] = 0
		write16(changed, 24, checksum(changed, 14, 34))
		return changed
	}
	network.receive(change(8, 0))
	settle()
	t.deepEqual(guest.icmp.map(icmpKind), ['11 0'])
	network.receive(frame.with(24, frame[24]! ^ 1))
	network.receive(change(3, 200))
	network.receive(change(0, 0x44))
	network.receive(frame.subarray(0, 30))
	network.receive(frame.subarray(0, 10))
	t.like(network.drops, {'bad-ip-checksum': 1, 'bad-ip-header': 2, 'short-frame': 2})
})

const discover = (options: string, fields: Readonly<{ciaddr?: string; mac?: string}> = {}): Uint8Array => {
	const message = new Uint8Array(236)
	message.set([1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef])
	message.set(fromHex(fields.ciaddr ?? '00000000'), 12)
	message.set(fromHex(fields.mac ?? '525400123456'), 28)
	return Uint8Array.of(...message, ...fromHex(options))
}

function askDhcp(guest: Guest, message: Uint8Array, from = '0.0.0.0'): void {
	guest.sendUdp({from, to: '255.255.255.255'}, {sourcePort: 68, destinationPort: 67, data: message})
}

/** Type and other options of an answer, and the address given. */
function readDhcp({data}: Readonly<{data: Uint8Array}>) {
	const options: Record<number, string> = {}
	for (let index = 240; index < data.length && data[index] !== 255; ) {
		const length = data[index + 1]!
		options[data[index]!] = hex(data.subarray(index + 2, index + 2 + length))
		index += 2 + length
	}
	return {xid: hex(data.subarray(4, 8)), address: [...data.subarray(16, 20)].join('.'), options}
}

test('DHCP offers the first address, with mask, router, resolver, lease and name, and confirms it', (t) => {
	const {guest, settle} = start({hostname: 'debian', domainName: 'lan'})
	askDhcp(guest, discover('63825363 350101 ff'))
	settle()
	const options = {
		1: 'ffffff00',
		3: '0a000202',
		6: '0a000203',
		12: Buffer.from('debian').toString('hex'),
		15: Buffer.from('lan').toString('hex'),
		51: '00015180',
		54: '0a000202',
	}
	t.deepEqual(readDhcp(guest.datagrams[0]!), {
		xid: 'deadbeef',
		address: '10.0.2.15',
		options: {...options, 53: '02'},
	})
	t.deepEqual(guest.datagrams[0]!.from, at('10.0.2.2'))
	t.deepEqual(guest.datagrams[0]!.to, at('255.255.255.255'))
	t.is(guest.datagrams[0]!.data.length, 300)
	askDhcp(guest, discover('63825363 350103 32040a00020f 36040a000202 ff'))
	settle()
	t.deepEqual(readDhcp(guest.datagrams[1]!), {
		xid: 'deadbeef',
		address: '10.0.2.15',
		options: {...options, 53: '05'},
	})
})

test('DHCP renews, refuses an address that is not to be had, informs, and answers BOOTP', (t) => {
	const {guest, settle} = start()
	const answer = () => {
		settle()
		const datagram = guest.datagrams.splice(0)
		return datagram.length === 1 ? readDhcp(datagram[0]!) : datagram.length
	}
	askDhcp(guest, discover('63825363 350103 ff', {ciaddr: '0a00020f'}), '10.0.2.15')
	t.like(answer(), {address: '10.0.2.15', options: {53: '05'}})
	askDhcp(guest, discover('63825363 350103 32040a00020f ff', {mac: '525400123457'}))
	t.like(answer(), {
		address: '0.0.0.0',
		options: {53: '06', 56: Buffer.from('requested address not available').toString('hex')},
	})
	askDhcp(guest, discover('63825363 350101 ff', {mac: '525400123457'}))
	t.like(answer(), {address: '10.0.2.16', options: {53: '02'}})
	askDhcp(guest, discover('63825363 350103 32040a000301 ff'))
	t.like(answer(), {options: {53: '06'}})
	askDhcp(guest, discover('63825363 350103 32040a00020f 36040a0002c8 ff'))
	t.is(answer(), 0, "another server's business")
	askDhcp(guest, discover('63825363 350108 ff', {ciaddr: '0a00020f'}), '10.0.2.15')
	const informed = answer()
	t.like(informed, {address: '0.0.0.0', options: {53: '05', 6: '0a000203'}})
	t.false(Object.hasOwn((informed as {options: object}).options, 51))
	askDhcp(guest, discover(''))
	const bootp = answer()
	t.like(bootp, {address: '10.0.2.15', options: {1: 'ffffff00'}})
	t.false(Object.hasOwn((bootp as {options: object}).options, 53))
	for (const kind of ['04', '07', '09']) askDhcp(guest, discover(`63825363 3501${kind} ff`))
	t.is(answer(), 0)
})

test('sixteen guests get an address, the next none', (t) => {
	const {guest, network, settle} = start()
	for (let index = 0; index < 17; index++)
		askDhcp(guest, discover('63825363 350101 ff', {mac: `5254001234${(index + 16).toString(16)}`}))
	settle()
	t.deepEqual(
		guest.datagrams.map((datagram) => readDhcp(datagram).address),
		Array.from({length: 16}, (_, index) => `10.0.2.${15 + index}`),
	)
	t.is(network.drops['too-many-connections'], 1)
})

test('with restrict=on only DHCP and the gateway answer, and DHCP names no router', (t) => {
	const {guest, host, network, settle} = start({isRestricted: true})
	askDhcp(guest, discover('63825363 350101 ff'))
	guest.sendUdp({to: '192.0.2.1'}, {sourcePort: 1000, destinationPort: 2000, data: new Uint8Array(4)})
	guest.sendUdp({to: '10.0.2.3'}, {sourcePort: 1000, destinationPort: 53, data: new Uint8Array(20)})
	guest.sendTcp({to: '10.0.2.2'}, {sourcePort: 1, destinationPort: 80, flags: tcpFlag.syn})
	settle()
	t.deepEqual(Object.keys(readDhcp(guest.datagrams[0]!).options), ['1', '51', '53', '54'])
	t.is(guest.frames.length, 1)
	t.deepEqual([host.datagrams.length, host.streams.length], [0, 0])
	t.is(network.drops.restricted, 3)
})

test('datagrams go out by flow; answers come from whom was asked; a flow that is idle ends', (t) => {
	const {guest, host, network, clock, settle} = start()
	const data = Buffer.from('query')
	guest.sendUdp({to: '192.0.2.7'}, {sourcePort: 1000, destinationPort: 2000, data})
	guest.sendUdp({to: '192.0.2.7'}, {sourcePort: 1000, destinationPort: 2000, data})
	guest.sendUdp({to: '10.0.2.2'}, {sourcePort: 1000, destinationPort: 2000, data})
	t.deepEqual(
		host.datagrams.map(({to}) => to),
		[
			{address: '192.0.2.7', port: 2000},
			{address: '127.0.0.1', port: 2000},
		],
	)
	t.is(host.datagrams[0]!.sent.length, 2)
	host.datagrams[1]!.events.data(Buffer.from('answer'), undefined)
	settle()
	t.like(guest.datagrams[0], {from: at('10.0.2.2'), sourcePort: 2000, destinationPort: 1000})
	t.is(String(Buffer.from(guest.datagrams[0]!.data)), 'answer')
	t.is(network.flows, 2)
	clock.pass(260_000)
	t.is(network.flows, 0)
	t.true(host.datagrams.every(({isClosed}) => isClosed))
})

test('a datagram that the host refuses is reported with the packet that it is about', (t) => {
	const {guest, host, settle} = start()
	guest.sendUdp({to: '10.0.2.2'}, {sourcePort: 1000, destinationPort: 2000, data: Buffer.from('query')})
	host.datagrams[0]!.events.failed('refused')
	settle()
	t.is(icmpKind(guest.icmp[0]!), '3 3')
	t.is(read32(guest.icmp[0]!.bytes, 8 + 20), 1000 * 65_536 + 2000)
	guest.sendUdp({to: '10.0.2.99'}, {sourcePort: 1000, destinationPort: 2000, data: Buffer.from('query')})
	settle()
	t.is(icmpKind(guest.icmp[1]!), '3 1', 'nobody is there')
})

test('flows are bounded: the stalest goes', (t) => {
	const {guest, host, network} = start()
	for (let port = 1; port <= 300; port++)
		guest.sendUdp({to: '192.0.2.7'}, {sourcePort: port, destinationPort: 9, data: Buffer.from('x')})
	t.is(network.flows, 256)
	t.is(host.datagrams.filter(({isClosed}) => isClosed).length, 44)
})

const query = fromHex('4242 0100 0001 0000 0000 0001 076578616d706c65 00 0001 0001 00 0029 1000 0000 0000 0000')

test('names are asked of the host, byte by byte; the next resolver is taken where one refuses or is silent', (t) => {
	const {guest, host, clock, settle} = start()
	host.servers = [
		{address: '192.0.2.53', port: 53},
		{address: '192.0.2.54', port: 5353},
	]
	const ask = (port: number) => guest.sendUdp({to: '10.0.2.3'}, {sourcePort: port, destinationPort: 53, data: query})
	ask(1000)
	t.deepEqual(host.datagrams[0]!.to, host.servers[0])
	t.deepEqual(host.datagrams[0]!.sent[0]!.bytes, query)
	host.datagrams[0]!.events.failed('refused')
	t.deepEqual(host.datagrams[1]!.to, host.servers[1])
	t.deepEqual(host.datagrams[1]!.sent[0]!.bytes, query)
	const long = new Uint8Array(4000).fill(7)
	host.datagrams[1]!.events.data(long, undefined)
	settle()
	t.deepEqual(guest.datagrams[0]!.data, long, 'a long answer comes in fragments')
	t.deepEqual(guest.datagrams[0]!.from, at('10.0.2.3'))
	ask(1001)
	t.deepEqual(host.datagrams[2]!.to, host.servers[1])
	clock.pass(5000)
	ask(1001)
	t.deepEqual(host.datagrams[3]!.to, host.servers[0], 'it was silent')
})

test('without a resolver a query fails at once', (t) => {
	const {guest, host, settle} = start()
	host.servers = []
	guest.sendUdp({to: '10.0.2.3'}, {sourcePort: 1000, destinationPort: 53, data: query})
	guest.sendUdp({to: '10.0.2.3'}, {sourcePort: 1000, destinationPort: 53, data: query.with(2, 0x81)})
	settle()
	t.deepEqual(
		guest.datagrams.map(({data}) => hex(data)),
		['424281020000000000000000'],
	)
})

test('names by TCP go to the first resolver that accepts', (t) => {
	const {guest, host, settle} = start()
	host.servers = [
		{address: '192.0.2.53', port: 53},
		{address: '192.0.2.54', port: 53},
	]
	guest.sendTcp({to: '10.0.2.3'}, {sourcePort: 1000, destinationPort: 53, flags: tcpFlag.syn})
	host.streams[0]!.events.failed('refused')
	t.deepEqual(host.streams[1]!.to, host.servers[1])
	host.streams[1]!.events.connected()
	settle()
	t.is(guest.strays[0]!.flags, tcpFlag.syn | tcpFlag.ack)
	guest.sendTcp({to: '10.0.2.3'}, {sourcePort: 1001, destinationPort: 80, flags: tcpFlag.syn})
	settle()
	t.is(guest.strays[1]!.flags, tcpFlag.rst | tcpFlag.ack)
})

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

test('connections with a small share of the memory bring all that the host sends', (t) => {
	const {guest, host, network, settle} = start()
	guest.keepsFrames = false
	const bytes = 100_000
	const [count, received] = [600, new Map<number, number>()]
	for (let port = 1; port <= count; port++) {
		received.set(port, 0)
		const user: TcpUser = {
			established() {},
			data: (data) => void received.set(port, received.get(port)! + data.length),
			room: () => 65_536,
			ended() {},
			writable() {},
			over() {},
		}
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

test('fragments are put together in any order; overlaps and floods are thrown away', (t) => {
	const {host, network, clock} = start()
	const datagram = new Uint8Array(3000)
	write16(datagram, 0, 1000)
	write16(datagram, 2, 2000)
	write16(datagram, 4, datagram.length)
	const send = (identification: number, offset: number, bytes: Uint8Array, more: boolean) => {
		const frame = new Uint8Array(34 + bytes.length)
		frame.set(fromHex('52550a000202 525400123456 0800 45'))
		write16(frame, 16, 20 + bytes.length)
		write16(frame, 18, identification)
		write16(frame, 20, (offset >> 3) | (more ? 0x2000 : 0))
		write32(frame, 22, 0x4011_0000)
		frame.set(at('10.0.2.15'), 26)
		frame.set(at('192.0.2.1'), 30)
		write16(frame, 24, checksum(frame, 14, 34))
		frame.set(bytes, 34)
		network.receive(frame)
	}
	send(1, 2000, datagram.subarray(2000), false)
	send(1, 0, datagram.subarray(0, 1000), true)
	send(1, 0, datagram.subarray(0, 1000), true)
	send(1, 1000, datagram.subarray(1000, 2000), true)
	t.is(host.datagrams[0]!.sent[0]!.bytes.length, 2992)
	send(2, 0, datagram.subarray(0, 1000), true)
	send(2, 992, datagram.subarray(1000), false)
	send(3, 65_528, datagram.subarray(0, 100), false)
	send(3, 8, datagram.subarray(0, 101), true)
	t.is(network.drops['bad-fragment'], 3)
	for (let identification = 10; identification < 110; identification++)
		send(identification, 0, datagram.subarray(0, 8), true)
	t.is(network.drops['too-many-fragments'], 84)
	clock.pass(31_000)
	send(200, 2000, datagram.subarray(2000), false)
	t.is(network.drops['too-many-fragments'], 84, 'the old ones are forgotten')
})

test('a guest that solicits gets a router, a prefix and a resolver, and its neighbours answer', (t) => {
	const {guest, settle} = start()
	guest.output.sendIcmp(guest.path('fe80::5054:ff:fe12:3456', 'ff02::2'), fromHex('85000000 00000000'), 255)
	settle()
	t.is(
		hex(guest.icmp[0]!.bytes.with(2, 0).with(3, 0)),
		'8600000040000708' +
			'0000000000000000' +
			'0101525600000002' + // router, its link address
			'030440c0000151800000384000000000' +
			'fec00000000000000000000000000000' + // prefix
			'19030000000004b0' +
			'fec00000000000000000000000000003', // resolver
	)
	t.deepEqual(guest.icmp[0]!.from, at('fe80::2'))
	const solicit = (from: string, target: string) =>
		guest.output.sendIcmp(
			guest.path(from, 'ff02::1:ff00:2'),
			Uint8Array.of(...fromHex('87000000 00000000'), ...at(target)),
			255,
		)
	solicit('fec0::15', 'fec0::2')
	solicit('::', 'fec0::2')
	solicit('fec0::15', 'fec0::3')
	solicit('fec0::15', 'fec0::15')
	settle()
	t.deepEqual(
		guest.icmp.slice(1).map(({bytes}) => hex(bytes.subarray(4, 8))),
		['e0000000', 'a0000000', '60000000'],
	)
	guest.output.sendIcmp(guest.path('fec0::15', 'fec0::2'), fromHex('80000000 12340001 aabb'))
	settle()
	t.is(hex(guest.icmp.at(-1)!.bytes.subarray(4)), '12340001aabb')
	t.is(icmpKind(guest.icmp.at(-1)!), '129 0')
})

test('where the host has no IPv6, no router is announced', (t) => {
	const clock = new VirtualClock()
	const host = new FakeHost()
	host.isIpv6 = false
	const guest = new Guest({host, clock})
	guest.output.sendIcmp(guest.path('fe80::1234', 'ff02::2'), fromHex('85000000 00000000'), 255)
	clock.settle()
	t.is(guest.frames.length, 0)
})

test('IPv6 connections and datagrams go to the host, the gateway and the resolver as those of IPv4', (t) => {
	const {guest, host, settle} = start()
	const ports = {sourcePort: 1000, destinationPort: 80}
	guest.sendTcp({from: 'fec0::15', to: '2001:db8::1'}, {...ports, flags: tcpFlag.syn})
	guest.sendTcp({from: 'fec0::15', to: 'fec0::2'}, {...ports, flags: tcpFlag.syn})
	t.deepEqual(
		host.streams.map(({to}) => to.address),
		['2001:db8::1', '::1'],
	)
	host.streams[0]!.events.connected()
	host.streams[1]!.events.failed('refused')
	guest.sendUdp({from: 'fec0::15', to: 'fec0::3'}, {sourcePort: 1000, destinationPort: 53, data: query})
	t.deepEqual(host.datagrams[0]!.to, host.servers[0])
	host.datagrams[0]!.events.data(new Uint8Array(4000), undefined)
	settle()
	t.deepEqual(
		guest.strays.map(({flags}) => flags),
		[tcpFlag.syn | tcpFlag.ack, tcpFlag.rst | tcpFlag.ack],
	)
	t.is(guest.datagrams[0]!.data.length, 4000)
	host.datagrams[0]!.events.failed('refused')
	settle()
	t.is(icmpKind(guest.icmp[0]!), '1 4')
})

test('addresses that mean this host, a group or everybody are nobody to connect to', (t) => {
	const {guest, host, network} = start()
	for (const to of ['127.0.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255', '10.0.2.255', '240.0.0.1']) {
		guest.sendTcp({to}, {sourcePort: 1000, destinationPort: 80, flags: tcpFlag.syn})
		guest.sendUdp({to}, {sourcePort: 1000, destinationPort: 80, data: query})
	}
	for (const to of ['::1', '::', 'ff02::1', '::ffff:127.0.0.1', '::ffff:192.0.2.1'])
		guest.sendTcp({from: 'fec0::15', to}, {sourcePort: 1000, destinationPort: 80, flags: tcpFlag.syn})
	guest.sendTcp({from: '127.0.0.1', to: '192.0.2.1'}, {sourcePort: 1000, destinationPort: 80, flags: tcpFlag.syn})
	t.deepEqual([host.streams.length, host.datagrams.length], [0, 0])
	t.like(network.drops, {'bad-destination': 17, 'bad-source': 1})
})

test('closing leaves no timer, no socket and no connection', (t) => {
	const {guest, host, network, clock} = start()
	guest.sendTcp({to: '192.0.2.1'}, {sourcePort: 1000, destinationPort: 80, flags: tcpFlag.syn})
	guest.sendUdp({to: '192.0.2.1'}, {sourcePort: 1000, destinationPort: 80, data: query})
	network.close()
	t.deepEqual([network.connections, network.flows, clock.pending], [0, 0, 0])
	t.deepEqual(host.streams[0]!.calls, ['reset'])
	t.true(host.datagrams[0]!.isClosed)
})
