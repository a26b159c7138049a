import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import test from 'ava'
import {boardMap, virtioSlot} from '../../src/board/index.ts'
import {AtomicOperation} from '../../src/memory/index.ts'
import {createBoard} from './support.ts'

test('nothing answers between devices, in RAM, and beyond', (t) => {
	const {board} = createBoard()
	for (const gpa of [0, boardMap.bootRom.base, boardMap.rtc.base + 0x1000, 0x1000_0100, boardMap.ram.base, 2 ** 40]) {
		t.is(board.bus.read(gpa, 4), -1)
		t.is(board.bus.write(gpa, 4, 0), 0)
	}
})

test('a misaligned access, or one too narrow for the device, gets no answer', (t) => {
	const {board} = createBoard()
	t.is(board.bus.read(boardMap.plic.base + 2, 4), -1)
	t.is(board.bus.read(boardMap.plic.base, 1), -1)
	t.is(board.bus.write(boardMap.aclint.base, 2, 1), 0)
	t.is(board.bus.read(boardMap.uart.base + 5, 1), 0x60)
})

for (const [what, version, options] of [
	['by default of version 1, as in QEMU', 1, {}],
	['of version 2 if that was chosen', 2, {virtioMmioVersion: 2}],
] as const) {
	test(`every empty virtio slot identifies itself and says that it has no device, ${what}`, (t) => {
		const {board} = createBoard(options)
		for (let slot = 1; slot < 8; slot++) {
			const {base} = virtioSlot(slot)
			t.is(board.bus.read(base, 4), 0x7472_6976)
			t.is(board.bus.read(base + 4, 4), version)
			t.is(board.bus.read(base + 8, 4), 0)
		}
	})
}

test('8 bytes at a device of words are two words, the low one first, and need both', (t) => {
	const {board} = createBoard({now: () => 0})
	const {base} = boardMap.plic
	t.is(board.bus.write(base + 8, 8, 3, 5), 1)
	t.deepEqual([board.bus.read(base + 8, 8), board.bus.high], [3, 5])
	t.deepEqual([board.bus.read(base + 8, 4), board.bus.read(base + 12, 4)], [3, 5])
	t.is(board.bus.read(base + 4, 8), -1)
	t.is(board.bus.read(boardMap.rtc.base + 0x20, 8), -1)
})

test('atomic operations on registers give the old value, and say where there is none', (t) => {
	const {board} = createBoard()
	const enabled = boardMap.plic.base + 0x2000
	const nothing = boardMap.rtc.base + 0x1000
	const or = (gpa: number, low: number) => board.bus.amo(gpa, 4, {operation: AtomicOperation.or, low, high: 0})
	t.deepEqual([or(enabled, 0x400), or(enabled, 2), or(enabled, 0)], [0, 0x400, 0x402])
	t.is(or(nothing, 1), -1)
	const sc = (gpa: number, expected: {low: number; high: number} | undefined, low: number) =>
		board.bus.storeConditional(gpa, 4, {expected, value: {low, high: 0}})
	t.is(sc(enabled, {low: 0x400, high: 0}, 8), 0)
	t.is(sc(enabled, {low: 0x402, high: 0}, 8), 1)
	t.is(board.bus.read(enabled, 4), 8)
	t.deepEqual([sc(enabled, undefined, 1), sc(nothing, undefined, 1), sc(nothing, {low: 0, high: 0}, 1)], [0, -1, -1])
})

test('AMOs by two harts on one register lose none of the bits that they set, beside its stores', async (t) => {
	const {memory, board} = createBoard({harts: 3, hart: 2})
	const arrived = new Int32Array(new SharedArrayBuffer(4))
	const workers = [0, 1].map((hart) => {
		const workerData = {memory: memory.memory, map: memory.map, hart, arrived}
		return once(new Worker(new URL('amo-hart.ts', import.meta.url), {workerData}), 'message')
	})
	// Another register under the same lock.
	const others = setInterval(() => board.bus.write(boardMap.plic.base + 4, 4, 1), 1)
	const lost = (await Promise.all(workers)).map(([count]) => count as number)
	clearInterval(others)
	t.deepEqual(lost, [0, 0])
})

test('where QEMU has PCI, flash and its configuration, reads give ones and writes nothing', (t) => {
	const {board} = createBoard()
	for (const gpa of [0x300_0000, 0x1010_0000, 0x2000_0000, 0x23ff_fffc, 0x3000_0000, 0x3fff_fffc]) {
		t.is(board.bus.write(gpa, 4, 0), 1)
		t.is(board.bus.read(gpa, 4), 0xffff_ffff)
		t.is(board.bus.read(gpa + 2, 2), 0xffff)
		t.is(board.bus.read(gpa + 3, 1), 0xff)
	}
	t.is(board.bus.read(0x1010_0018, 4), -1)
})
