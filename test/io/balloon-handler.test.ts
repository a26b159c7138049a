import test, {type ExecutionContext} from 'ava'
import {type ServedQueues, type Taken, WorkerBell} from '../../src/board/index.ts'
import {BalloonFeature, BalloonQueue} from '../../src/io/balloon-config.ts'
import {BalloonHandler} from '../../src/io/balloon-handler.ts'
import {balloonDevice} from '../../src/io/index.ts'
import {createIoService} from '../../src/io/io-service.ts'
import {GuestRam, HostPages, ramBase} from '../../src/memory/index.ts'
import {createBoard} from '../board/support.ts'
import {Feature, Flag, queueDriver} from '../board/virtio/queue-driver.ts'
import {eventually} from '../support/eventually.ts'

const pageBytes = 4096
/** Behind rings and lists, in 1 MiB of RAM. */
const pagesAt = ramBase + 0x4_0000
const listAt = ramBase + 0x8000
const withPages = process.platform === 'linux' ? test : test.skip

async function balloonDriver(
	t: ExecutionContext,
	{queue = BalloonQueue.inflate as number, accepted = 0}: {queue?: number; accepted?: number} = {},
) {
	const served = [balloonDevice({deflateOnOom: true, freePageReporting: true, worker: 4})]
	const machine = createBoard({hart: 0, served, virtioMmioVersion: 2})
	machine.board.reset()
	const {memory, map} = machine.memory
	const config = {worker: 4, harts: 2, memory, map, virtioMmioVersion: 2, served, balloons: [{slot: 1}]} as const
	const service = await createIoService(config, {sleeps: 'event loop'})
	const running = service.run()
	const driver = queueDriver(machine, {queue, size: 16})
	driver.setUp({features: Feature.eventIndex | accepted})
	const stop = async () => {
		machine.board.workerBells.ring(4, WorkerBell.stop)
		await running
	}
	t.teardown(stop)
	const page = (number: number) => driver.ram.bytes(pagesAt + number * pageBytes, pageBytes)
	for (let number = 0; number < 16; number++) page(number).fill(0x11)
	return {
		...driver,
		stop,
		/** Which of sixteen pages still have what was in them. */
		kept: () => [...Array(16).keys()].filter((number) => page(number).every((byte) => byte === 0x11)),
		emptied: () => [...Array(16).keys()].filter((number) => page(number).every((byte) => byte === 0)),
		/** Offers a chain, and waits until it comes back. */
		async offerChain(descriptors: readonly {gpa: number; length: number; flags?: number}[]) {
			const before = driver.usedIndex()
			driver.describeChain(0, descriptors)
			driver.offer(0)
			driver.notify()
			await eventually(() => driver.usedIndex() === before + 1, 'the chain comes back')
		},
		writeNumbers(numbers: readonly number[]) {
			for (const [index, number] of numbers.entries()) driver.view.setUint32(listAt - ramBase + index * 4, number, true)
			return {gpa: listAt, length: numbers.length * 4}
		},
	}
}

const numberOf = (page: number) => pagesAt / pageBytes + page
const rest = (...pages: readonly number[]) => [...Array(16).keys()].filter((page) => !pages.includes(page))

withPages('the driver reads how many pages the balloon shall have, and writes how many it has', async (t) => {
	const driver = await balloonDriver(t)
	t.is(driver.read('deviceId'), 5)
	driver.write('deviceFeaturesSelect', 0)
	t.is(driver.read('deviceFeatures') & 0x3f, 0b10_0110)
	driver.writeConfig(0, 4, 7)
	driver.writeConfig(4, 4, 9)
	t.deepEqual([driver.config(0, 4), driver.config(4, 4)], [0, 9])
})

withPages('pages in the balloon go back to the host, in any order, wherever the list has them', async (t) => {
	const driver = await balloonDriver(t)
	const list = driver.writeNumbers([3, 1, 2, 9, 1].map(numberOf))
	await driver.offerChain([
		{gpa: list.gpa, length: 6},
		{gpa: list.gpa + 6, length: list.length - 6},
	])
	t.deepEqual(driver.emptied(), [1, 2, 3, 9])
	t.deepEqual(driver.kept(), rest(1, 2, 3, 9))
	driver.ram.write(pagesAt + 2 * pageBytes, Uint8Array.of(5))
	t.is(driver.ram.bytes(pagesAt + 2 * pageBytes, 1)[0], 5, 'the guest may use them again')
})

