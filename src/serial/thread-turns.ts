/** A thread's side of serial mode: it runs while it has the turn, which it hands over at the end of a slice, and where it waits. */
import type {SharedMemory} from '../memory/index.ts'
import {type Point, type Turns, takeTurns, type WaitResult} from '../turns.ts'
import {Schedule, type ScheduleConfig, threadField} from './schedule.ts'

/** Instructions per tick of the timebase: 100 million per second. */
const instructionsPerTick = 10
/** The timebase is 10 MHz. */
const ticksPerMillisecond = 10_000
/** Milliseconds of the host: between two looks for what the world outside may have done, and of waits for the turn and for the main thread. */
const [idlePause, longestWait, outputPause] = [5, 1000, 100]

/** What a thread's surroundings do on its behalf. */
export type TurnEvents = Readonly<{
	/** Instructions that the thread has retired so far, modulo 2^32. */
	retired(): number
	/** Before the turn passes at the end of a slice, or at a wait: hands over what the main thread is to take. */
	settle(): void
	/** The next time at which something is due that no thread waits for, in ticks; and that is done, if it is due. */
	deadline(): number
	serve(): void
	/** Clears retired tables. */
	help(): void
}>

export class ThreadTurns implements Turns {
	readonly #thread: number
	readonly #words: Int32Array
	readonly #schedule: Schedule
	readonly #turn: number
	#events: TurnEvents = noTurnEvents
	#hasJoined = false
	/** Instructions that the clock has counted. */
	#counted = 0

	constructor(
		memory: SharedMemory,
		{thread, threads, config}: {thread: number; threads: number; config: ScheduleConfig},
	) {
		this.#thread = thread
		this.#words = memory.i32
		this.#schedule = new Schedule(memory, {threads, config})
		this.#turn = this.#schedule.threadWord(thread, threadField.turn)
		takeTurns(this)
	}

	/** Once, before join(). */
	set events(events: TurnEvents) {
		this.#events = events
		this.#counted = events.retired()
	}

	/** Waits for this thread's first turn. */
	join(): void {
		this.#hasJoined = true
		this.#awaitTurn()
	}

	/** Takes part no more, until it joins again. */
	leave(): void {
		this.#count()
		this.#schedule.setAway(this.#thread)
		this.#handOver('wait')
		this.#hasJoined = false
	}

