import test from 'ava'
import {boardMap, Finisher, type Stop, StopReason} from '../../src/board/index.ts'
import {createBoard} from './support.ts'

const stops = test.macro({
	exec(t, value: number, stop: Stop | undefined) {
		const {board} = createBoard()
		t.is(board.bus.write(boardMap.testFinisher.base, 4, value), 1)
		t.deepEqual(board.control.stop(), stop)
	},
	title: (given) => given ?? '',
})

test('pass powers off', stops, Finisher.pass, {reason: StopReason.powerOff, exitCode: 0, hart: -1})
test('reset reboots', stops, Finisher.reset, {reason: StopReason.reboot, exitCode: 0, hart: -1})
test('fail exits with its code', stops, (7 << 16) | Finisher.fail, {
	reason: StopReason.exitCode,
	exitCode: 7,
	hart: -1,
})
test('another value does nothing', stops, 1, undefined)
