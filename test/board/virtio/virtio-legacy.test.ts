/** The legacy interface of virtio-mmio, version 1. virtio 1.2, 4.2.4 and 2.7.2. */
import test from 'ava'
import {boardMap, virtioSlot} from '../../../src/board/index.ts'
import {GuestRam, Mip, ramBase} from '../../../src/memory/index.ts'
import {createBoard} from '../support.ts'

const {base, irq} = virtioSlot(0)
const Register = {
	version: 0x04,
	deviceId: 0x08,
	deviceFeatures: 0x10,
	deviceFeaturesSelect: 0x14,
	driverFeatures: 0x20,
	guestPageSize: 0x28,
	queueSelect: 0x30,
	queueSizeMaximum: 0x34,
	queueSize: 0x38,
	queueAlign: 0x3c,
	queuePageFrame: 0x40,
	queueReady: 0x44,
	queueNotify: 0x50,
	interruptStatus: 0x60,
	interruptAcknowledge: 0x64,
	status: 0x70,
} as const

function createDriver() {
	const machine = createBoard({fillRandom: (bytes) => bytes.fill(0x5a)})
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
		view,
		read,
		write,
		/** In the order of Linux: the page size, then a reset. */
		setUp({
			size = 8,
			align = 4096,
			pageFrame = ramBase / 4096,
		}: {
			size?: number
			align?: number
			pageFrame?: number
		} = {}) {
			write('guestPageSize', 4096)
			write('status', 0)
			write('status', 3)
			write('driverFeatures', 0)
			write('queueSelect', 0)
			write('queueSize', size)
			write('queueAlign', align)
			write('queuePageFrame', pageFrame)
		},
		/** Makes a buffer of 8 bytes available as descriptor 1, with rings for `size` at the start of RAM. */
		offer({size, index}: {size: number; index: number}): void {
			view.setBigUint64(16, BigInt(ramBase + 0x8000), true)
			view.setUint32(24, 8, true)
			view.setUint16(28, 2, true)
			const available = 16 * size
			view.setUint16(available + 4 + 2 * ((index - 1) % size), 1, true)
			view.setUint16(available + 2, index, true)
		},
		usedIndex: (used: number) => view.getUint16(used + 2, true),
	}
}

test('the device identifies itself with version 1, and offers no VIRTIO_F_VERSION_1', (t) => {
	const {read, write} = createDriver()
	t.is(read('version'), 1)
	t.is(read('deviceId'), 4)
	write('deviceFeaturesSelect', 1)
	t.is(read('deviceFeatures'), 0)
	t.is(read('queueSizeMaximum'), 256)
})

for (const [size, align, used] of [
	[8, 4096, 0x1000],
	[8, 64, 0xc0],
	[256, 4096, 0x2000],
	[64, 4, 0x488],
] as const) {
	test(`a queue of ${size} entries has its used ring behind the others, at the next multiple of ${align}`, (t) => {
		const driver = createDriver()
		driver.setUp({size, align})
		t.is(driver.read('queuePageFrame'), ramBase / 4096)
		driver.write('status', 7)
		driver.offer({size, index: 1})
		driver.write('queueNotify', 0)
		t.is(driver.usedIndex(used), 1)
		t.is(driver.view.getUint32(used + 4, true), 1)
		t.is(driver.view.getUint32(used + 8, true), 8)
		t.is(driver.view.getUint8(0x8007), 0x5a)
		t.is(driver.read('interruptStatus'), 1)
		t.is(driver.pending(0), Mip.SEIP)
		driver.write('interruptAcknowledge', 1)
		t.is(driver.pending(0), 0)
	})
}

test('what a driver makes available and notifies before DRIVER_OK is served then', (t) => {
	const driver = createDriver()
	driver.setUp()
	driver.offer({size: 8, index: 1})
	driver.write('queueNotify', 0)
	t.is(driver.usedIndex(0x1000), 0)
	driver.write('status', 7)
	t.is(driver.usedIndex(0x1000), 1)
})

test('page frame 0 gives the queue up, and the device can be set up again', (t) => {
	const driver = createDriver()
	driver.setUp()
	driver.write('status', 7)
	driver.write('queuePageFrame', 0)
	t.is(driver.read('queuePageFrame'), 0)
	t.is(driver.read('status'), 0)
	driver.offer({size: 8, index: 1})
	driver.write('queueNotify', 0)
	t.is(driver.usedIndex(0x1000), 0)
	driver.setUp()
	driver.write('status', 7)
	driver.write('queueNotify', 0)
	t.is(driver.usedIndex(0x1000), 1)
})

test('the page size outlasts a reset, and the registers of version 2 do nothing', (t) => {
	const driver = createDriver()
	driver.setUp()
	t.is(driver.read('queueReady'), 0)
	driver.write('queueReady', 1)
	t.is(driver.read('queueReady'), 0)
	for (const register of [0x80, 0x90, 0xa0]) driver.board.bus.write(base + register, 4, 0x1234)
	driver.write('status', 7)
	driver.offer({size: 8, index: 1})
	driver.write('queueNotify', 0)
	t.is(driver.usedIndex(0x1000), 1)
})

for (const [what, options] of [
	['outside RAM', {pageFrame: 1}],
	['far outside', {pageFrame: 0xffff_ffff}],
	['across the end of RAM', {pageFrame: (ramBase + (1 << 20)) / 4096 - 1}],
	['of a size that is no power of two', {size: 3}],
	['with a used ring that is not aligned', {align: 1, size: 2}],
] as const) {
	test(`a device whose queue is ${what} does nothing until it is reset`, (t) => {
		const driver = createDriver()
		driver.setUp(options)
		driver.write('status', 7)
		driver.offer({size: 8, index: 1})
		driver.write('queueNotify', 0)
		t.is(driver.read('status'), 7)
		t.is(driver.read('interruptStatus'), 0)
		t.is(driver.usedIndex(0x1000), 0)
		driver.setUp()
		driver.write('status', 7)
		driver.write('queueNotify', 0)
		t.is(driver.usedIndex(0x1000), 1)
	})
}
