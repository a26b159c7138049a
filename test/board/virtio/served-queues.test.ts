import test from 'ava'
import {boardMap, type ServedDevice, virtioSlot, WorkerBell} from '../../../src/board/index.ts'
import {Mip, ramBase} from '../../../src/memory/index.ts'
import {attachBoard, createBoard} from '../support.ts'
import {Feature, Flag, needsReset, type QueueDriver, queueDriver, servedDevice} from './queue-driver.ts'

const buffers = ramBase + 0x4000

/** Two threads' boards: of hart 0, with a driver, and of I/O worker 0. */
function createPair({
	features = 0,
	size = 8,
	...device
}: {features?: number; size?: number} & Pick<Partial<ServedDevice>, 'config' | 'writableConfig'> = {}) {
	const served = [servedDevice(device)]
	const machine = createBoard({hart: 0, served, virtioMmioVersion: 2})
	machine.board.reset()
	const worker = attachBoard(machine.memory, {harts: 2, worker: 0, served, virtioMmioVersion: 2}).board
	const driver = queueDriver(machine, {size})
	const {irq} = virtioSlot(1)
	machine.board.bus.write(boardMap.plic.base + irq * 4, 4, 1)
	machine.board.bus.write(boardMap.plic.base + 0x2000 + 0x80, 4, 1 << irq)
	driver.setUp({features})
	const queues = worker.virtio[1]!.served!
	return {...machine, worker, driver, queues, take: () => queues.take(0)}
}

test('a notification rings the worker, which finds the queue', async (t) => {
	const {driver, worker, queues} = createPair()
	const {workerBells: bells} = worker
	const rung = bells.rung(0)
	driver.notify()
	await rung
	t.is(bells.take(0), 1 << 1)
	t.is(bells.take(0), 0)
	t.is(queues.notified(), 1)
	t.is(queues.notified(), 0)
	bells.ring(0, WorkerBell.stop)
	// A bell that has rung lets nobody sleep.
	await bells.rung(0)
	bells.sleep(0, Number.POSITIVE_INFINITY)
	t.is(bells.take(0), WorkerBell.stop)
})

test('chains are completed in another order than they were taken, and each interrupts', (t) => {
	const {driver, take, queues, pending} = createPair()
	for (const index of [0, 1, 2]) driver.describe(index, {gpa: buffers + index * 64, length: 64, flags: Flag.write})
	driver.offer(0, 1, 2)
	const [first, second, third] = [take()!, take()!, take()!]
	t.is(take(), undefined)
	queues.complete(third, 3)
	t.is(pending(0) & Mip.SEIP, Mip.SEIP)
	queues.complete(first, 1)
	queues.complete(second, 2)
	t.deepEqual([0, 1, 2].map(driver.usedElement), [
		{id: 2, length: 3},
		{id: 0, length: 1},
		{id: 1, length: 2},
	])
})

test('an indirect table holds the chain, behind direct descriptors or alone', (t) => {
	const {driver, take} = createPair({features: Feature.indirect})
	const table = ramBase + 0x5000
	driver.describeChain(
		0,
		Array.from({length: 20}, (_, index) => ({gpa: buffers + index, length: 1})),
		table,
	)
	driver.describe(0, {gpa: table, length: 20 * 16, flags: Flag.indirect | Flag.write})
	driver.describe(1, {gpa: buffers + 100, length: 5, flags: Flag.next, next: 0})
	driver.offer(0, 1)
	t.deepEqual(
		take()?.chain.buffers.map(({gpa}) => gpa - buffers),
		[...Array(20).keys()],
	)
	t.deepEqual(
		take()?.chain.buffers.map(({gpa}) => gpa - buffers),
		[100, ...Array(20).keys()],
	)
})

test('with an event index the driver is told of what it asked for only', (t) => {
	const {driver, take, queues, read} = withRegisters(createPair({features: Feature.eventIndex}))
	for (const index of [0, 1, 2]) driver.describe(index, {gpa: buffers, length: 1, flags: Flag.write})
	driver.setUsedEvent(1)
	driver.offer(0, 1, 2)
	queues.complete(take()!, 1)
	t.is(read('interruptStatus'), 0)
	queues.complete(take()!, 1)
	t.is(read('interruptStatus'), 1)
	driver.write('interruptAcknowledge', 1)
	queues.complete(take()!, 1)
	t.is(read('interruptStatus'), 0)
	// A queue that is empty asks to be told of the next chain.
	t.is(driver.availableEvent(), 0)
	t.is(take(), undefined)
	t.is(driver.availableEvent(), 3)
})

test('after a reset what was taken before is void', (t) => {
	const {driver, take, queues, read} = withRegisters(createPair())
	driver.describe(0, {gpa: buffers, length: 8, flags: Flag.write})
	driver.offer(0)
	const taken = take()!
	t.true(queues.access(taken, () => {}))
	driver.setUp()
	t.false(queues.access(taken, () => t.fail('it must not touch guest memory')))
	queues.complete(taken, 8)
	queues.fail(taken)
	t.is(driver.usedIndex(), 0)
	t.is(read('status'), 15)
	driver.offer(0)
	queues.complete(take()!, 8)
	t.is(driver.usedIndex(), 1)
})

