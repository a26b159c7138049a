/** The regions where harts note times and events. They are there only if that is asked for; else nothing is noted. */
import {array, type MemoryMap, type RegionRequest, sharedStruct} from '../memory/index.ts'
import {LatencyHistogram} from '../rcu/index.ts'

export const mostActivities = 16
/** As maximumHarts. */
const mostHarts = 64

/** One per hart. */
export const HartTimes = sharedStruct(
	{
		/** Float64, microseconds by Activity, each without those that it contained. Plain: the owner writes; reports may be out of date. */
		spent: array('i64', mostActivities),
		/** Float64, microseconds that the thread could have run, but had no core; plain, as `spent`. */
		descheduled: 'i64',
		/** From another thread's ring of the doorbell until the hart took it, microseconds. The owner. */
		doorbells: LatencyHistogram,
		/** Waits of this hart's thread for a device's lock that another thread held, microseconds. The owner. */
		locks: LatencyHistogram,
		/** By initiator: the number of its latest fence that this hart has not answered; 0 = none. The initiator, and the owner. */
		fences: array('i32', mostHarts),
		/** By raiser: the number of its latest software interrupt whose bell this hart has not taken, as `fences`. */
		ipis: array('i32', mostHarts),
	},
	{align: 128},
)

/** One per hart, and one for the main thread: a ring of events. */
export const TraceRing = sharedStruct(
	{
		/** Events written so far, and events that found no room; modulo 2^32. The owner. */
		head: 'i32',
		dropped: 'i32',
		/** Events that were left out, because there were more than `quota`. The owner. */
		leftOut: 'i32',
		/** Events that the owner may add in each quotaPeriod. Written before it runs. */
		quota: 'i32',
		unused: array('i32', 28),
		/** Events taken out so far. The main thread. */
		tail: 'i32',
		unusedToo: array('i32', 31),
	},
	{align: 128},
)

export const TraceEvent = sharedStruct({
	/** Float64, microseconds since the machine was created; and how long it lasted. */
	time: 'i64',
	duration: 'i64',
	/** EventKind. */
	kind: 'i32',
	/** What they mean depends on the kind. */
	details: array('i32', 4),
	unused: 'i32',
})

/** Slices have the number of their Activity. */
export const EventKind = {
	/** A hart has taken the bell of interrupts. Details: mip's bits that others set. */
	interrupt: 32,
	/** A thread raises a software interrupt. Details: the hart; mip's bits; the interrupt's number, or 0 if it was raised already. */
	ipi: 33,
	/** A fence rings a target. Details: the target, the fence's number. */
	fenceRings: 34,
	/** A target takes it, and all before it. Details: the initiator, the fence's number. */
	fenceTaken: 35,
	/** A grace period has elapsed. Details: its number as two words. */
	gracePeriod: 36,
	/** A hart takes it, and all before it. Details: the raiser, the interrupt's number. */
	ipiTaken: 39,
	/** A table was exchanged for another. Details: the hart; the regime; the cause; how many of its tables were. */
	swap: 40,
	/** A table has begun a generation. Details: the hart; the regime; the cause; the generation's number. */
	generation: 41,
	/** Events were left out meanwhile. Details: how many. */
	leftOut: 38,
	/** The main thread took events out of the rings, and wrote them. Details: how many. */
	drain: 37,
} as const

/** Microseconds. */
export const quotaPeriod = 100_000

/** Events of a ring at most and at least, and of all rings together. */
const [mostRingEvents, fewestRingEvents, ringEventsInAll] = [32_768, 8192, 2 ** 18]

/** Events that a thread has room for: at the highest rates seen, those of some seconds. */
export function ringEvents(harts: number): number {
	return Math.min(mostRingEvents, Math.max(fewestRingEvents, Math.floor(ringEventsInAll / harts)))
}

export const traceRegions = {times: 'times', rings: 'trace'} as const

export function timesRegion(harts: number): RegionRequest {
	return {name: traceRegions.times, size: harts * HartTimes.size, align: HartTimes.align}
}

export function ringsRegion(harts: number, events: number): RegionRequest {
	return {name: traceRegions.rings, size: (harts + 1) * ringBytes(events), align: TraceRing.align}
}

function ringBytes(events: number): number {
	return TraceRing.size + events * TraceEvent.size
}

export function hasRegion({regions}: MemoryMap, region: keyof typeof traceRegions): boolean {
	return traceRegions[region] in regions
}
