import test from 'ava'
import {boardMap} from '../../src/board/index.ts'
import {Doorbell, Mip} from '../../src/memory/index.ts'
import {createBoard} from './support.ts'

const {base} = boardMap.aclint
const mtimecmp = (hart: number) => base + 0x4000 + hart * 8

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
	board.reset()
	t.true(board.aclint.mtimecmpTicks(1) > Number.MAX_SAFE_INTEGER)
	board.bus.write(mtimecmp(1), 4, 0x89ab_cdef)
	board.bus.write(mtimecmp(1) + 4, 4, 0x12)
	t.is(board.aclint.mtimecmpTicks(1), 0x12_89ab_cdef)
	t.is(board.bus.read(mtimecmp(1), 4), 0x89ab_cdef)
	t.is(board.bus.read(mtimecmp(1) + 4, 4), 0x12)
	t.is(doorbell(1), Doorbell.interrupt)
	t.is(doorbell(0), 0)
})

test('moving a comparator into the future lowers the timer interrupt at once', (t) => {
	const {board, blocks, pending} = createBoard({now: () => 100})
	blocks.raise(0, Mip.MTIP)
	board.bus.write(mtimecmp(0), 4, 100)
	t.is(pending(0), Mip.MTIP)
	board.bus.write(mtimecmp(0), 4, 101)
	t.is(pending(0), 0)
})

test('mtime gives the clock in two halves', (t) => {
	const {board} = createBoard({now: () => 0x3_8000_0001})
	t.is(board.bus.read(base + 0xbff8, 4), 0x8000_0001)
	t.is(board.bus.read(base + 0xbffc, 4), 3)
})

test('registers of harts that do not exist read 0 and ignore writes', (t) => {
	const {board} = createBoard({harts: 2})
	t.is(board.bus.write(base + 8, 4, 1), 1)
	t.is(board.bus.read(base + 8, 4), 0)
	t.is(board.bus.write(mtimecmp(2), 4, 5), 1)
	t.is(board.bus.read(mtimecmp(2), 4), 0)
})
