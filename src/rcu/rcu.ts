/**
 * Grace periods for quiescent-state-based RCU; the words are liburcu's QSBR flavour's.
 *
 * A reader is *offline*, or *online* and then inside a read-side critical section from one quiescent state to the
 * next. A grace period has elapsed once every reader that was online when it began has passed a quiescent state or
 * gone offline. Grace periods are merged: however many threads ask for one, one pass over the slots serves them. The reader
 * that a grace period waits for completes it as it passes, so no thread has to poll.
 */
import {rangeError} from '../errors.ts'
import type {SharedMemory} from '../memory/index.ts'
import {passTurn, waitOn} from '../turns.ts'
import {microseconds} from './clock.ts'
import {loadCounter, ownCounter, storeCounter} from './counter.ts'
import {type LatencySummary, recordLatency, summarizeLatency} from './latency-histogram.ts'
import {RcuReader} from './rcu-reader.ts'
import {gracePeriodStep, RcuSlot, RcuState} from './rcu-state.ts'

/** Names a grace period: what was retired before startPoll() may be recycled once poll(cookie) says so. */
export type GracePeriod = number & {readonly unit?: 'grace period'}

/** @property milliseconds that have passed at least, less those in which the process was stopped. */
export type Stall = Readonly<{reader: number; milliseconds: number; gracePeriod: GracePeriod}>

export type RcuOptions = Readonly<{
	/** Milliseconds between two looks at what is waited for, default 1000. After `stallLooks` of them it is a stall. */
	stallPeriod?: number
	/** Default: one line on the console. */
	onStall?: (stall: Stall) => void
	/** Default: a few looks. */
	patience?: Patience | undefined
	/** Called when a grace period has elapsed, on the thread that found it so. @param microseconds that it lasted. */
	onElapsed?: ((gracePeriod: GracePeriod, microseconds: number) => void) | undefined
}>

/** How a thread waits for a reader: how long it looks at the reader's slot, before it sleeps. */
export type Patience = Readonly<{
	/** @param looks that it has taken. */
	mayLook(looks: number): boolean
	/** Before it sleeps, and after. @param others readers that are online, other than the one that is waited for. */
	beginSleep(others: Iterable<number>): void
	endSleep(): void
	/** After this thread's reader has woken a thread that waited for it. */
	woke(): void
}>

export type RcuStatistics = Readonly<{
	gracePeriods: number
	/** From the beginning of a grace period until the last reader passed, microseconds. */
	latency: LatencySummary
	/** Whether a grace period is being waited for. */
	waiting: boolean
	stalls: number
	lastStall: Readonly<{reader: number; milliseconds: number}> | undefined
}>

/**
 * A grace period that this many looks in a row, a stall period apart, have found unfinished is a stall. Looks are counted
 * and not time: while the whole process is stopped, no reader can pass.
 */
export const stallLooks = 5

/** Looks between two questions whether to go on: a reader that runs needs only a few microseconds to pass. */
const looksAtOnce = 100

const usualPatience: Patience = {
	mayLook: (looks) => looks < 500,
	beginSleep: () => {},
	endSleep: () => {},
	woke: () => {},
}

export class Rcu {
	readonly memory: SharedMemory
	/** How many readers have a slot. */
	readonly readers: number
	/** Milliseconds. */
	readonly stallPeriod: number
	readonly #onStall: (stall: Stall) => void
	readonly #patience: Patience
	readonly #onElapsed: RcuOptions['onElapsed']
	readonly #words: Int32Array
	readonly #state: number
	readonly #slots: number
	// indices of 32-bit words
	readonly #counter: number
	readonly #completed: number
	readonly #target: number
	readonly #wanted: number
	readonly #advancing: number
	readonly #holdout: number

