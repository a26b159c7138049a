/** Serial mode as the main thread sees it: begins it, takes the console's output when asked, and watches it. */
import {expected} from '../errors.ts'
import type {RegionRequest, SharedMemory} from '../memory/index.ts'
import {type Handover, type RecordedHandover, Schedule, threadField} from './schedule.ts'
import {serialRegion} from './serial-layout.ts'
import type {StyleName} from './style.ts'

/** Plain data, posted to every thread. */
export type SerialConfig = Readonly<{
	seed: number
	style: StyleName
	/** Room for handovers that are recorded, and as many that are forced. */
	capacity: number
	/** Instead of those that the seed draws. */
	forced?: readonly Handover[]
}>

/** Looks in a row that found the same holder at the same step, after which that is reported. */
const stuckLooks = 10

export class SerialControl {
	readonly #schedule: Schedule
	readonly #words: Int32Array
	readonly #config: SerialConfig
	#looks = 0
	#seen = -1

	constructor(memory: SharedMemory, {threads, config}: {threads: number; config: SerialConfig}) {
		this.#schedule = new Schedule(memory, {threads, config})
		this.#words = memory.i32
		this.#config = config
	}

	static region(threads: number, {capacity}: SerialConfig): RegionRequest {
		return serialRegion(threads, 2 * capacity)
	}

	/** Before the threads start, which orders this. Thread 0 has the first turn. */
	initialize(): void {
		const schedule = this.#schedule
		const {capacity, forced} = this.#config
		schedule.set('capacity', capacity)
		if (forced) {
			if (forced.length > capacity) throw expected(`at most ${capacity} handovers`, forced.length)
			schedule.force(forced)
		}
		schedule.set('holder', 0)
		this.#words[schedule.threadWord(0, threadField.turn)] = 1
		this.restart()
	}

	/** All threads take part (again). Before they run, which orders this. */
	restart(): void {
		for (let thread = 0; thread < this.#schedule.threads; thread++) this.#schedule.setReady(thread)
	}

	/** A thread has died. If it had the turn, the next one goes on. */
	abandon(thread: number): void {
		const schedule = this.#schedule
		schedule.setAway(thread)
		// Acquire: if it had the turn, no other thread runs, and what it has stored is visible. Pairs with ThreadTurns.
		if (Atomics.load(this.#words, schedule.word('holder')) !== thread) return
		const next = Array.from({length: schedule.threads}, (_, other) => other).find((other) => schedule.isThere(other))
		if (next === undefined) return
		schedule.set('holder', next)
		// What the dead thread has stored was ordered by its death. Pairs with ThreadTurns.
		const turn = schedule.threadWord(next, threadField.turn)
		Atomics.store(this.#words, turn, 1)
		Atomics.notify(this.#words, turn)
	}

	/** Whether every thread waits, and none for a time. A moment's look; orders nothing. */
	get isIdle(): boolean {
		return Atomics.load(this.#words, this.#schedule.word('idle')) === 1
	}

	/** Whether the holder of the turn waits until the main thread has taken the console's output. */
	get isOutputAsked(): boolean {
		// Ordered before the reads of the output. Pairs with ThreadTurns.awaitOutput().
		return Atomics.load(this.#words, this.#schedule.word('outputAsked')) === 1
	}

	/** All output was taken. */
	outputTaken(): void {
		const word = this.#schedule.word('outputAsked')
		// Ordered after the reads of the output. Pairs with ThreadTurns.awaitOutput().
		Atomics.store(this.#words, word, 0)
		Atomics.notify(this.#words, word)
	}

	/** To be called now and then while threads run. @returns the thread that keeps its turn, once each time that it lasts. */
	watch(): number | undefined {
		const load = (field: 'holder' | 'steps' | 'idle' | 'outputAsked') =>
			// Orders nothing.
			Atomics.load(this.#words, this.#schedule.word(field))
		const [holder, steps] = [load('holder'), load('steps')]
		const isStuck = steps === this.#seen && load('idle') === 0 && load('outputAsked') === 0
		this.#seen = steps
		this.#looks = isStuck ? this.#looks + 1 : 0
		return this.#looks === stuckLooks ? holder : undefined
	}

	/** Ticks of the virtual clock. While the threads are parked. */
	get clock(): number {
		return this.#schedule.clock
	}

	/** Decisions so far. Plain: an approximation while the threads run. */
	get steps(): number {
		return this.#schedule.get('steps')
	}

	/** @returns undefined if there were too many. While the threads are parked. */
	recorded(): readonly RecordedHandover[] | undefined {
		return this.#schedule.recorded()
	}
}
