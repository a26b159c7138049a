import test from 'ava'
import {read32} from '../../src/net/bytes.ts'
import {tcpFlag} from '../../src/net/tcp/index.ts'
import {at, icmpKind} from './support/guest.ts'
import {hex, query, start} from './support/start.ts'

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

test('resolvers that the host still has are the same ones when it is asked again', (t) => {
	const {guest, host, clock} = start()
	host.servers = [
		{address: '192.0.2.53', port: 53},
		{address: '192.0.2.54', port: 53},
	]
	const ask = (port: number) => guest.sendUdp({to: '10.0.2.3'}, {sourcePort: port, destinationPort: 53, data: query})
	ask(1000)
	host.datagrams[0]!.events.data(query, undefined)
	clock.pass(2000)
	ask(1000)
	t.deepEqual([host.datagrams.length, host.datagrams[0]!.isClosed], [1, false], 'other answers may be under way')
	clock.pass(500)
	ask(1001)
	clock.pass(3000)
	ask(1000)
	t.deepEqual(host.datagrams.at(-1)!.to, host.servers[1], 'the first was silent this time')
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
