/**
 * A bounded ring of events: one thread writes, the main thread takes them out. A full ring drops the newest, and counts them. So
 * does a thread that has had its quota of the present tenth of a second: what is traced is to go on as if it were not.
 */
import type {SharedMemory} from '../memory/index.ts'
import {EventKind, quotaPeriod, TraceEvent, TraceRing, traceRegions} from './trace-layout.ts'

/** What an event says; reused from one to the next. */
export type TakenEvent = {time: number; duration: number; kind: number; details: Int32Array}

const {time, duration, kind, details} = TraceEvent.offset

class Ring {
	protected readonly words: Int32Array<SharedArrayBuffer>
	protected readonly times: Float64Array
	protected readonly events: number
	/** Offset of the first event. */
	protected readonly first: number
	// indices of words
	protected readonly head: number
	protected readonly tail: number
	protected readonly dropped: number
	protected readonly leftOut: number
	protected readonly quota: number

	/** @param options.index the hart; the number of harts: the main thread's. */
	constructor(memory: SharedMemory, {index, harts}: {index: number; harts: number}) {
		const region = memory.region(traceRegions.rings)
		const bytes = region.size / (harts + 1)
		const offset = region.offset + index * bytes
		this.words = memory.i32
		this.times = new Float64Array(memory.i32.buffer)
		this.events = Math.floor((bytes - TraceRing.size) / TraceEvent.size)
		this.first = offset + TraceRing.size
		this.head = (offset + TraceRing.offset.head) >>> 2
		this.tail = (offset + TraceRing.offset.tail) >>> 2
		this.dropped = (offset + TraceRing.offset.dropped) >>> 2
		this.leftOut = (offset + TraceRing.offset.leftOut) >>> 2
		this.quota = (offset + TraceRing.offset.quota) >>> 2
	}

	/** Offset of an event. @param count modulo 2^32. */
	protected at(count: number): number {
		return this.first + ((count >>> 0) % this.events) * TraceEvent.size
	}
}

/** The owner's side. */
export class EventRing extends Ring {
	/** Events written; `tail` at the last look. */
	#written: number
	#taken: number
	/** Of the quota; when the present period ends. */
	#left = 0
	#periodEnd = Number.NEGATIVE_INFINITY
	/** Events left out since when. */
	#missing = 0
	#missingSince = 0

	constructor(memory: SharedMemory, options: {index: number; harts: number}) {
		super(memory, options)
		this.#written = this.words[this.head]!
		this.#taken = this.words[this.tail]!
	}

	/** Whether the quota has not been used up yet. */
	get isOpen(): boolean {
		return this.#left > 0
	}

	/** The same at a time: whether an event that ended then would find room. */
	isOpenAt(now: number): boolean {
		return this.#left > 0 || (now >= this.#periodEnd && this.words[this.quota] !== 0)
	}

	/** Counts an event that was not even noted, since the ring was not open as it began. @param now microseconds. */
	leaveOut(now: number): void {
		if (this.#missing === 0) this.#missingSince = now
		this.#missing++
		// Plain: only the owner writes it.
		this.words[this.leftOut]!++
	}

	/**
	 * @param began microseconds. @param a details, as EventKind says.
	 * @returns false if the event was left out, or dropped.
	 */
	add(what: number, began: number, lasted: number, a = 0, b = 0, c = 0, d = 0): boolean {
		if (this.#left === 0 && !this.#refill(began + lasted)) return false
		this.#left--
		return this.addAnyway(what, began, lasted, a, b, c, d)
	}

	/** Whatever the quota says: of what another thread's quota limits. */
	addAnyway(what: number, began: number, lasted: number, a = 0, b = 0, c = 0, d = 0): boolean {
		const {words, times} = this
		if (((this.#written - this.#taken) | 0) >= this.events && this.#isFull()) {
			// Plain: only the owner writes it.
			words[this.dropped]!++
			return false
		}
		// Plain: the main thread reads the event once it sees the head behind it.
		const at = this.at(this.#written)
		times[(at + time) >>> 3] = began
		times[(at + duration) >>> 3] = lasted
		words[(at + kind) >>> 2] = what
		const word = (at + details) >>> 2
		words[word] = a
		words[word + 1] = b
		words[word + 2] = c
		words[word + 3] = d
		this.#written = (this.#written + 1) | 0
		// Publishes the event. Pairs with EventReader.take().
		Atomics.store(words, this.head, this.#written)
		return true
	}

	/** @returns whether a new period has begun. */
	#refill(now: number): boolean {
		// Plain: written before this thread ran, and by this thread only.
		const quota = this.words[this.quota]!
		if (now < this.#periodEnd || quota === 0) {
			this.leaveOut(now)
			return false
		}
		this.#periodEnd = now + quotaPeriod
		this.#left = quota
		if (this.#missing > 0) {
			const since = this.#missingSince
			this.addAnyway(EventKind.leftOut, since, now - since, this.#missing)
		}
		this.#missing = 0
		return true
	}

	#isFull(): boolean {
		// What the main thread has read is ordered before it is overwritten. Pairs with EventReader.take().
		this.#taken = Atomics.load(this.words, this.tail)
		return ((this.#written - this.#taken) | 0) >= this.events
	}
}

/** The main thread's side. */
export class EventReader extends Ring {
	readonly #event: TakenEvent = {time: 0, duration: 0, kind: 0, details: new Int32Array(4)}

	/** Takes all events out. @param use must not keep the event. @returns how many there were. */
	take(use: (event: TakenEvent) => void): number {
		const {words, times} = this
		// Pairs with EventRing.add(): the events before the head can be read.
		const end = Atomics.load(words, this.head)
		// Plain: only this thread writes it.
		const start = words[this.tail]!
		const event = this.#event
		for (let count = start; count !== end; count = (count + 1) | 0) {
			// Plain, as in EventRing.add().
			const at = this.at(count)
			event.time = times[(at + time) >>> 3]!
			event.duration = times[(at + duration) >>> 3]!
			event.kind = words[(at + kind) >>> 2]!
			for (let index = 0; index < 4; index++) event.details[index] = words[((at + details) >>> 2) + index]!
			use(event)
		}
		// Gives the places back. Pairs with EventRing.
		Atomics.store(words, this.tail, end)
		return (end - start) | 0
	}

	/** Whether a quarter of it is used. */
	get isFilling(): boolean {
		// Orders nothing: a guess.
		return ((Atomics.load(this.words, this.head) - this.words[this.tail]!) | 0) >= this.events / 4
	}

	/** Before the owner runs. @param events in each tenth of a second. */
	setQuota(events: number): void {
		// Plain: the owner's thread is started, or told to run, after this.
		this.words[this.quota] = events
	}

	/** Events that found no room. Orders nothing, as the next: a report. */
	get lost(): number {
		return Atomics.load(this.words, this.dropped) >>> 0
	}

	/** Events above the quota. */
	get beyondQuota(): number {
		return Atomics.load(this.words, this.leftOut) >>> 0
	}
}
