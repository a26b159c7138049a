/** The layout of RCU in shared memory: the grace-period state and one slot per reader. */
import {array, type RegionRequest, sharedStruct} from '../memory/index.ts'
import {LatencyHistogram} from './latency-histogram.ts'

/** Grace periods are numbered 1, 3, 5, …: the low word of a number is never 0, which in a slot means *offline*. */
export const gracePeriodStep = 2

/**
 * One per memory. All 64-bit counters are read as two 32-bit words, so that no path needs a BigInt; see counter.ts.
 * A zero-filled state is a valid one: the first Rcu over it numbers the first grace period.
 */
export const RcuState = sharedStruct(
	{
		// read by every reader at every quiescent state, written once per grace period: 128 bytes of its own
		/** The number of the latest grace period that began. */
		counter: 'i64',
		counterPadding: array('i64', 15),

		// any thread
		/** 1: the thread that next advances the state begins a new grace period. */
		wanted: 'i32',
		/** 0 free, 1 held, 2 held and the holder must scan again. No thread waits for it. */
		advancing: 'i32',
		/** 1 + the index of the reader that the grace period `target` waits for; 0 = none. */
		holdout: 'i32',

		// written by the thread that holds `advancing`
		/** When the latest grace period began, and the one in `target`: microseconds modulo 2^32. */
		counterBegan: 'i32',
		targetBegan: 'i32',
		/** 1: `targetBegan` is valid. */
		targetTimed: 'i32',
		/** Every grace period up to this one has elapsed. */
		completed: 'i64',
		/** The grace period that is being waited for; equal to `completed` when there is none. */
		target: 'i64',
		gracePeriods: 'i32',

		// stall reports, any thread
		stalls: 'i32',
		/** 1 + the index of the reader that the last report names. */
		lastStallReader: 'i32',
		lastStallMicroseconds: 'i32',
		latency: LatencyHistogram,
	},
	{align: 128},
)

/** One reader's. Padded to two cache lines, because the adjacent-line prefetcher couples them. */
export const RcuSlot = sharedStruct(
	{
		/**
		 * Low word 0: offline. Otherwise the number of the latest grace period that had begun at the reader's last
		 * quiescent state. Written by the reader only.
		 */
		seen: 'i64',
		/** Threads that sleep on the low word of `seen`. Written by waiters. */
		waiters: 'i32',
		/** Quiescent states that had to be announced. Plain: only the reader writes it. */
		announced: 'i32',
		reserved: array('i64', 14),
	},
	{align: 128},
)

/** The region that an Rcu for `readers` readers lies in. */
export function rcuRegion(readers: number): RegionRequest {
	return {name: 'rcu', size: RcuState.size + readers * RcuSlot.size, align: RcuState.align}
}
