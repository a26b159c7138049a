/** What a hart's thread needs to note its times, and to trace them: its parts are put in the places of those that note nothing. */
import {Activity} from '../hart/index.ts'
import type {SharedMemory} from '../memory/index.ts'
import {recordLatency} from '../rcu/index.ts'
import type {TlbObserver} from '../tlb/index.ts'
import {EventRing} from './event-ring.ts'
import {TimedNote} from './timed-note.ts'
import {type TraceOrigin, traceClock} from './trace-clock.ts'
import {EventKind, HartTimes, hasRegion, traceRegions} from './trace-layout.ts'
import {TracedBlocks} from './traced-blocks.ts'
import {TracedTables} from './traced-tables.ts'

type TimedImports = Readonly<{
	mmioRead(gpa: number, bytes: number): number
	mmioWrite(gpa: number, bytes: number, low: number, high: number): number
	flushBegins(): void
	flushEnds(regimes: number): void
}>

/** Of the machine's clock. */
const ticksPerMicrosecond = 10
/** Microseconds between two looks at the run delay. */
const delayPeriod = 5000

export class HartTrace {
	readonly blocks: TracedBlocks
	readonly note: TimedNote
	/** For the hart's Tlb. */
	readonly observer: TlbObserver
	readonly #memory: SharedMemory
	readonly #times: number
	/** HartTimes.descheduled. Plain: only this thread writes it. */
	readonly #descheduled: Float64Array
	readonly #now: () => number
	readonly #ring: EventRing | undefined
	/** When a wait for a device's lock began. */
	#lockWaited = 0
	#delayRead = 0
	/** Run delay before the first look: while the thread started. Nanoseconds. */
	#delayBefore: number | undefined

	/** @returns undefined if neither times nor a trace are asked for. */
	static of(memory: SharedMemory, options: {hart: number; harts: number; origin: TraceOrigin}): HartTrace | undefined {
		return hasRegion(memory.map, 'times') ? new HartTrace(memory, options) : undefined
	}

	private constructor(memory: SharedMemory, {hart, harts, origin}: {hart: number; harts: number; origin: TraceOrigin}) {
		this.#memory = memory
		this.#now = traceClock(origin)
		this.#times = memory.region(traceRegions.times).offset + hart * HartTimes.size
		this.#descheduled = new Float64Array(memory.i32.buffer, this.#times + HartTimes.offset.descheduled, 1)
		this.#ring = hasRegion(memory.map, 'rings') ? new EventRing(memory, {index: hart, harts}) : undefined
		const common = {now: this.#now, ring: this.#ring}
		const blocks = new TracedBlocks(memory, harts, {self: hart, ...common})
		const tables = this.#ring && new TracedTables(memory, {blocks, self: hart, now: this.#now, ring: this.#ring})
		this.blocks = blocks
		this.note = new TimedNote(memory, blocks.base(hart), {times: this.#times, ...common, tables})
		blocks.note = this.note
		this.observer = {
			fenceRings: (target) => blocks.fenceRings(target),
			swapped: (emptied, epoch) => tables?.swapped(emptied, epoch),
			advanced: (emptied, generation) => tables?.advanced(emptied, generation),
		}
	}

	/** The same functions, with times. */
	time<Imports extends TimedImports>(imports: Imports): Imports {
		const {note} = this
		let beforeFlush: Activity = Activity.guestCode
		return {
			...imports,
			mmioRead: (gpa, bytes) => {
				const before = note.begin(Activity.device)
				const low = imports.mmioRead(gpa, bytes)
				note.end(before)
				return low
			},
			mmioWrite: (gpa, bytes, low, high) => {
				const before = note.begin(Activity.device)
				const taken = imports.mmioWrite(gpa, bytes, low, high)
				note.end(before)
				return taken
			},
			flushBegins: () => {
				beforeFlush = note.begin(Activity.flush)
				imports.flushBegins()
			},
			flushEnds: (regimes) => {
				imports.flushEnds(regimes)
				note.end(beforeFlush)
			},
		}
	}

	/** A slice of guest code begins. @param ticks the machine's clock, which has just been read: it has the trace's origin. */
	beginGuest(ticks: number): Activity {
		const {note} = this
		return note.beginAt(Activity.guestCode, Math.max(note.latest, ticks / ticksPerMicrosecond))
	}

	/** For Rcu: a grace period has elapsed, on this thread. @param lasted microseconds. */
	readonly onGracePeriod = (gracePeriod: number, lasted: number): void => {
		if (!this.#ring?.isOpen) return
		const ended = this.#now()
		this.#ring.add(EventKind.gracePeriod, ended - lasted, lasted, gracePeriod | 0, Math.floor(gracePeriod / 2 ** 32))
	}

	/** For the board's locks. */
	readonly lockTimer = {
		begins: (): void => {
			this.#lockWaited = this.#now()
		},
		ends: (): void => {
			const waited = Math.max(0, Math.floor(this.#now() - this.#lockWaited))
			recordLatency(this.#memory.i32, this.#times + HartTimes.offset.locks, waited)
		},
	}

	/** The hart has answered the fences that it took with its bells. Notes the run delay, now and then. @param delay of this thread. */
	answered(delay: {read(): void; readonly waited: number} | undefined): void {
		this.blocks.answered()
		const now = this.note.latest
		if (!delay || now - this.#delayRead < delayPeriod) return
		this.#delayRead = now
		this.#delayBefore ??= delay.waited
		delay.read()
		this.#descheduled[0] = (delay.waited - this.#delayBefore) / 1000
	}
}
