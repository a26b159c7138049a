import test from 'ava'
import {tcpFlag} from '../../src/net/tcp/index.ts'
import {FakeHost} from './support/fake-host.ts'
import {at, Guest, icmpKind} from './support/guest.ts'
import {fromHex, hex, query, start} from './support/start.ts'
import {VirtualClock} from './support/virtual-clock.ts'

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
