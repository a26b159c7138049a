/** Where a hart's time went, as a plain object. */
import {Activity} from '../hart/index.ts'
import type {SharedMemory} from '../memory/index.ts'
import {type LatencySummary, summarizeLatency} from '../rcu/index.ts'
import type {Samples} from './activity-sampler.ts'
import {HartTimes, traceRegions} from './trace-layout.ts'

/** Milliseconds, unless said otherwise. All but `descheduled` add up to the time since the hart's thread was ready. */
export type HartTime = Readonly<{
	/** Guest code, by samples: in regions, in the interpreter, in page walks. */
	translated: number
	interpreted: number
	pageWalk: number
	/** The looks that these three are estimated from. */
	samples: number
	/** Emptying TLB tables, for the hart itself and for others. */
	flush: number
	/** Waiting until other harts have passed a fence. */
	fence: number
	/** Giving its core away, because it spins or another hart needs the core. */
	pause: number
	device: number
	/** Waiting until the console has room. */
	console: number
	/** Waiting for an interrupt, or stopped or suspended. */
	wfi: number
	/** Stuck: see docs/architecture.md. */
	stuck: number
	/** Handing places to the translator, installing what it made, and translating itself if it does. */
	compilation: number
	/** Calls of the built-in SBI, without the waits above. */
	sbi: number
	/** The run loop: bells, timers, code that was changed. */
	runLoop: number
	/** Its thread waits for the main thread. */
	parked: number
	/** Part of the others: it could have run, but had no core. Absent where the host does not count it. */
	descheduled?: number
	/** From another thread's ring of the doorbell until the hart took it, microseconds. */
	doorbells: LatencySummary
	/** Waits for a device's lock that another thread held, microseconds. */
	locks: LatencySummary
}>

/** @param samples of this hart. */
export function readHartTime({i32, map}: SharedMemory, hart: number, samples: Samples): HartTime {
	const region = map.regions[traceRegions.times]!
	const base = region.offset + hart * HartTimes.size
	// Plain: a report; the owner may be writing.
	const doubles = new Float64Array(i32.buffer)
	const spent = (activity: Activity) => doubles[(base + HartTimes.offset.spent) / 8 + activity]! / 1000
	const descheduled = doubles[(base + HartTimes.offset.descheduled) / 8]! / 1000
	const guest = spent(Activity.guestCode)
	const all = samples.translated + samples.interpreted + samples.pageWalk
	const share = (count: number) => (all === 0 ? 0 : (guest * count) / all)
	return {
		translated: share(samples.translated),
		// Without samples it was short.
		interpreted: all === 0 ? guest : share(samples.interpreted),
		pageWalk: share(samples.pageWalk),
		samples: all,
		flush: spent(Activity.flush),
		fence: spent(Activity.fence),
		pause: spent(Activity.nap),
		device: spent(Activity.device),
		console: spent(Activity.console),
		wfi: spent(Activity.halt),
		stuck: spent(Activity.sleep),
		compilation: spent(Activity.compilation),
		sbi: spent(Activity.sbiCall),
		runLoop: spent(Activity.runLoop),
		parked: spent(Activity.parked),
		...(descheduled > 0 && {descheduled}),
		doorbells: summarizeLatency(i32, base + HartTimes.offset.doorbells),
		locks: summarizeLatency(i32, base + HartTimes.offset.locks),
	}
}
