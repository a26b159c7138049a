/** A reader's own side of RCU: what a vCPU does in its run loop. Used by one thread at a time. */
import type {SharedMemory} from '../memory/index.ts'
import {passTurn} from '../turns.ts'
import {loadCounter, storeCounter} from './counter.ts'
import {RcuSlot} from './rcu-state.ts'

/** What a reader needs of its Rcu. */
export type ReaderSide = Readonly<{
	memory: SharedMemory
	/** Word index of the latest grace period's number. */
	counterWord: number
	/** Word index of the `seen` field of a reader's slot. */
	slotWord(reader: number): number
	/** To be called after the reader has announced a quiescent state or gone offline. @param slot its slotWord(). */
	slotChanged(reader: number, slot: number): void
}>

export class RcuReader {
	readonly index: number
	readonly #rcu: ReaderSide
	readonly #words: Int32Array
	readonly #wide: BigInt64Array
	/** Word indices. */
	readonly #slot: number
	readonly #counter: number

	constructor(rcu: ReaderSide, index: number) {
		this.index = index
		this.#rcu = rcu
		this.#words = rcu.memory.i32
		this.#wide = rcu.memory.i64
		this.#slot = rcu.slotWord(index)
		this.#counter = rcu.counterWord
	}

	/**
	 * Ends one read-side critical section and begins the next. Pointers that were loaded before are void; the next
	 * one must be loaded atomically, so that the load stays behind the store made here.
	 * @returns whether a grace period had begun that did not know of it.
	 */
	quiescentState(): boolean {
		const words = this.#words
		// Plain slot: only this thread writes it. The low words suffice: the slot was equal to the counter shortly before it was
		// stored, and 2^31 grace periods would have to begin in one critical section to make them equal again; even then
		// a grace period only lasts longer. Nothing is ordered when they are equal, because nobody waits for this reader:
		// every grace period that began is in its slot, and has been since it came online, or was announced when it was stored.
		if (words[this.#slot] === Atomics.load(words, this.#counter)) return false
		return this.#announce()
	}

	/** Looks so often whether a grace period has begun since the last quiescent state. @returns whether one has. */
	awaitGracePeriod(looks: number): boolean {
		const words = this.#words
		// Orders nothing: the quiescent state that follows looks again. Plain slot: only this thread writes it.
		for (let look = 0; look < looks; look++) if (Atomics.load(words, this.#counter) !== words[this.#slot]) return true
		return false
	}

	/** Begins a read-side critical section. What others published before is seen after it. */
	online(): void {
		// Ordered before the loads of the critical section; pairs with the look at the slots that follows every
		// beginning of a grace period: either that look sees this store, or this reader sees what was published before.
		// One store, and nobody to tell: no thread sleeps on the 0 that it replaces, and no grace period waits for it. If a
		// grace period has begun since the counter was loaded, the slot differs from the counter, and the next quiescent state
		// announces that. A second store here would hide it: it would have to be announced as well.
		const counter = loadCounter(this.#words, this.#counter)
		POINT: passTurn('online')
		storeCounter(this.#words, this.#wide, this.#slot, counter)
	}

	/** Ends the read-side critical section: an extended quiescent state, in which the thread may sleep. */
	offline(): void {
		// Ordered after all that the critical section read. Pairs with Rcu.hasPassed().
		Atomics.store(this.#words, this.#slot, 0)
		POINT: passTurn('announced')
		this.#rcu.slotChanged(this.index, this.#slot)
	}

	#announce(): boolean {
		const words = this.#words
		// Plain: only this thread writes it. A reader that is offline has nothing to announce.
		if (words[this.#slot] === 0) return false
		// Ordered after all that the critical section read. Pairs with Rcu.hasPassed().
		const counter = loadCounter(words, this.#counter)
		POINT: passTurn('announce')
		storeCounter(words, this.#wide, this.#slot, counter)
		POINT: passTurn('announced')
		const announced = this.#slot + ((RcuSlot.offset.announced - RcuSlot.offset.seen) >> 2)
		words[announced] = (words[announced] ?? 0) + 1
		this.#rcu.slotChanged(this.index, this.#slot)
		return true
	}
}