	/** @param readers how many the region was laid out for; default: as many as it holds. */
	constructor(memory: SharedMemory, readers?: number, options: RcuOptions = {}) {
		const region = memory.region('rcu')
		const room = Math.floor((region.size - RcuState.size) / RcuSlot.size)
		this.readers = readers ?? room
		if (this.readers > room) throw rangeError(`at most ${room} RCU readers`, this.readers)
		this.memory = memory
		this.stallPeriod = options.stallPeriod ?? 1000
		this.#onStall = options.onStall ?? ((stall) => console.error(describeStall(stall)))
		this.#patience = options.patience ?? usualPatience
		this.#onElapsed = options.onElapsed
		this.#words = memory.i32
		this.#state = region.offset
		this.#slots = region.offset + RcuState.size
		const word = (field: keyof typeof RcuState.offset) => (region.offset + RcuState.offset[field]) >> 2
		this.#counter = word('counter')
		this.#completed = word('completed')
		this.#target = word('target')
		this.#wanted = word('wanted')
		this.#advancing = word('advancing')
		this.#holdout = word('holdout')
		// The first Rcu over a zero-filled memory numbers the first grace period, unless that is numbered; it elapses as soon as
		// someone looks.
		Atomics.compareExchange(memory.i64, this.#counter >> 1, 0n, 1n)
	}

	/** The reader with this index. One thread may use it at a time. */
	reader(index: number): RcuReader {
		if (!(index >= 0 && index < this.readers)) throw rangeError(`a reader from 0 to ${this.readers - 1}`, index)
		return new RcuReader(this, index)
	}

	/** Word index of the latest grace period's number, for the reader's fast path. */
	get counterWord(): number {
		return this.#counter
	}

	/** The latest grace period that has begun. Orders nothing: for reports. */
	get latest(): GracePeriod {
		return loadCounter(this.#words, this.#counter)
	}

	/** Word index of the `seen` field of a reader's slot. */
	slotWord(reader: number): number {
		return (this.#slots + reader * RcuSlot.size + RcuSlot.offset.seen) >> 2
	}

	/**
	 * Names a grace period that begins after all that the caller has stored, and sees to it that it begins.
	 * Never blocks.
	 */
	startPoll(): GracePeriod {
		// Ordered after the stores that unpublished the caller's object: whatever begins after this load ends after
		// every reader that may hold the object has passed. Pairs with the store of the counter in #advance().
		const gracePeriod = loadCounter(this.#words, this.#counter) + gracePeriodStep
		POINT: passTurn('poll')
		Atomics.store(this.#words, this.#wanted, 1)
		this.advance()
		return gracePeriod
	}

	/** Whether the grace period has elapsed. What readers did in it is ordered before what the caller does next; pairs with #advance(). */
	poll(gracePeriod: GracePeriod): boolean {
		return loadCounter(this.#words, this.#completed) >= gracePeriod
	}

	/** Whether this reader has passed a quiescent state since the grace period began, or is offline. */
	hasPassed(reader: number, gracePeriod: GracePeriod): boolean {
		// What the reader did before its quiescent state is ordered before what the caller does next; pairs with RcuReader.
		return hasPassedAt(loadCounter(this.#words, this.slotWord(reader)), gracePeriod)
	}

	/** Sleeps until hasPassed(). The caller's own reader must be offline. */
	waitForReader(reader: number, gracePeriod: GracePeriod): void {
		const patience = this.#patience
		for (let looks = 0; patience.mayLook(looks); looks += looksAtOnce) {
			for (let look = 0; look < looksAtOnce; look++) if (this.hasPassed(reader, gracePeriod)) return
		}
		patience.beginSleep(this.#onlineBeside(reader))
		this.#sleepUntilPassed(reader, gracePeriod)
		patience.endSleep()
	}

	*#onlineBeside(reader: number): Iterable<number> {
		// Low words; orders nothing: for patience, which may be wrong.
		for (let other = 0; other < this.readers; other++)
			if (other !== reader && Atomics.load(this.#words, this.slotWord(other)) !== 0) yield other
	}

	#sleepUntilPassed(reader: number, gracePeriod: GracePeriod): void {
		const words = this.#words
		const slot = this.slotWord(reader)
		const waiters = (this.#slots + reader * RcuSlot.size + RcuSlot.offset.waiters) >> 2
		let looks = 0
		// The count before the look at the slot: the reader stores its slot, then reads the count. One of both sees the other.
		Atomics.add(words, waiters, 1)
		POINT: passTurn('waiter')
		for (;;) {
			// One look decides whether to sleep, and on which value. With another value than the one that was judged, the thread
			// might sleep on 0, or on a number that the reader has passed with already: neither need ever change.
			const seen = loadCounter(words, slot)
			if (hasPassedAt(seen, gracePeriod)) break
			if (waitOn(words, slot, seen | 0, this.stallPeriod) === 'timed-out') {
				this.advance()
				if (this.hasPassed(reader, gracePeriod)) break
				looks += 1
				if (looks % stallLooks === 0) this.reportStall({reader, milliseconds: looks * this.stallPeriod, gracePeriod})
			}
		}
		Atomics.sub(words, waiters, 1)
	}

	/**
	 * Drives grace periods on: begins one if it is wanted, and completes those that every reader has passed. Called by
	 * whoever changed something; never waits. If another thread is at it, that one looks again.
	 */
	advance(): void {
		const words = this.#words
		const lock = this.#advancing
		for (;;) {
			// Take: what the last holder wrote is ordered before what this one reads. Pairs with the release below.
			const before = Atomics.compareExchange(words, lock, 0, 1)
			if (before === 0) break
			// Hand over: what the caller changed is ordered before the 2, and the holder looks again once it sees that.
			if (before === 2 || Atomics.compareExchange(words, lock, 1, 2) !== 0) return
		}
		for (;;) {
			POINT: passTurn('advancing')
			this.#advance()
			POINT: passTurn('advancing')
			// Release: the state is ordered before the 0. Pairs with the take above.
			if (Atomics.compareExchange(words, lock, 1, 0) === 1) return
			Atomics.store(words, lock, 1)
		}
	}

	#advance(): void {
		const words = this.#words
		const wide = this.memory.i64
		const state = this.#state >> 2
		// Plain reads of counters and times below: only the holder of `advancing` writes them.
		let counter = ownCounter(words, this.#counter)
		// Before the counter: a request that comes now must get a grace period that begins later.
		if (Atomics.exchange(words, this.#wanted, 0) === 1) {
			counter += gracePeriodStep
			words[state + (RcuState.offset.counterBegan >> 2)] = microseconds()
			storeCounter(words, wide, this.#counter, counter)
		}
		for (;;) {
			const completed = ownCounter(words, this.#completed)
			if (completed >= counter) return
			let target = ownCounter(words, this.#target)
			if (target <= completed) {
				target = counter
				storeCounter(words, wide, this.#target, target)
				words[state + (RcuState.offset.targetBegan >> 2)] = words[state + (RcuState.offset.counterBegan >> 2)] ?? 0
				words[state + (RcuState.offset.targetTimed >> 2)] = completed === 0 ? 0 : 1
				Atomics.store(words, this.#holdout, 0)
			}
			if (!this.#allPassed(target)) return
			if (words[state + (RcuState.offset.targetTimed >> 2)] === 1) {
				const began = words[state + (RcuState.offset.targetBegan >> 2)] ?? 0
				const lasted = (microseconds() - began) >>> 0
				recordLatency(words, this.#state + RcuState.offset.latency, lasted)
				this.#onElapsed?.(target, lasted)
				Atomics.add(words, state + (RcuState.offset.gracePeriods >> 2), 1)
			}
			// Publish: all that the readers did in their critical sections is ordered before. Pairs with poll().
			storeCounter(words, wide, this.#completed, target)
		}
	}

	/** Goes on from the reader that held the grace period up: those before it have passed already, and stay so. */
	#allPassed(target: GracePeriod): boolean {
		const words = this.#words
		for (let reader = Math.max(0, (words[this.#holdout] ?? 0) - 1); reader < this.readers; reader++) {
			if (this.hasPassed(reader, target)) continue
			POINT: passTurn('holdout')
			// Named before the second look: the reader stores its slot, then reads `holdout`. One of both sees the other. Pairs with RcuReader.
			if (words[this.#holdout] !== reader + 1) Atomics.store(words, this.#holdout, reader + 1)
			if (!this.hasPassed(reader, target)) return false
		}
		Atomics.store(words, this.#holdout, 0)
		return true
	}

	/** A reader has stored its slot. @param slot word index of its `seen`. */
	slotChanged(reader: number, slot: number): void {
		const words = this.#words
		// Both after the slot's store; see waitForReader() and #allPassed().
		const waiters = slot + ((RcuSlot.offset.waiters - RcuSlot.offset.seen) >> 2)
		if (Atomics.load(words, waiters) !== 0) {
			Atomics.notify(words, slot)
			this.#patience.woke()
		}
		if (Atomics.load(words, this.#holdout) === reader + 1) this.advance()
	}

	/** The reader that the present grace period waits for; for StallWatch. */
	awaited(): Readonly<{reader: number; gracePeriod: GracePeriod}> | undefined {
		const words = this.#words
		const gracePeriod = loadCounter(words, this.#target)
		const holdout = Atomics.load(words, this.#holdout)
		return holdout === 0 || this.poll(gracePeriod) ? undefined : {reader: holdout - 1, gracePeriod}
	}

	/** Counts a stall and calls onStall. */
	reportStall(stall: Stall): void {
		const words = this.#words
		const state = this.#state >> 2
		// Statistics: orders nothing.
		Atomics.add(words, state + (RcuState.offset.stalls >> 2), 1)
		Atomics.store(words, state + (RcuState.offset.lastStallReader >> 2), stall.reader + 1)
		Atomics.store(words, state + (RcuState.offset.lastStallMicroseconds >> 2), (stall.milliseconds * 1000) | 0)
		this.#onStall(stall)
	}

	statistics(): RcuStatistics {
		const words = this.#words
		const value = (field: keyof typeof RcuState.offset) =>
			Atomics.load(words, (this.#state + RcuState.offset[field]) >> 2) >>> 0
		const reader = value('lastStallReader') - 1
		return {
			gracePeriods: value('gracePeriods'),
			latency: summarizeLatency(words, this.#state + RcuState.offset.latency),
			waiting: loadCounter(words, this.#completed) < loadCounter(words, this.#counter),
			stalls: value('stalls'),
			lastStall: reader < 0 ? undefined : {reader, milliseconds: value('lastStallMicroseconds') / 1000},
		}
	}
}

/** @param seen what a slot held at one moment. */
function hasPassedAt(seen: number, gracePeriod: GracePeriod): boolean {
	// Offline is a low word of 0; the high one stays.
	return (seen | 0) === 0 || seen >= gracePeriod
}

/** @param who the reader is. */
export function describeStall({reader, milliseconds, gracePeriod}: Stall, who = `reader ${reader}`): string {
	const seconds = (milliseconds / 1000).toFixed(1)
	return `RCU stall: ${who} has passed no quiescent state for ${seconds} s (grace period ${gracePeriod})`
}