	/** Ticks of the virtual clock, a whole number. */
	now(): number {
		this.#count()
		return Math.floor(this.#schedule.clock)
	}

	/** @returns instructions of the next slice. */
	sliceLength(): number {
		return this.#schedule.sliceLength(this.#thread)
	}

	/** A slice is over: others may have theirs. @returns whether the next one may begin without a safepoint. */
	sliceEnded(): boolean {
		// Time passes even if no instruction has retired.
		this.#schedule.clock += 1 / instructionsPerTick
		const goesOn = this.#schedule.goesOn(this.#thread)
		this.#decide('slice')
		return goesOn
	}

	/**
	 * Waits for the host: until the main thread has taken the console's output. @param ring wakes it.
	 * @param isOver whether the machine pauses or stops, and this need not wait.
	 */
	awaitOutput(ring: () => void, isOver: () => boolean): void {
		const asked = this.#schedule.word('outputAsked')
		// Before the bell. Pairs with the load in SerialControl.isOutputAsked.
		Atomics.store(this.#words, asked, 1)
		ring()
		// Ordered after the main thread's reads of the ring. Pairs with SerialControl.outputTaken(), which notifies.
		while (Atomics.load(this.#words, asked) === 1 && !isOver()) Atomics.wait(this.#words, asked, 1, outputPause)
	}

	/** Asks for retired tables to be cleared, sometime. */
	wantHelp(): void {
		this.#schedule.set('helpWanted', 1)
	}

	pass(point: Point): void {
		if (!this.#hasJoined) return
		const next = this.#schedule.next(this.#thread, point)
		if (next === this.#thread) return
		this.#count()
		this.#handTo(next)
		this.#awaitTurn()
	}

	/** The same in guest code. @returns instructions of a piece of translated code at most; 0: any. */
	passWithin(point: Point): number {
		this.pass(point)
		return this.#schedule.piece
	}

	wait(words: Int32Array, index: number, value: number, milliseconds: number): WaitResult {
		if (!this.#hasJoined) return Atomics.wait(words, index, value, milliseconds)
		this.#events.settle()
		// As Atomics.wait(): sleeps only while the word has the value. Ordered as the caller says of its wait.
		if (Atomics.load(words, index) !== value) return 'not-equal'
		const ticks = Math.max(1, Math.round(milliseconds * ticksPerMillisecond))
		const until = this.now() + ticks
		// A word of the thread's own is changed by no other thread.
		const word = words.buffer === this.#words.buffer ? index : 0
		this.#schedule.setWaiting(this.#thread, {word, value, until})
		this.#decide('wait')
		const hasTimedOut = this.#schedule.hasTimedOut(this.#thread)
		this.#schedule.setReady(this.#thread)
		return hasTimedOut ? 'timed-out' : 'ok'
	}

	/** Hands the turn over, if the schedule says so, and waits until this thread has it again. */
	#decide(point: 'slice' | 'wait'): void {
		this.#count()
		this.#events.settle()
		if (this.#handOver(point)) this.#awaitTurn()
	}

	/** @returns whether another thread has the turn now. Otherwise this one goes on, or it is the last one, and keeps the turn. */
	#handOver(point: 'slice' | 'wait'): boolean {
		const {threads} = this.#schedule
		for (;;) {
			if (this.#events.deadline() <= this.#schedule.clock) this.#events.serve()
			const next = this.#schedule.next(this.#thread, point)
			if (next === threads) {
				this.#schedule.set('helpWanted', 0)
				this.#events.help()
			} else if (next >= 0) {
				if (next === this.#thread) return false
				this.#handTo(next)
				return true
			} else if (this.#schedule.areAllAway) return false
			else this.#idle()
		}
	}

	/** Every thread waits: time goes on to the next deadline, or the world outside changes something. */
	#idle(): void {
		const schedule = this.#schedule
		const next = Math.min(schedule.earliest(), this.#events.deadline())
		if (next < Number.POSITIVE_INFINITY) {
			schedule.clock = Math.max(schedule.clock, next)
			return
		}
		// Orders nothing: for the main thread's watch. Nobody notifies it: a short sleep.
		const idle = schedule.word('idle')
		Atomics.store(this.#words, idle, 1)
		Atomics.wait(this.#words, idle, 1, idlePause)
		Atomics.store(this.#words, idle, 0)
	}

	#handTo(next: number): void {
		const schedule = this.#schedule
		// Orders nothing: only this thread looks at it, and whoever hands it the turn again stores later.
		Atomics.store(this.#words, this.#turn, 0)
		const turn = schedule.threadWord(next, threadField.turn)
		// Plain, as all of the schedule; the main thread's looks at it are for reports.
		schedule.set('holder', next)
		// Release: all that this thread has stored is ordered before. Pairs with #awaitTurn().
		Atomics.store(this.#words, turn, 1)
		Atomics.notify(this.#words, turn)
	}

	#awaitTurn(): void {
		// Acquire: what the last holder has stored is ordered before what follows. Pairs with #handTo(). The main thread reports a
		// holder that keeps the turn: SerialControl.watch().
		while (Atomics.load(this.#words, this.#turn) !== 1) Atomics.wait(this.#words, this.#turn, 0, longestWait)
	}

	/** The clock counts the instructions that this thread has retired since. */
	#count(): void {
		const retired = this.#events.retired()
		const since = (retired - this.#counted) | 0
		this.#counted = retired
		// A guest may write its counter.
		if (since > 0 && since < mostInstructions) this.#schedule.clock += since / instructionsPerTick
	}
}

/** No slice is longer. */
const mostInstructions = 2 ** 24

/** Of a thread without surroundings. */
export const noTurnEvents: TurnEvents = {
	retired: () => 0,
	settle: () => {},
	deadline: () => Number.POSITIVE_INFINITY,
	serve: () => {},
	help: () => {},
}