test('a queue that is taken down is void, too', (t) => {
	const {driver, take, queues} = createPair()
	driver.describe(0, {gpa: buffers, length: 8, flags: Flag.write})
	driver.offer(0)
	const taken = take()!
	driver.write('queueReady', 0)
	t.false(queues.access(taken, () => {}))
	queues.complete(taken, 8)
	t.is(driver.usedIndex(), 0)
})

test('a chain that breaks the protocol of the device needs a reset', (t) => {
	const {driver, take, queues, read} = withRegisters(createPair())
	driver.describe(0, {gpa: buffers, length: 8})
	driver.offer(0, 0)
	const [first, second] = [take()!, take()!]
	queues.fail(first)
	t.is(read('status') & needsReset, needsReset)
	queues.complete(second, 0)
	t.is(driver.usedIndex(), 0)
	t.is(take(), undefined)
})

test('a change of the configuration has a generation and an interrupt', (t) => {
	const {driver, queues, read} = withRegisters(createPair())
	t.is(read('configGeneration'), 0)
	queues.changeConfig(0, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
	t.is(read('configGeneration'), 1)
	t.is(read('interruptStatus'), 2)
	t.deepEqual([driver.config(0, 4), driver.config(5, 1), driver.config(6, 2)], [0x0403_0201, 6, 0x0807])
	queues.changeConfig(2, Uint8Array.of(9))
	t.is(read('configGeneration'), 2)
	t.deepEqual([driver.config(0, 4), driver.config(4, 4)], [0x0409_0201, 0x0807_0605], 'the rest stays')
})

test('the driver writes only those bytes of the configuration space that the device has for it, in any width', (t) => {
	const config = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
	const {driver, worker, read} = withRegisters(createPair({config, writableConfig: [4, 8]}))
	const bytes = () => Array.from(config, (_, at) => driver.config(at, 1))
	driver.writeConfig(0, 4, 0xffff_ffff)
	driver.writeConfig(2, 4, 0xffff_ffff)
	driver.writeConfig(8, 1, 0xff)
	t.deepEqual(bytes(), [...config])
	driver.writeConfig(4, 4, 0x0403_0201)
	driver.writeConfig(6, 2, 0xbbaa)
	driver.writeConfig(5, 1, 0xcc)
	t.deepEqual(bytes(), [1, 2, 3, 4, 1, 0xcc, 0xaa, 0xbb, 9, 10, 11, 12])
	t.is(worker.virtio[1]!.configWord(4), 0xbbaa_cc01)
	t.deepEqual([read('configGeneration'), read('interruptStatus')], [0, 0], 'that is no change by the device')
})

const breaks = test.macro({
	exec(t, features: number, attack: (driver: QueueDriver) => void) {
		const {driver, take, read} = withRegisters(createPair({features}))
		attack(driver)
		t.is(take(), undefined)
		t.is(read('status') & needsReset, needsReset)
	},
	title: (given) => `a broken ring needs a reset: ${given}`,
})

const table = ramBase + 0x5000
const indirect = {gpa: table, length: 32, flags: Flag.indirect}

test('a descriptor of no bytes', breaks, 0, (driver) => {
	driver.describe(0, {gpa: buffers, length: 0})
	driver.offer(0)
})
test('one to be read behind one to be written', breaks, 0, (driver) => {
	driver.describeChain(0, [
		{gpa: buffers, length: 1, flags: Flag.write},
		{gpa: buffers, length: 1},
	])
	driver.offer(0)
})
test('an indirect table that was not negotiated', breaks, 0, (driver) => {
	driver.describe(0, {gpa: buffers, length: 1}, table)
	driver.describe(0, indirect)
	driver.offer(0)
})
for (const [what, entry] of [
	['in an indirect table', {...indirect, gpa: table + 64}],
	['of no entry', {...indirect, length: 0}],
	['of half an entry', {...indirect, length: 24}],
	['outside RAM', {...indirect, gpa: 0x1000}],
	['of 4 GiB', {...indirect, length: 0xffff_fff0}],
	['that others follow', {...indirect, flags: Flag.indirect | Flag.next}],
] as const)
	test(`an indirect table ${what}`, breaks, Feature.indirect, (driver) => {
		driver.describe(0, what === 'in an indirect table' ? indirect : {gpa: buffers, length: 1}, table)
		driver.describe(0, entry, what === 'in an indirect table' ? table : undefined)
		driver.describe(0, what === 'in an indirect table' ? indirect : entry)
		driver.offer(0)
	})
test('a loop in an indirect table', breaks, Feature.indirect, (driver) => {
	driver.describe(0, {gpa: buffers, length: 1, flags: Flag.next, next: 1}, table)
	driver.describe(1, {gpa: buffers, length: 1, flags: Flag.next, next: 0}, table)
	driver.describe(0, indirect)
	driver.offer(0)
})
test('an index outside an indirect table', breaks, Feature.indirect, (driver) => {
	driver.describe(0, {gpa: buffers, length: 1, flags: Flag.next, next: 2}, table)
	driver.describe(0, indirect)
	driver.offer(0)
})

function withRegisters<Pair extends {driver: QueueDriver}>(pair: Pair) {
	return {...pair, read: pair.driver.read}
}
