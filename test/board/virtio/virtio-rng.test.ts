import test from 'ava'
import {boardMap, virtioSlot} from '../../../src/board/index.ts'
import {GuestRam, Mip, ramBase} from '../../../src/memory/index.ts'
import {createBoard} from '../support.ts'

const {base, irq} = virtioSlot(0)
const Register = {
	deviceId: 0x08,
	deviceFeatures: 0x10,
	deviceFeaturesSelect: 0x14,
	driverFeatures: 0x20,
	driverFeaturesSelect: 0x24,
	queueSizeMaximum: 0x34,
	queueSize: 0x38,
	queueReady: 0x44,
	queueNotify: 0x50,
	interruptStatus: 0x60,
	interruptAcknowledge: 0x64,
	status: 0x70,
	descriptors: 0x80,
	driver: 0x90,
	device: 0xa0,
} as const
const needsReset = 64
const [descriptors, available, used, buffers] = [ramBase, ramBase + 0x1000, ramBase + 0x2000, ramBase + 0x3000]
const queueSize = 8

/** A driver: rings in guest RAM, and registers by name. */
function createDriver() {
	const machine = createBoard({virtioMmioVersion: 2, fillRandom: (bytes) => bytes.fill(0x5a)})
	const {board, memory} = machine
	const ram = new GuestRam(memory)
	const bytes = ram.bytes(ramBase, ram.size)
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
	const write = (register: keyof typeof Register, value: number) => board.bus.write(base + Register[register], 4, value)
	const read = (register: keyof typeof Register) => board.bus.read(base + Register[register], 4)
	board.bus.write(boardMap.plic.base + irq * 4, 4, 1)
	board.bus.write(boardMap.plic.base + 0x2000 + 0x80, 4, 1 << irq)
	return {
		...machine,
		ram,
		view,
		read,
		write,
		/** @returns whether the device accepted the features. */
		negotiate(word1 = 1): boolean {
			write('status', 0)
			write('status', 3)
			write('driverFeaturesSelect', 0)
			write('driverFeatures', 0)
			write('driverFeaturesSelect', 1)
			write('driverFeatures', word1)
			write('status', 11)
			return (read('status') & 8) !== 0
		},
		setUp({size = queueSize, gpa = descriptors}: {size?: number; gpa?: number} = {}): void {
			this.negotiate()
			write('queueSize', size)
			for (const [register, address] of [
				['descriptors', gpa],
				['driver', available],
				['device', used],
			] as const) {
				board.bus.write(base + Register[register], 4, address % 2 ** 32)
				board.bus.write(base + Register[register] + 4, 4, Math.floor(address / 2 ** 32))
			}
			write('queueReady', 1)
			write('status', 15)
		},
		describe(
			index: number,
			{gpa, length, flags, next = 0}: {gpa: number; length: number; flags: number; next?: number},
		) {
			const at = descriptors - ramBase + index * 16
			view.setBigUint64(at, BigInt(gpa), true)
			view.setUint32(at + 8, length, true)
			view.setUint16(at + 12, flags, true)
			view.setUint16(at + 14, next, true)
		},
		offer(index: number, heads: readonly number[]): void {
			const at = available - ramBase
			for (const [position, head] of heads.entries()) {
				view.setUint16(at + 4 + ((index - heads.length + position) % queueSize) * 2, head, true)
			}
			view.setUint16(at + 2, index, true)
			write('queueNotify', 0)
		},
		usedIndex: () => view.getUint16(used - ramBase + 2, true),
	}
}

test('the device identifies itself and insists on VIRTIO_F_VERSION_1', (t) => {
	const driver = createDriver()
	t.is(driver.read('deviceId'), 4)
	driver.write('deviceFeaturesSelect', 1)
	t.is(driver.read('deviceFeatures'), 1)
	driver.write('deviceFeaturesSelect', 0)
	// VIRTIO_F_INDIRECT_DESC.
	t.is(driver.read('deviceFeatures'), 1 << 28)
	t.is(driver.read('queueSizeMaximum'), 256)
	t.false(driver.negotiate(0))
	t.false(driver.negotiate(3))
	t.true(driver.negotiate())
})

test('chains are filled, given back and announced by an interrupt', (t) => {
	const driver = createDriver()
	driver.setUp()
	driver.describe(0, {gpa: buffers, length: 8, flags: 2})
	driver.describe(3, {gpa: buffers + 0x100, length: 4, flags: 3, next: 5})
	driver.describe(5, {gpa: buffers + 0x200, length: 4, flags: 2})
	driver.offer(2, [3, 0])
	t.is(driver.usedIndex(), 2)
	const elements = used - ramBase + 4
	t.deepEqual(
		[0, 4, 8, 12].map((at) => driver.view.getUint32(elements + at, true)),
		[3, 8, 0, 8],
	)
	for (const [gpa, length] of [
		[buffers, 8],
		[buffers + 0x100, 4],
		[buffers + 0x200, 4],
	] as const) {
		t.deepEqual([...driver.ram.bytes(gpa, length + 1)], [...new Array(length).fill(0x5a), 0])
	}
	t.is(driver.read('interruptStatus'), 1)
	t.is(driver.pending(0), Mip.SEIP)
	driver.write('interruptAcknowledge', 1)
	t.is(driver.pending(0), 0)
})

