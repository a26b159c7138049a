import test from 'ava'
import {write16} from '../../src/net/bytes.ts'
import {checksum} from '../../src/net/checksum.ts'
import {ipProtocol} from '../../src/net/ip.ts'
import {tcpFlag} from '../../src/net/tcp/index.ts'
import {at, icmpKind} from './support/guest.ts'
import {fromHex, hex, query, start} from './support/start.ts'

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
