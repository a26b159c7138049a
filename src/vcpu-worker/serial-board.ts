/** In serial mode: what the board takes from the host otherwise, and what a thread does for all others when it has the turn. */
import {type Board, type BoardOptions, MainDoorbell, timebaseHertz} from '../board/index.ts'
import {randomBytes, type SerialConfig, type ThreadTurns, type TurnEvents} from '../serial/index.ts'
import type {Tlb} from '../tlb/index.ts'
import {ticksPerMillisecond} from './timers.ts'

/** The real-time clock's first time, in milliseconds since 1970: 1 January 2026. */
const firstTime = 1_767_225_600_000
const nanosecondsPerTick = 1e9 / timebaseHertz

/** @param now ticks of the virtual clock. @param stream of random bytes: the hart, or the number of harts for the main thread. */
export function serialBoard(
	{seed}: SerialConfig,
	stream: number,
	now: () => number,
): Pick<BoardOptions, 'wallTime' | 'fillRandom' | 'announcesOutput'> {
	return {
		wallTime: () => firstTime + now() / ticksPerMillisecond,
		fillRandom: randomBytes(seed, stream),
		announcesOutput: false,
	}
}

/** @param parts.isPaused whether the hart's doorbell says that the machine pauses. */
export function turnEvents(parts: {
	turns: ThreadTurns
	board: Board
	tlb: Tlb
	now: () => number
	retired: () => number
	isPaused: () => boolean
}): TurnEvents {
	const {turns, board, tlb, now, retired, isPaused} = parts
	return {
		retired,
		settle: () => {
			if (board.uart.hasOutput) turns.awaitOutput(() => board.control.ringMain(MainDoorbell.consoleOutput), isPaused)
		},
		deadline: () => now() + Math.ceil(board.rtc.untilAlarm() / nanosecondsPerTick),
		serve: () => void board.rtc.serveAlarm(),
		help: () => {
			tlb.recycleRetired()
			tlb.checkQuarantine()
		},
	}
}