test('the rings wrap around', (t) => {
	const driver = createDriver()
	driver.setUp()
	driver.describe(1, {gpa: buffers, length: 1, flags: 2})
	for (let index = 1; index <= 70_000; index++) driver.offer(index & 0xffff, [1])
	t.is(driver.usedIndex(), 70_000 & 0xffff)
	t.is(driver.read('status'), 15)
})

test('a driver that wants no interrupts gets none', (t) => {
	const driver = createDriver()
	driver.setUp()
	driver.view.setUint16(available - ramBase, 1, true)
	driver.describe(0, {gpa: buffers, length: 8, flags: 2})
	driver.offer(1, [0])
	t.is(driver.usedIndex(), 1)
	t.is(driver.read('interruptStatus'), 0)
})

test('a huge buffer is filled in part, and one that the device may only read not at all', (t) => {
	const driver = createDriver()
	driver.setUp()
	driver.describe(0, {gpa: buffers + 0x1000, length: 0x8_0000, flags: 2})
	driver.describe(1, {gpa: buffers, length: 16, flags: 0})
	driver.offer(2, [0, 1])
	t.is(driver.view.getUint32(used - ramBase + 8, true), 65_536)
	t.is(driver.view.getUint32(used - ramBase + 16, true), 0)
	t.is(driver.ram.bytes(buffers, 1)[0], 0)
})

test('nothing is served before DRIVER_OK, and a reset forgets the queue', (t) => {
	const driver = createDriver()
	driver.setUp()
	driver.write('status', 0)
	driver.describe(0, {gpa: buffers, length: 8, flags: 2})
	driver.offer(1, [0])
	t.is(driver.usedIndex(), 0)
	t.is(driver.read('queueReady'), 0)
	t.is(driver.read('status'), 0)
})

type Driver = ReturnType<typeof createDriver>

const breaks = test.macro({
	exec(t, attack: (driver: Driver) => void) {
		const driver = createDriver()
		driver.setUp()
		attack(driver)
		t.is(driver.read('status') & needsReset, needsReset)
		t.is(driver.read('interruptStatus') & 2, 2)
		t.is(driver.usedIndex(), 0)
		// Until the driver resets it, the device does nothing.
		driver.describe(0, {gpa: buffers, length: 8, flags: 2})
		driver.offer(1, [0])
		t.is(driver.usedIndex(), 0)
		driver.setUp()
		t.is(driver.read('status'), 15)
		driver.offer(1, [0])
		t.is(driver.usedIndex(), 1)
	},
	title: (given) => `a hostile driver needs a reset: ${given}`,
})

test('an available index too far ahead', breaks, (driver) => driver.offer(queueSize + 1, [0]))
test('a head outside the table', breaks, (driver) => driver.offer(1, [queueSize]))
test('a next descriptor outside the table', breaks, (driver) => {
	driver.describe(0, {gpa: buffers, length: 4, flags: 3, next: 0xffff})
	driver.offer(1, [0])
})
test('a chain that loops', breaks, (driver) => {
	driver.describe(0, {gpa: buffers, length: 4, flags: 3, next: 0})
	driver.offer(1, [0])
})
test('an indirect descriptor', breaks, (driver) => {
	driver.describe(0, {gpa: buffers, length: 16, flags: 4})
	driver.offer(1, [0])
})
for (const [what, gpa, length] of [
	['below RAM', 0x1000, 8],
	['across the end of RAM', ramBase + (1 << 20) - 4, 8],
	['of 4 GiB', ramBase, 0xffff_ffff],
	['at the top of the address space', 2 ** 64 - 4096, 8],
] as const) {
	test(`a buffer ${what}`, breaks, (driver) => {
		driver.describe(0, {gpa, length, flags: 2})
		driver.offer(1, [0])
	})
}

for (const [what, options] of [
	['a size that is no power of two', {size: 3}],
	['size 0', {size: 0}],
	['a size above the maximum', {size: 512}],
	['a table outside RAM', {gpa: 0x1000}],
	['a table beyond 4 GiB', {gpa: 2 ** 40}],
	['a misaligned table', {gpa: ramBase + 8}],
] as const) {
	test(`a queue with ${what} does not become ready`, (t) => {
		const driver = createDriver()
		driver.setUp(options)
		t.is(driver.read('queueReady'), 0)
		t.is(driver.read('status') & needsReset, needsReset)
	})
}
