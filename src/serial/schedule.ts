/**
 * Who has the next turn. Each thread's decisions are numbered, its steps: there is one at the end of each slice, at each wait, and at
 * each point within. Usually a thread goes on while it can, for a number of slices; then comes the next one. A seed draws other decisions by
 * lot, and these are recorded. A run that forces the recorded ones repeats the first; one that forces some of them shows whether
 * those suffice for what the first one has found. That is why they are numbered by thread: what one thread does without a handover leaves
 * the numbers of the others as they are.
 */
import type {SharedMemory} from '../memory/index.ts'
import {type Point, pointNames} from '../turns.ts'
import {drawn} from './random.ts'
import {
	SerialEntry,
	SerialState,
	SerialThread,
	serialEntryOffset,
	serialRegionName,
	serialThreadOffset,
	ThreadState,
} from './serial-layout.ts'
import {phaseAt, type Style, type StyleName, styleOf} from './style.ts'

/** Decisions for which a thread that was interrupted gets no turn by lot, as powers of two. */
const [leastAside, mostAside] = [9, 17]
/** One slice in so many is followed by a safepoint. */
const safepointRarity = 4
/** Instructions of a slice while no other thread can run. */
const lonelySlice = 8192
/** Slices after which another thread that can go on gets the turn. */
const patience = 64
/** Streams of draws, besides one per thread for its slices. */
const decisions = 1000

/** The part of a SerialConfig that decides. */
export type ScheduleConfig = Readonly<{seed: number; style: StyleName}>

export type StateField = Exclude<keyof typeof SerialState.offset, 'clock' | 'reserved'>
/** Bytes, as constants: points are passed often. */
export const threadField = SerialThread.offset

/** Plain throughout: only the thread that has the turn uses it, and handing that over orders the accesses. See ThreadTurns. */
export class Schedule {
	readonly threads: number
	readonly #words: Int32Array
	readonly #times: Float64Array
	readonly #region: number
	readonly #threadsAt: number
	/** Words that each decision needs. */
	readonly #stepsWord: number
	readonly #slicesWord: number
	readonly #helpWord: number
	readonly #isForcedWord: number
	readonly #clockIndex: number
	readonly #seed: number
	readonly #styleName: StyleName
	#style: Style
	#phase = 0

	constructor(memory: SharedMemory, {threads, config}: {threads: number; config: ScheduleConfig}) {
		this.threads = threads
		this.#seed = config.seed
		this.#styleName = config.style
		this.#style = styleOf(config.style, config.seed, 0)
		this.#words = memory.i32
		this.#times = new Float64Array(memory.memory.buffer)
		this.#region = memory.region(serialRegionName).offset
		this.#threadsAt = serialThreadOffset(this.#region, 0)
		this.#stepsWord = this.word('steps')
		this.#slicesWord = this.word('slices')
		this.#helpWord = this.word('helpWanted')
		this.#isForcedWord = this.word('isForced')
		this.#clockIndex = (this.#region + SerialState.offset.clock) >>> 3
	}

	get(field: StateField): number {
		return this.#words[this.word(field)]!
	}

	set(field: StateField, value: number): void {
		this.#words[this.word(field)] = value
	}

