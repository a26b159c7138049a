import test from 'ava'
import {boardMap, MainDoorbell} from '../../src/board/index.ts'
import {Mip} from '../../src/memory/index.ts'
import {createBoard} from './support.ts'

const {base, irq} = boardMap.rtc
const milliseconds = 1_750_000_000_123
const nanoseconds = BigInt(milliseconds) * 1_000_000n
const low = (value: bigint) => Number(BigInt.asUintN(32, value))
const high = (value: bigint) => Number(value >> 32n)

test('reading the low word latches the high one', (t) => {
	let now = milliseconds
	const {board} = createBoard({wallTime: () => now})
	t.is(board.bus.read(base, 4), low(nanoseconds))
	now += 100_000
	t.is(board.bus.read(base + 4, 4), high(nanoseconds))
	t.is(board.bus.read(base, 4), low(nanoseconds + 100_000_000_000n))
	t.is(board.bus.read(base + 4, 4), high(nanoseconds + 100_000_000_000n))
})

test('a clock that the guest has set runs on from there', (t) => {
	let now = milliseconds
	const {board} = createBoard({wallTime: () => now})
	board.bus.write(base + 4, 4, 0x0123)
	board.bus.write(base, 4, 0x4567_89ab)
	now += 1
	t.is(board.bus.read(base, 4), 0x4567_89ab + 1_000_000)
	t.is(board.bus.read(base + 4, 4), 0x0123)
})

test('the alarm interrupts when the main thread finds it due, until it is cleared', (t) => {
	let now = milliseconds
	const {board, pending} = createBoard({wallTime: () => now})
	board.bus.write(boardMap.plic.base + irq * 4, 4, 1)
	board.bus.write(boardMap.plic.base + 0x2000 + 0x80, 4, 1 << irq)
	t.is(board.rtc.serveAlarm(), undefined)
	board.bus.write(base + 0x10, 4, 1)
	board.bus.write(base + 0x0c, 4, high(nanoseconds + 5_000_000n))
	board.bus.write(base + 0x08, 4, low(nanoseconds + 5_000_000n))
	t.is(board.control.takeMain(), MainDoorbell.rtcAlarm)
	t.is(board.bus.read(base + 0x18, 4), 1)
	t.is(board.rtc.serveAlarm(), 5)
	t.is(pending(0), 0)
	now += 5
	t.is(board.rtc.serveAlarm(), undefined)
	t.is(board.bus.read(base + 0x18, 4), 0)
	t.is(pending(0), Mip.SEIP)
	board.bus.write(base + 0x1c, 4, 1)
	t.is(pending(0), 0)
})
