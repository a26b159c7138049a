/** A hart's note of what it does, which also counts the time that each activity takes, and traces it. On the hart's thread. */
import {Activity, ActivityNote, fieldOffset} from '../hart/index.ts'
import type {SharedMemory} from '../memory/index.ts'
import {type FlushCause, TlbState, tlbStateOffset} from '../tlb/index.ts'
import type {EventRing} from './event-ring.ts'
import {HartTimes} from './trace-layout.ts'
import type {TracedTables} from './traced-tables.ts'

/** Activities inside one another, at most: far more than there are. */
const deepest = 16
/** Microseconds: shorter flushes, device accesses and requests for translations are counted, but not traced. There may be a million a second. */
const shortestTraced = 1
/** x16 and x17: the function and the extension of an SBI call. */
const [functionRegister, extensionRegister] = [16, 17]
/** As the cause of a flush: a fence of another hart's is answered. */
export const answersFence = -1

export class TimedNote extends ActivityNote {
	readonly #words: Int32Array<SharedArrayBuffer>
	readonly #doubles: Float64Array
	readonly #block: number
	/** Index of HartTimes.spent. */
	readonly #spent: number
	readonly #now: () => number
	readonly #ring: EventRing | undefined
	readonly #tables: TracedTables | undefined
	/** The innermost activity's place in what follows. */
	#depth = 0
	readonly #activities = new Int32Array(deepest)
	readonly #began = new Float64Array(deepest)
	readonly #details = new Int32Array(deepest * 4)
	/** 1 if its details are noted: the ring was open as it began. Else it is left out, and costs next to nothing. */
	readonly #noted = new Int8Array(deepest)
	#wasNoted = false
	/** What has just ended is a fence: the SBI call around it ends at that time, too. */
	#fenceEnded = false
	/** Indices of words. */
	readonly #instret: number
	readonly #budget: number
	readonly #reserve: number
	readonly #swaps: number
	readonly #generations: number
	/** When the innermost activity was begun, or went on. */
	#since: number

	/** @param options.times offset of the hart's HartTimes. @param options.now microseconds. */
	constructor(
		memory: SharedMemory,
		block: number,
		{
			times,
			now,
			ring,
			tables,
		}: {times: number; now: () => number; ring: EventRing | undefined; tables?: TracedTables | undefined},
	) {
		super(memory, block)
		this.#words = memory.i32
		this.#doubles = new Float64Array(memory.i32.buffer)
		this.#block = block
		this.#spent = (times + HartTimes.offset.spent) >>> 3
		this.#now = now
		this.#ring = ring
		this.#tables = tables
		this.#since = now()
		this.#activities[0] = Activity.parked
		this.#instret = (block + fieldOffset.instret) >>> 2
		this.#budget = (block + fieldOffset.budget) >>> 2
		this.#reserve = (block + fieldOffset.reserve) >>> 2
		this.#swaps = (block + tlbStateOffset + TlbState.offset.swaps) >>> 2
		this.#generations = (block + tlbStateOffset + TlbState.offset.generations) >>> 2
	}

