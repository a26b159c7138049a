/** The main thread's part in times and traces: looks at what harts do, and takes their events to the file. */
import {HartRegisters} from '../../hart/index.ts'
import type {SharedMemory, VcpuBlocks} from '../../memory/index.ts'
import {
	ActivitySampler,
	EventKind,
	EventReader,
	EventRing,
	type HartTime,
	quotaPeriod,
	readHartTime,
	type TraceOrigin,
	traceClock,
} from '../../trace/index.ts'
import {type Naming, TraceEvents} from './trace-events.ts'
import type {TraceFile} from './trace-file.ts'

/** Milliseconds between two looks: each wakes the main thread, which may take a hart's core. */
const lookPeriod = 10
/** Milliseconds after which events are taken out at the latest, and counters written. */
const drainPeriod = 100

export type TraceStatistics = Readonly<{
	/** In the file. */
	events: number
	bytes: number
	/** Events that found their thread's ring full. */
	dropped: number
	/** Events above their thread's rate. */
	leftOut: number
	/** Events that would have made the file larger than it may be. */
	cut: number
	/** Ends of arrows without another end. */
	loose: number
	/** Why writing failed. */
	failure?: string
}>

type Trace = Readonly<{file: TraceFile; events: TraceEvents; readers: readonly EventReader[]; ring: EventRing}>

export class MachineTimes implements Disposable {
	readonly #memory: SharedMemory
	readonly #harts: number
	readonly #registers: readonly HartRegisters[]
	readonly #sampler: ActivitySampler
	readonly #now: () => number
	readonly #trace: Trace | undefined
	#timer: NodeJS.Timeout | undefined
	#drained = 0
	/** By hart: instructions at the last counter. */
	readonly #instructions: number[]
	#jobs = 0
	#closed = false

	constructor(
		memory: SharedMemory,
		{
			blocks,
			origin,
			file,
			rate,
			naming,
		}: {
			blocks: VcpuBlocks
			origin: TraceOrigin
			file: TraceFile | undefined
			/** Events that each thread may add in a second. */
			rate: number
			naming: Naming
		},
	) {
		const harts = blocks.count
		this.#memory = memory
		this.#harts = harts
		this.#now = traceClock(origin)
		this.#sampler = new ActivitySampler(blocks)
		const numbers = Array.from({length: harts + 1}, (_, index) => index)
		this.#registers = numbers.slice(0, harts).map((hart) => new HartRegisters(memory, blocks.base(hart)))
		this.#instructions = this.#registers.map(() => 0)
		this.#trace = file && {
			file,
			events: new TraceEvents(file, {harts, naming}),
			readers: numbers.map((index) => new EventReader(memory, {index, harts})),
			ring: new EventRing(memory, {index: harts, harts}),
		}
		for (const reader of this.#trace?.readers ?? []) reader.setQuota(Math.ceil((rate * quotaPeriod) / 1e6))
	}

	/** For Rcu: a grace period has elapsed, on this thread. @param lasted microseconds. */
	readonly onGracePeriod = (gracePeriod: number, lasted: number): void => {
		this.#trace?.ring.add(
			EventKind.gracePeriod,
			this.#now() - lasted,
			lasted,
			gracePeriod | 0,
			Math.floor(gracePeriod / 2 ** 32),
		)
	}

	/** Looks from now on, until stop(). */
	start(): void {
		this.#timer ??= setInterval(() => this.#look(), lookPeriod).unref()
	}

	stop(): void {
		clearInterval(this.#timer)
		this.#timer = undefined
		this.#drain()
	}

	#look(): void {
		this.#sampler.look()
		const readers = this.#trace?.readers
		if (!readers) return
		const isDue = this.#now() - this.#drained >= drainPeriod * 1000
		if (isDue || readers.some((reader) => reader.isFilling)) this.#drain()
	}

	/** A job of the helpers, from here until `job` ends. */
	async traceJob<Result>(name: string, job: Promise<Result>, args?: (result: Result) => string): Promise<Result> {
		const events = this.#trace?.events
		if (!events) return await job
		const began = this.#now()
		const number = ++this.#jobs
		const result = await job
		if (!this.#closed) events.addJob(name, {number, began, ended: this.#now()}, args?.(result))
		return result
	}

	#drain(): void {
		const trace = this.#trace
		if (!trace || this.#closed) return
		const began = this.#now()
		let taken = 0
		for (const [thread, reader] of trace.readers.entries())
			taken += reader.take((event) => trace.events.add(thread, event))
		if (began - this.#drained >= drainPeriod * 1000) this.#count(trace.events, began)
		trace.file.flush()
		if (taken > 0) trace.ring.add(EventKind.drain, began, this.#now() - began, taken)
	}

	#count(events: TraceEvents, now: number): void {
		const period = now - this.#drained
		this.#drained = now
		for (const [hart, registers] of this.#registers.entries()) {
			const instructions =
				registers.number('instret') - (registers.word('budget') | 0) - (registers.word('reserve') | 0)
			events.addCounter(
				hart,
				now,
				'million instructions per second',
				(instructions - this.#instructions[hart]!) / period,
			)
			this.#instructions[hart] = instructions
		}
	}

	/** @param hart its number. */
	timeOf(hart: number): HartTime {
		return readHartTime(this.#memory, hart, this.#sampler.samples[hart]!)
	}

	/** Undefined if nothing is traced. */
	statistics(): TraceStatistics | undefined {
		if (!this.#trace) return undefined
		const {file, events, readers} = this.#trace
		const {bytes, cut, failure} = file
		const dropped = readers.reduce((sum, reader) => sum + reader.lost, 0)
		const leftOut = readers.reduce((sum, reader) => sum + reader.beyondQuota, 0)
		return {
			events: file.events,
			bytes,
			dropped,
			leftOut,
			cut,
			loose: events.loose,
			...(failure !== undefined && {failure}),
		}
	}

	/** Writes what is left, and closes the file. */
	[Symbol.dispose](): void {
		if (this.#closed) return
		this.stop()
		this.#closed = true
		const trace = this.#trace
		if (!trace) return
		const {dropped, leftOut, cut, loose} = this.statistics()!
		const args = `{"dropped":${dropped},"leftOut":${leftOut},"cut":${cut},"loose":${loose}}`
		trace.file.close(
			`"name":"end of trace","ph":"i","s":"g","ts":${Math.round(this.#now())},"tid":${this.#harts + 1},"args":${args}`,
		)
	}
}
