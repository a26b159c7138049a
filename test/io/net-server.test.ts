import test from 'ava'
import {NetFeature, netDevice} from '../../src/io/net-config.ts'
import {type DeviceLink, NetServer, type Network} from '../../src/io/net-server.ts'
import {GuestRam, ramBase} from '../../src/memory/index.ts'
import {largestFrame} from '../../src/net/index.ts'
import {createBoard} from '../board/support.ts'
import {Flag, needsReset, queueDriver} from '../board/virtio/queue-driver.ts'

const mac = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56)
const bufferOf = (index: number) => ramBase + 0x1_0000 + index * 0x1000

/** A driver of both queues, with a network that keeps what it gets. */
function start({features = 0}: {features?: number} = {}) {
	const served = [netDevice({mac, worker: 0})]
	const machine = createBoard({hart: 0, served, virtioMmioVersion: 2})
	machine.board.reset()
	const receive = queueDriver(machine, {queue: 0, size: 64, at: ramBase})
	const transmit = queueDriver(machine, {queue: 1, size: 64, at: ramBase + 0x4000})
	receive.setUp({features})
	// The second queue, without another reset.
	const {write} = transmit
	write('queueSelect', 1)
	write('queueSize', 64)
	for (const [register, offset] of [
		['descriptors', 0x4000],
		['driver', 0x5000],
		['device', 0x6000],
	] as const)
		write(register, ramBase + offset)
	write('queueReady', 1)
	const got: {frame: Uint8Array; isTrusted: boolean}[] = []
	const events: string[] = []
	const network: Network = {
		receive: (frame, isTrusted) => got.push({frame: frame.slice(), isTrusted}),
		ready: () => events.push('ready'),
		close: () => events.push('closed'),
	}
	let link: DeviceLink | undefined
	const server = new NetServer({
		queues: machine.board.virtio[1]!.served!,
		ram: new GuestRam(machine.memory),
		connect: (made) => {
			link = made
			return network
		},
	})
	const bytes = receive.ram.bytes(ramBase, receive.ram.size)
	return {
		...machine,
		receive,
		transmit,
		server,
		link: link!,
		got,
		events,
		at: (gpa: number, length: number) => bytes.slice(gpa - ramBase, gpa - ramBase + length),
		put: (gpa: number, data: Uint8Array) => bytes.set(data, gpa - ramBase),
		/** Buffers for received frames. */
		offerBuffers(count: number, length: number, first = 0): void {
			for (let index = first; index < first + count; index++) {
				receive.describe(index, {gpa: bufferOf(index), length, flags: Flag.write})
				receive.offer(index)
			}
			receive.notify()
		},
		send(...parts: readonly Uint8Array[]): void {
			for (const [index, part] of parts.entries()) this.put(bufferOf(32 + index), part)
			transmit.describeChain(
				0,
				parts.map((part, index) => ({gpa: bufferOf(32 + index), length: part.length})),
			)
			transmit.offer(0)
			transmit.notify()
			server.serve()
		},
	}
}

const sample = (length: number) => Uint8Array.from({length}, (_, index) => index * 7)
const header = new Uint8Array(12)

test('the driver finds its address, the link up, and what may be left to each other', (t) => {
	const {receive} = start()
	t.is(receive.read('deviceId'), 1)
	t.deepEqual(
		[0, 1, 2, 3, 4, 5].map((offset) => receive.config(offset, 1)),
		[...mac],
	)
	t.is(receive.config(6, 2), 1)
	receive.write('deviceFeaturesSelect', 0)
	const offered = receive.read('deviceFeatures')
	for (const feature of Object.values(NetFeature)) t.truthy(offered & feature)
})

test('a frame of the driver reaches the network, in one buffer or in several, and is given back', (t) => {
	const driver = start()
	driver.send(header, sample(60))
	driver.send(Uint8Array.of(...header, ...sample(14)), sample(1500))
	driver.send(Uint8Array.of(1, ...header.subarray(1)), sample(30))
	t.deepEqual(
		driver.got.map(({frame, isTrusted}) => [frame.length, isTrusted]),
		[
			[60, false],
			[1514, false],
			[30, true],
		],
	)
	t.deepEqual(driver.got[0]!.frame, sample(60))
	t.is(driver.transmit.usedIndex(), 3)
})

test('a chain without room for a header needs a reset; a frame that is too long is dropped', (t) => {
	const driver = start()
	// More than an IP packet has.
	const parts = Array.from({length: 30}, () => sample(2400))
	driver.send(header, ...parts)
	t.is(driver.got.length, 0)
	t.is(driver.transmit.usedIndex(), 1)
	driver.send(header.subarray(0, 5))
	t.truthy(driver.transmit.read('status') & needsReset)
})