	/** Begins the run loop, or parks, without an end; all others end. */
	override begin(activity: Activity): Activity {
		// The guest's code has just ended; the call's arguments are part of the fence.
		const follows = activity === Activity.sbiCall || activity === Activity.fence
		return this.beginAt(activity, follows ? this.#since : this.#now())
	}

	/** @param now microseconds; not before `latest`. */
	beginAt(activity: Activity, now: number): Activity {
		this.#spend(now)
		this.#fenceEnded = false
		const isOutermost = activity === Activity.runLoop || activity === Activity.parked
		this.#depth = isOutermost ? 0 : Math.min(this.#depth + 1, deepest - 1)
		this.#activities[this.#depth] = activity
		this.#began[this.#depth] = now
		if (this.#ring) this.#beginEvent(this.#ring, activity, now)
		return super.begin(activity)
	}

	override end(before: Activity): void {
		const activity = this.#activities[this.#depth]
		// Both clocks that it may have begun by agree to some hundred nanoseconds.
		const now = this.#fenceEnded && activity === Activity.sbiCall ? this.#since : Math.max(this.#since, this.#now())
		this.#spend(now)
		this.#fenceEnded = activity === Activity.fence
		if (this.#ring) this.#trace(this.#ring, now)
		if (this.#depth > 0) this.#depth--
		super.end(before)
	}

	/** Of the innermost activity, in the trace. */
	detail(index: 0 | 1, value: number): void {
		this.#details[this.#depth * 4 + index] = value
	}

	/** When it last read the clock, microseconds: when an activity began or ended. */
	get latest(): number {
		return this.#since
	}

	#spend(now: number): void {
		// Plain: only this thread writes it. A sleep is part of what sleeps.
		const inner = this.#activities[this.#depth]!
		const outer = this.#depth > 0 ? this.#activities[this.#depth - 1]! : inner
		const isPart = inner === Activity.sleep && (outer === Activity.halt || outer === Activity.nap)
		this.#doubles[this.#spent + (isPart ? outer : inner)]! += now - this.#since
		this.#since = now
	}

	#beginEvent(ring: EventRing, activity: Activity, now: number): void {
		const isNoted = ring.isOpenAt(now)
		this.#noted[this.#depth] = isNoted ? 1 : 0
		if (isNoted) {
			// What was left out until now does not come late.
			if (!this.#wasNoted) this.#tables?.look()
			this.#notePlace(activity)
		}
		this.#wasNoted = isNoted
	}

	/** What its details say as it begins. */
	#notePlace(activity: Activity): void {
		const [words, block, details] = [this.#words, this.#block, this.#details]
		const at = this.#depth * 4
		details[at] = 0
		details[at + 1] = 0
		details[at + 2] = 0
		details[at + 3] = 0
		switch (activity) {
			case Activity.guestCode:
				details[at] = this.#retired()
				break
			case Activity.sbiCall:
				details[at] = words[(block + fieldOffset.x + extensionRegister * 8) >>> 2]!
				details[at + 1] = words[(block + fieldOffset.x + functionRegister * 8) >>> 2]!
				break
			case Activity.device:
				details[at] = words[(block + fieldOffset.activityAt) >>> 2]!
				return
			case Activity.flush:
				details[at] = this.#emptied()
				return
			case Activity.halt:
				break
			default:
				return
		}
		details[at + 2] = words[(block + fieldOffset.pc) >>> 2]!
		details[at + 3] = words[(block + fieldOffset.pc + 4) >>> 2]!
	}

	#trace(ring: EventRing, now: number): void {
		const at = this.#depth * 4
		const details = this.#details
		const activity = this.#activities[this.#depth]!
		const began = this.#began[this.#depth]!
		const lasted = now - began
		const isNoted = this.#noted[this.#depth] === 1
		switch (activity) {
			case Activity.nap:
				// Mostly cores are not short, and it does not sleep.
				return
			case Activity.sleep: {
				const outer = this.#depth > 0 ? this.#activities[this.#depth - 1]! : activity
				if (outer === Activity.halt) return
				ring.add(outer === Activity.nap ? Activity.nap : activity, began, lasted)
				return
			}
			case Activity.device:
			case Activity.compilation:
				if (lasted < shortestTraced) return
				break
			case Activity.fence:
				if (isNoted) this.#tables?.noteOwn(now)
				break
			case Activity.flush:
				if (!isNoted) {
					if (lasted < shortestTraced) return
					break
				}
				this.#tables?.noteOwn(now)
				if (details[at + 1] !== answersFence) {
					details[at] = this.#emptied() - details[at]!
					if (details[at] === 0 && lasted < shortestTraced) return
					details[at + 1] = this.#words[
						(this.#block + tlbStateOffset + TlbState.offset.flushCause) >>> 2
					]! as FlushCause
				}
				break
			case Activity.guestCode:
				if (!isNoted) break
				// Those of flushes that are not noted.
				this.#tables?.noteOwn(now)
				details[at] = (this.#retired() - details[at]!) | 0
				break
		}
		if (isNoted) ring.add(activity, began, lasted, details[at], details[at + 1], details[at + 2], details[at + 3])
		else ring.leaveOut(now)
	}

	/** Modulo 2^32: as retired() in src/hart/core/retired.ts. */
	#retired(): number {
		const words = this.#words
		return (words[this.#instret]! - words[this.#budget]! - words[this.#reserve]!) | 0
	}

	/** Tables that were swapped, or began a generation. */
	#emptied(): number {
		// Plain: statistics.
		return this.#words[this.#swaps]! + this.#words[this.#generations]!
	}
}
