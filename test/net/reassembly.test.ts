import test from 'ava'
import {write16, write32} from '../../src/net/bytes.ts'
import {checksum} from '../../src/net/checksum.ts'
import {at} from './support/guest.ts'
import {fromHex, start} from './support/start.ts'

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