test('a frame for the driver comes with a header; without a buffer it is refused until there is one', (t) => {
	const driver = start()
	t.false(driver.link.send(sample(100), undefined))
	driver.offerBuffers(1, 1526)
	driver.server.serve()
	t.deepEqual(driver.events, ['ready'])
	t.true(driver.link.send(sample(100), undefined))
	t.deepEqual(driver.receive.usedElement(0), {id: 0, length: 112})
	t.deepEqual(driver.at(bufferOf(0), 112), Uint8Array.of(...header.with(10, 1), ...sample(100)))
	t.false(driver.link.send(sample(100), undefined))
})

test('a frame longer than a buffer is lost, unless buffers are merged; then all its buffers come at once', (t) => {
	const single = start()
	single.offerBuffers(2, 1000)
	t.true(single.link.send(sample(2000), undefined))
	t.is(single.receive.usedIndex(), 0)
	t.true(single.link.send(sample(900), undefined))
	t.deepEqual(single.receive.usedElement(0), {id: 0, length: 912})

	const merging = start({features: NetFeature.mergedBuffers})
	merging.offerBuffers(2, 1000)
	t.false(merging.link.send(sample(2500), undefined), 'two are too few')
	t.is(merging.receive.usedIndex(), 0)
	merging.offerBuffers(2, 1000, 2)
	t.true(merging.link.send(sample(2500), undefined))
	t.is(merging.receive.usedIndex(), 3)
	t.deepEqual(
		[0, 1, 2].map((index) => merging.receive.usedElement(index)),
		[
			{id: 0, length: 1000},
			{id: 1, length: 1000},
			{id: 2, length: 512},
		],
	)
	const whole = [0, 1, 2].flatMap((index) => [...merging.at(bufferOf(index), index === 2 ? 512 : 1000)])
	t.deepEqual(whole, [...header.with(10, 3), ...sample(2500)])
	t.true(merging.link.send(sample(988), undefined), 'the fourth was not lost')
})

test('checksums and segments are left to a driver that has agreed, by the header', (t) => {
	const offload = {segmentBytes: 1448, checksumStart: 34, checksumOffset: 16, headerBytes: 54}
	const plain = start()
	t.deepEqual(plain.link.offloads(4), {leavesChecksums: false, cutsSegments: false})
	plain.offerBuffers(1, 1526)
	t.true(plain.link.send(sample(100), offload), 'lost: a driver before this one had agreed')
	t.is(plain.receive.usedIndex(), 0)

	const features = NetFeature.guestChecksum | NetFeature.guestTso4 | NetFeature.mergedBuffers
	const agreed = start({features})
	t.deepEqual(agreed.link.offloads(4), {leavesChecksums: true, cutsSegments: true})
	t.deepEqual(agreed.link.offloads(6), {leavesChecksums: true, cutsSegments: false})
	agreed.offerBuffers(32, 4096)
	t.true(agreed.link.send(sample(largestFrame), offload))
	t.deepEqual([...agreed.at(bufferOf(0), 12)], [1, 1, 54, 0, 168, 5, 34, 0, 16, 0, 17, 0])
	t.true(agreed.link.send(sample(100).with(12, 0x86), {...offload, segmentBytes: 0}))
	t.deepEqual([...agreed.at(bufferOf(17), 12)], [1, 0, 0, 0, 0, 0, 34, 0, 16, 0, 1, 0])
})

test('a reset while chains are held makes them void: the frame goes to new ones, whole', (t) => {
	const driver = start({features: NetFeature.mergedBuffers})
	driver.offerBuffers(2, 1000)
	t.false(driver.link.send(sample(2500), undefined))
	driver.put(bufferOf(0), new Uint8Array(1000).fill(0xee))
	driver.receive.setUp({features: NetFeature.mergedBuffers})
	driver.offerBuffers(4, 1000)
	const frame = sample(2500)
	t.true(driver.link.send(frame, undefined))
	t.is(driver.receive.usedIndex(), 3)
	t.deepEqual(driver.at(bufferOf(0) + 12, 988), frame.subarray(0, 988))
})

test('closing closes the network, and takes nothing more', async (t) => {
	const driver = start()
	await driver.server.close()
	driver.send(header, sample(60))
	t.deepEqual([driver.events, driver.got.length], [['closed'], 0])
})
