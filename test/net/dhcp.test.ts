import test from 'ava'
import {tcpFlag} from '../../src/net/tcp/index.ts'
import {at, type Guest} from './support/guest.ts'
import {fromHex, hex, start} from './support/start.ts'

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
