import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import test from 'ava'
import {boardMap} from '../../src/board/index.ts'
import {Doorbell, Mip} from '../../src/memory/index.ts'
import {createBoard} from './support.ts'

const {base} = boardMap.aclint
const mtimecmp = (hart: number) => base + 0x4000 + hart * 8
const mtime = base + 0xbff8

test('msip raises and lowers the software interrupt of its hart only', (t) => {
	const {board, pending, doorbell} = createBoard()
	board.bus.write(base + 4, 4, 0xffff_ffff)
	t.is(pending(1), Mip.MSIP)
	t.is(pending(0), 0)
	t.is(doorbell(1), Doorbell.interrupt)
	t.is(board.bus.read(base + 4, 4), 1)
	board.bus.write(base + 4, 4, 0)
	t.is(pending(1), 0)
	t.is(board.bus.read(base + 4, 4), 0)
})

test('a comparator holds 64 bits, and writing it rings its hart', (t) => {
	const {board, doorbell} = createBoard()
	board.bus.write(mtimecmp(1), 4, 0x89ab_cdef)
	board.bus.write(mtimecmp(1) + 4, 4, 0x12)
	t.is(board.aclint.mtimecmpReached(1, 0), 0x12_89ab_cdef)
	t.is(board.bus.read(mtimecmp(1), 4), 0x89ab_cdef)
	t.is(board.bus.read(mtimecmp(1) + 4, 4), 0x12)
	t.is(doorbell(1), Doorbell.interrupt)
	t.is(doorbell(0), 0)
	board.bus.write(mtimecmp(1), 8, 0xffff_ffff, 0x8000_0000)
	t.is(board.bus.read(mtimecmp(1), 8), 0xffff_ffff)
	t.is(board.bus.high, 0x8000_0000)
})

test('after a reset every comparator is 0, so that the timer interrupt is pending until the comparator is moved', (t) => {
	const {board, pending} = createBoard()
	board.bus.write(mtimecmp(1), 8, 5, 0)
	board.reset()
	t.is(board.bus.read(mtimecmp(1), 8), 0)
	t.is(board.aclint.mtimecmpReached(1, 0), 0)
	board.bus.write(mtimecmp(1), 8, 0, 0)
	t.is(pending(1), Mip.MTIP)
})

test('moving a comparator into the future lowers the timer interrupt at once, and into the past raises it', (t) => {
	const {board, pending} = createBoard({now: () => 100})
	board.bus.write(mtimecmp(0), 4, 100)
	t.is(pending(0), Mip.MTIP)
	board.bus.write(mtimecmp(0), 4, 101)
	t.is(pending(0), 0)
	t.is(pending(1), 0)
})

test('mtime is the clock, in two halves and as one value', (t) => {
	const {board} = createBoard({now: () => 0x3_8000_0001})
	t.is(board.bus.read(mtime, 4), 0x8000_0001)
	t.is(board.bus.read(mtime + 4, 4), 3)
	t.is(board.bus.read(mtime, 8), 0x8000_0001)
	t.is(board.bus.high, 3)
})

test('a load of 8 bytes from mtime reads the clock once', (t) => {
	let ticks = 0xffff_fffe
	const {board} = createBoard({now: () => ticks++})
	t.deepEqual([board.bus.read(mtime, 8), board.bus.high], [0xffff_fffe, 0])
	t.deepEqual([board.bus.read(mtime, 8), board.bus.high], [0xffff_ffff, 0])
	t.deepEqual([board.bus.read(mtime, 8), board.bus.high], [0, 1])
})

test('mtime can be written whole and in halves, and counts on from there', (t) => {
	const clock = {ticks: 1000}
	const {board} = createBoard({now: () => clock.ticks})
	const read = () => [board.bus.read(mtime, 8), board.bus.high]
	board.bus.write(mtime, 8, 0xffff_ffff, 7)
	t.deepEqual(read(), [0xffff_ffff, 7])
	clock.ticks += 3
	t.deepEqual(read(), [2, 8])
	board.bus.write(mtime, 4, 0x10)
	t.deepEqual(read(), [0x10, 8])
	board.bus.write(mtime + 4, 4, 0)
	t.deepEqual(read(), [0x10, 0])
	clock.ticks += 1
	t.deepEqual(read(), [0x11, 0])
})

test('a write of mtime raises and lowers the timer interrupts of all harts, and rings them', (t) => {
	const {board, pending, doorbell, blocks} = createBoard({now: () => 1000})
	const written: string[] = []
	board.aclint.onMtimeWritten = () => written.push('mtime')
	board.bus.write(mtimecmp(0), 8, 500, 0)
	board.bus.write(mtimecmp(1), 8, 5000, 0)
	t.deepEqual([pending(0), pending(1)], [Mip.MTIP, 0])
	for (const hart of [0, 1]) blocks.takeDoorbell(hart)
	board.bus.write(mtime, 8, 0, 0)
	t.deepEqual([pending(0), pending(1)], [0, 0])
	t.deepEqual([doorbell(0), doorbell(1)], [Doorbell.interrupt, Doorbell.interrupt])
	board.bus.write(mtime, 4, 5000)
	t.deepEqual([pending(0), pending(1)], [Mip.MTIP, Mip.MTIP])
	t.is(board.aclint.mtimecmpReached(1, 1000), 1000)
	t.deepEqual(written, ['mtime', 'mtime'])
})

test('a reset takes back what was written to mtime', (t) => {
	const {board} = createBoard({now: () => 7})
	board.bus.write(mtime, 8, 0xffff_ffff, 0xffff_ffff)
	board.reset()
	t.deepEqual([board.bus.read(mtime, 8), board.bus.high], [7, 0])
})

test('harts that read mtime and comparators while another writes them always read one value', async (t) => {
	const machine = createBoard({harts: 3, hart: 2})
	const {memory, board} = machine
	const stop = new Int32Array(memory.memory.buffer, memory.region('ram').offset, 1)
	const readers = [0, 1].map((hart) => {
		const workerData = {memory: memory.memory, map: memory.map, harts: 3, hart}
		return once(new Worker(new URL('mtime-reader.ts', import.meta.url), {workerData}), 'message')
	})
	// Both words of each value are the same, so that a mixture of two shows.
	for (let written = 0; Atomics.load(stop, 0) < 2; written = (written + 1) >>> 0) {
		board.bus.write(mtime, 8, written, written)
		board.bus.write(mtimecmp(0), 8, ~written >>> 0, ~written >>> 0)
	}
	for (const [mixtures] of await Promise.all(readers)) t.is(mixtures, 0)
})

test('registers of harts that do not exist read 0 and ignore writes', (t) => {
	const {board} = createBoard({harts: 2})
	t.is(board.bus.write(base + 8, 4, 1), 1)
	t.is(board.bus.read(base + 8, 4), 0)
	t.is(board.bus.write(mtimecmp(2), 4, 5), 1)
	t.is(board.bus.read(mtimecmp(2), 4), 0)
})