withPages('numbers of pages outside of RAM, and half a number, do nothing', async (t) => {
	const driver = await balloonDriver(t)
	const lastOfRam = (ramBase + driver.ram.size) / pageBytes - 1
	driver.ram.bytes(ramBase + driver.ram.size - pageBytes, pageBytes).fill(0x22)
	const list = driver.writeNumbers([0, 0xffff_ffff, numberOf(4), ramBase / pageBytes - 1, lastOfRam + 1])
	await driver.offerChain([{gpa: list.gpa, length: list.length}])
	await driver.offerChain([{gpa: list.gpa + 8, length: 3}])
	t.deepEqual(driver.emptied(), [4])
	t.is(driver.ram.bytes(ramBase + driver.ram.size - 1, 1)[0], 0x22)
})

withPages('a buffer for the device to write is no list, and what leaves the balloon stays as it is', async (t) => {
	const driver = await balloonDriver(t)
	const list = driver.writeNumbers([numberOf(4)])
	await driver.offerChain([{...list, flags: Flag.write}])
	t.deepEqual(driver.kept(), rest())
	const deflating = await balloonDriver(t, {queue: BalloonQueue.deflate})
	await deflating.offerChain([deflating.writeNumbers([numberOf(4)])])
	t.deepEqual(deflating.kept(), rest())
})

for (const queue of [3, 4]) {
	withPages(`free pages that queue ${queue} reports go back, but for parts of pages`, async (t) => {
		const driver = await balloonDriver(t, {queue, accepted: BalloonFeature.pageReporting})
		await driver.offerChain([
			{gpa: pagesAt + pageBytes, length: 2 * pageBytes, flags: Flag.write},
			{gpa: pagesAt + 6 * pageBytes + 8, length: 2 * pageBytes, flags: Flag.write},
		])
		const {pageBytes: hostBytes} = HostPages.open(driver.ram.memory)!
		t.deepEqual(driver.emptied(), hostBytes === pageBytes ? [1, 2, 7] : [])
		t.deepEqual(driver.kept(), hostBytes === pageBytes ? rest(1, 2, 7) : rest())
	})

	withPages(`a driver that reports no pages can give none by queue ${queue}`, async (t) => {
		const driver = await balloonDriver(t, {queue})
		await driver.offerChain([{gpa: pagesAt, length: pageBytes, flags: Flag.write}])
		t.deepEqual(driver.kept(), rest())
	})
}

withPages('statistics stay with the device until it gets others, or the machine ends', async (t) => {
	const driver = await balloonDriver(t, {queue: BalloonQueue.statistics})
	driver.describe(0, {gpa: listAt, length: 20})
	driver.describe(1, {gpa: listAt + 64, length: 20})
	driver.offer(0)
	driver.notify()
	driver.offer(1)
	driver.notify()
	await eventually(() => driver.usedIndex() === 1, 'the first come back')
	t.is(driver.usedElement(0).id, 0)
	await driver.stop()
	t.is(driver.usedElement(1).id, 1)
})

test('a long list leaves turns to the event loop, and ends when the machine does, however few pages it names', async (t) => {
	const {memory} = createBoard()
	const ram = new GuestRam(memory)
	const access = (_: Taken, body: () => void) => {
		body()
		return true
	}
	const queues = {access} as unknown as ServedQueues
	let given = 0
	const pages = {giveBack: () => given++}
	const handler = new BalloonHandler({queues, ram, pages})
	// The same page, again and again.
	const numbers = 65_536
	new Uint32Array(memory.memory.buffer, ram.ramOffset(ramBase, 4 * numbers), numbers).fill(numberOf(0))
	const buffers = Array.from({length: 4}, () => ({gpa: ramBase, length: 4 * numbers, access: 'device-reads' as const}))
	const handled = handler.handle({queue: BalloonQueue.inflate, epoch: 0, chain: {head: 0, buffers}})
	for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
	t.true(given > 0 && given <= 12, `${given} pieces in ten turns`)
	handler.stop()
	await handled
	t.true(given <= 12)
})
