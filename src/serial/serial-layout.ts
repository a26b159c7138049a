/** The words of serial mode in shared memory. Whoever has the turn reads and writes them; the turn's handover orders that. */
import {array, type RegionRequest, sharedStruct} from '../memory/index.ts'

export const SerialState = sharedStruct(
	{
		/** The thread that has the turn. */
		holder: 'i32',
		/** 1 while the holder waits for the world outside: every thread waits, and none for a time. */
		idle: 'i32',
		/** Decisions so far: at the end of each slice, at each wait, and at each point within. */
		steps: 'i32',
		/** Slices in a row that ended without a handover. */
		slices: 'i32',
		/** The helper, which has no thread of its own, has been asked to clear tables. */
		helpWanted: 'i32',
		/** 1 from the request of console output to be taken until the main thread has taken all. */
		outputAsked: 'i32',
		// of the schedule
		/** 1: by the forced entries below, and else the usual way; 0: by lot. */
		isForced: 'i32',
		/** Handovers that were recorded, and the room for them. */
		recorded: 'i32',
		capacity: 'i32',
		/** The virtual clock, as a 64-bit float: ticks of the timebase. */
		clock: 'i64',
		reserved: array('i32', 21),
	},
	{align: 128},
)

export const ThreadState = {away: 0, ready: 1, waiting: 2} as const

export const SerialThread = sharedStruct(
	{
		/** 1: it has the turn. The thread sleeps on this word. */
		turn: 'i32',
		/** ThreadState. */
		state: 'i32',
		/** A waiting thread's word, as an index of 32-bit words, or 0: a time only; and the value that it waits to change. */
		word: 'i32',
		value: 'i32',
		/** The time at which the wait is over, as `clock`. */
		until: 'i64',
		/** Slices so far. */
		slices: 'i32',
		/** The step before which it gets no turn by lot, while another thread can run. */
		setAside: 'i32',
		/** Decisions of the thread so far; and the entries, of those that are sorted by thread, that are still to be forced. */
		steps: 'i32',
		nextForced: 'i32',
		endForced: 'i32',
		reserved: array('i32', 5),
	},
	{align: 64},
)

/** A handover that is not the usual one: at which step of which thread, and to whom. Recorded ones say where, too. */
export const SerialEntry = sharedStruct({step: 'i32', thread: 'i32', from: 'i32', point: 'i32'}, {align: 16})

export const serialRegionName = 'serial'

/** @param entries room for handovers, recorded or forced. */
export function serialRegion(threads: number, entries: number): RegionRequest {
	const size = SerialState.size + threads * SerialThread.size + entries * SerialEntry.size
	return {name: serialRegionName, size, align: SerialState.align}
}

export function serialThreadOffset(region: number, thread: number): number {
	return region + SerialState.size + thread * SerialThread.size
}

export function serialEntryOffset(region: number, threads: number, entry: number): number {
	return region + SerialState.size + threads * SerialThread.size + entry * SerialEntry.size
}