	/** Index of a 32-bit word. */
	word(field: StateField): number {
		return (this.#region + SerialState.offset[field]) >>> 2
	}

	/** @param field one of threadField: bytes. */
	threadWord(thread: number, field: number): number {
		return (this.#threadsAt + thread * SerialThread.size + field) >>> 2
	}

	/** Ticks, with a fraction. */
	get clock(): number {
		return this.#times[this.#clockIndex]!
	}

	set clock(ticks: number) {
		this.#times[this.#clockIndex] = ticks
	}

	/** Instructions of a piece of translated code at most; 0: any. */
	get piece(): number {
		return this.#styleNow().piece
	}

	#styleNow(): Style {
		const phase = phaseAt(this.#styleName, this.#words[this.#stepsWord]!)
		if (phase !== this.#phase) {
			this.#phase = phase
			this.#style = styleOf(this.#styleName, this.#seed, phase)
		}
		return this.#style
	}

	setReady(thread: number): void {
		this.#words[this.threadWord(thread, threadField.state)] = ThreadState.ready
	}

	setAway(thread: number): void {
		this.#words[this.threadWord(thread, threadField.state)] = ThreadState.away
	}

	/** @param word index of a 32-bit word of shared memory, or 0. @param until on the clock. */
	setWaiting(thread: number, {word, value, until}: {word: number; value: number; until: number}): void {
		this.#words[this.threadWord(thread, threadField.state)] = ThreadState.waiting
		this.#words[this.threadWord(thread, threadField.word)] = word
		this.#words[this.threadWord(thread, threadField.value)] = value
		this.#times[this.#untilIndex(thread)] = until
	}

	/** Whether the thread's wait is over because its time is, and not because its word has changed. */
	hasTimedOut(thread: number): boolean {
		return !this.#hasChanged(thread) && this.clock >= this.#times[this.#untilIndex(thread)]!
	}

	get areAllAway(): boolean {
		for (let thread = 0; thread < this.threads; thread++) if (this.isThere(thread)) return false
		return true
	}

	/** Whether the thread takes part. */
	isThere(thread: number): boolean {
		return this.#words[this.threadWord(thread, threadField.state)] !== ThreadState.away
	}

	/** The earliest time at which a wait is over. */
	earliest(): number {
		let earliest = Number.POSITIVE_INFINITY
		for (let thread = 0; thread < this.threads; thread++) {
			if (this.#words[this.threadWord(thread, threadField.state)] === ThreadState.waiting)
				earliest = Math.min(earliest, this.#times[this.#untilIndex(thread)]!)
		}
		return earliest
	}

	/** @returns instructions of the thread's next slice: of all orders of magnitude up to the longest, unless it is alone. */
	sliceLength(thread: number): number {
		if (this.#isAlone(thread)) return Math.max(lonelySlice, this.#styleNow().longestSlice)
		const count = this.threadWord(thread, threadField.slices)
		const number = this.#words[count]!
		this.#words[count] = number + 1
		const share = drawn(this.#seed, thread, number) / 2 ** 32
		return Math.max(1, Math.floor(this.#styleNow().longestSlice ** share))
	}

	/** @returns whether the thread's next slice begins without a safepoint: mostly, if another thread can run meanwhile. */
	goesOn(thread: number): boolean {
		const number = this.#words[this.threadWord(thread, threadField.slices)]!
		return drawn(this.#seed, thread, -number) % safepointRarity !== 0 && !this.#isAlone(thread)
	}

	/**
	 * One decision.
	 * @returns the thread that goes on; `threads` for the helper; -1 if none can. The helper has no turn within a
	 * step.
	 */
	next(thread: number, point: Point): number {
		const step = this.#words[this.#stepsWord]! + 1
		this.#words[this.#stepsWord] = step
		const usual = this.#usual(thread, point)
		const ownStep = ++this.#words[this.threadWord(thread, threadField.steps)]!
		const chosen = this.#words[this.#isForcedWord]
			? this.#forced(thread, ownStep, usual)
			: this.#byLot(step, {thread, point, usual})
		if (chosen !== usual) this.#record({step: ownStep, thread: chosen, from: thread, point: pointNames.indexOf(point)})
		if (chosen !== thread) this.#words[this.#slicesWord] = 0
		else if (point === 'slice') this.#words[this.#slicesWord]!++
		return chosen
	}

	#usual(thread: number, point: Point): number {
		if (point !== 'slice' && point !== 'wait') return thread
		if (this.#words[this.#helpWord]) return this.threads
		if (point === 'slice' && this.#words[this.#slicesWord]! < patience) return thread
		for (let distance = 1; distance <= this.threads; distance++) {
			const other = (thread + distance) % this.threads
			if (this.#canRun(other)) return other
		}
		return -1
	}

	#forced(thread: number, step: number, usual: number): number {
		const nextWord = this.threadWord(thread, threadField.nextForced)
		const next = this.#words[nextWord]!
		if (next === this.#words[this.threadWord(thread, threadField.endForced)]) return usual
		const entry = this.#entryWord(next)
		if (this.#words[entry] !== step) return usual
		this.#words[nextWord] = next + 1
		const chosen = this.#words[entry + 1]!
		return this.#canRun(chosen) ? chosen : usual
	}

	#byLot(step: number, {thread, point, usual}: {thread: number; point: Point; usual: number}): number {
		const isWithin = point !== 'slice' && point !== 'wait'
		if (isWithin) {
			const {rarityOf, victim} = this.#styleNow()
			const rarity = rarityOf[point]
			if (rarity === 0 || (victim !== undefined && victim % this.threads !== thread)) return thread
			if (drawn(this.#seed, decisions, step) % rarity !== 0) return thread
		}
		const all = isWithin ? this.threads : this.threads + 1
		const draw = drawn(this.#seed, decisions + 1, step)
		// Those that were set aside only if no other can run.
		const chosen = this.#pick(draw, all, step) ?? this.#pick(draw, all, Number.POSITIVE_INFINITY)
		if (chosen === undefined) return usual
		if (chosen !== thread && isWithin) this.#setAside(thread, step)
		return chosen
	}

	/** @returns one of the threads that can run, and are not set aside at this step. */
	#pick(draw: number, all: number, step: number): number | undefined {
		let candidates = 0
		for (let other = 0; other < all; other++) if (this.#canRun(other) && !this.#isSetAside(other, step)) candidates++
		if (candidates === 0) return undefined
		let choice = draw % candidates
		for (let other = 0; ; other++)
			if (this.#canRun(other) && !this.#isSetAside(other, step) && choice-- === 0) return other
	}

	/** Mostly a thread that was interrupted stays away for a while, as one that its host has descheduled. */
	#setAside(thread: number, step: number): void {
		const draw = drawn(this.#seed, decisions + 2, step)
		if (draw % 4 !== 0)
			this.#words[this.threadWord(thread, threadField.setAside)] =
				step + 2 ** (leastAside + ((draw >>> 8) % (mostAside - leastAside)))
	}

	#isSetAside(thread: number, step: number): boolean {
		return thread < this.threads && this.#words[this.threadWord(thread, threadField.setAside)]! > step
	}

	#canRun(thread: number): boolean {
		if (thread === this.threads) return this.#words[this.#helpWord] === 1
		switch (this.#words[this.threadWord(thread, threadField.state)]) {
			case ThreadState.ready:
				return true
			case ThreadState.waiting:
				return this.#hasChanged(thread) || this.clock >= this.#times[this.#untilIndex(thread)]!
			default:
				return false
		}
	}

	#isAlone(thread: number): boolean {
		for (let other = 0; other < this.threads; other++) if (other !== thread && this.#canRun(other)) return false
		return true
	}

	#hasChanged(thread: number): boolean {
		const word = this.#words[this.threadWord(thread, threadField.word)]!
		// Acquire: what was stored before the change is visible to the thread. Pairs with whoever changes the word.
		return word !== 0 && Atomics.load(this.#words, word) !== this.#words[this.threadWord(thread, threadField.value)]
	}

	#record({step, thread, from, point}: {step: number; thread: number; from: number; point: number}): void {
		const recorded = this.get('recorded')
		this.set('recorded', recorded + 1)
		const capacity = this.get('capacity')
		if (recorded >= capacity) return
		const entry = this.#entryWord(capacity + recorded)
		this.#words[entry] = step
		this.#words[entry + 1] = thread
		this.#words[entry + 2] = from
		this.#words[entry + 3] = point
	}

	#untilIndex(thread: number): number {
		return (this.#threadsAt + thread * SerialThread.size + threadField.until) >>> 3
	}

	#entryWord(entry: number): number {
		return serialEntryOffset(this.#region, this.threads, entry) >>> 2
	}

	/** Forces these handovers, of each thread in order of its steps. */
	force(entries: readonly Handover[]): void {
		let index = 0
		for (let from = 0; from < this.threads; from++) {
			this.#words[this.threadWord(from, threadField.nextForced)] = index
			for (const {step, thread} of entries.filter((entry) => entry.from === from)) {
				const entry = this.#entryWord(index++)
				this.#words[entry] = step
				this.#words[entry + 1] = thread
			}
			this.#words[this.threadWord(from, threadField.endForced)] = index
		}
		this.set('isForced', 1)
	}

	/** @returns undefined if there were more than there was room for. */
	recorded(): readonly RecordedHandover[] | undefined {
		const recorded = this.get('recorded')
		const capacity = this.get('capacity')
		if (recorded > capacity) return undefined
		return Array.from({length: recorded}, (_, index) => {
			const entry = this.#entryWord(capacity + index)
			const [step = 0, thread = 0, from = 0, point = 0] = this.#words.subarray(entry, entry + SerialEntry.size / 4)
			return {step, thread, from, point: pointNames[point]!}
		})
	}
}

/** @property step number of the decision, of the thread `from`. @property thread that goes on; the number of threads: the helper. */
export type Handover = Readonly<{from: number; step: number; thread: number}>
export type RecordedHandover = Handover & Readonly<{point: Point}>
