/** A device's lock: a futex mutex over one word of shared memory, which names its holder. */
import {assert} from '../errors.ts'
import type {SharedMemory} from '../memory/index.ts'
import {maximumHarts} from './memory-map.ts'

// The word: 0 while the lock is free, else the holder's number (1 + hart, or the main thread's), and:
const holderMask = 0xff
/** threads may sleep on the word; */
const awaited = 0x100
/** the main thread wants the lock; */
const wantedByMain = 0x200
/** the holder has died; */
const orphaned = 0x400
/** it has been held since the last watch(). */
const watched = 0x800

const mainHolder = maximumHarts + 1

/** How often a taker looks before it sleeps, or gives up: sections are a few dozen instructions long. */
const spins = 64

export type DeviceLockOptions = Readonly<{
	device: string
	/** Of the lock word in shared memory, bytes. */
	offset: number
	/** The hart whose thread uses this object; the main thread without one. */
	hart?: number | undefined
	/** Called on the thread that releases the lock after the main thread did not get it. */
	onWanted?: () => void
}>

export class DeviceLock {
	readonly #words: Int32Array<SharedArrayBuffer>
	readonly #word: number
	readonly #device: string
	readonly #self: number
	readonly #onWanted: () => void
	/** How many watches in a row have found the lock in the same hold. */
	#watches = 0

	constructor(memory: SharedMemory, {device, offset, hart, onWanted}: DeviceLockOptions) {
		this.#words = memory.i32
		this.#word = offset >> 2
		this.#device = device
		this.#self = hart === undefined ? mainHolder : holderOf(hart)
		this.#onWanted = onWanted ?? (() => {})
	}

	/** Takes the lock; waits for it, which the main thread must not. Not re-entrant. @throws when its holder has died. */
	acquire(): void {
		// Acquire: what the last holder wrote is ordered before everything that follows. Pairs with release().
		if (Atomics.compareExchange(this.#words, this.#word, 0, this.#self) !== 0) this.#acquireSlowly()
	}

	release(): void {
		// Release: everything written under the lock is ordered before it. Pairs with acquire().
		const before = Atomics.exchange(this.#words, this.#word, 0)
		if (before !== this.#self) this.#tellOthers(before)
	}

	/**
	 * Runs `body` under the lock, unless another thread holds it. Never waits: for the main thread.
	 * @returns undefined, and nothing was done, if the lock was held; its release then calls onWanted.
	 */
	tryRun<Result>(body: () => Result): Result | undefined {
		if (!this.#tryAcquire()) return undefined
		try {
			return body()
		} finally {
			this.release()
		}
	}

	/** A hart's thread has died: if it held the lock, whoever waits for it, or comes later, learns so. Called by who reports the death. */
	orphan(hart: number): void {
		for (;;) {
			// Orders nothing: what the dead thread wrote under the lock is not read any more.
			const held = Atomics.load(this.#words, this.#word)
			if ((held & holderMask) !== holderOf(hart) || held & orphaned) break
			// Others only add bits meanwhile. Pairs with the looks at the word in #acquireSlowly() and #tryAcquire().
			if (Atomics.compareExchange(this.#words, this.#word, held, held | orphaned) === held) break
		}
		// All, and even if someone else holds it: a thread may have died between its release and its notify, or after it was
		// woken and before it took the lock.
		Atomics.notify(this.#words, this.#word)
	}

	/**
	 * To be called now and then by the main thread. A section lasts a few dozen instructions: one that outlasts `limit` calls
	 * hangs. Calls are counted, not time, in which the whole process may have been stopped.
	 * @returns what hangs.
	 */
	watch(limit: number): string | undefined {
		// Orders nothing; marks this hold, whose end takes the mark away. If it ends meanwhile, nothing is marked.
		const held = Atomics.load(this.#words, this.#word)
		if (held & watched) this.#watches++
		else {
			this.#watches = 0
			if (held !== 0) Atomics.compareExchange(this.#words, this.#word, held, held | watched)
		}
		return this.#watches < limit ? undefined : `${nameOf(held)} does not release the lock of ${this.#device}`
	}

	#acquireSlowly(): void {
		const [words, word] = [this.#words, this.#word]
		for (let spin = 0; spin < spins; spin++) {
			// Acquire, as in acquire().
			if (Atomics.compareExchange(words, word, 0, this.#self) === 0) return
		}
		assert(this.#self !== mainHolder, `the main thread does not wait for the lock of ${this.#device}`)
		for (;;) {
			// Acquire when it was free. Others may sleep still: it stays `awaited`, which costs one needless notify.
			const held = Atomics.compareExchange(words, word, 0, this.#self | awaited)
			if (held === 0) return
			if (held & orphaned)
				throw new Error(`the lock of ${this.#device} is held by ${nameOf(held)}, whose thread has died`)
			// Announces a waiter to release(), and sleeps only while the word says so; pairs with the notifies of release() and orphan().
			if (held & awaited || Atomics.compareExchange(words, word, held, held | awaited) === held)
				Atomics.wait(words, word, held | awaited)
		}
	}

	#tryAcquire(): boolean {
		const [words, word] = [this.#words, this.#word]
		for (let tries = 0; ; tries++) {
			// Acquire, as in acquire().
			const held = Atomics.compareExchange(words, word, 0, this.#self)
			if (held === 0) return true
			if (held & (orphaned | wantedByMain)) return false
			// Announces the main thread to release(); if that came first, the lock is free.
			if (tries >= spins && Atomics.compareExchange(words, word, held, held | wantedByMain) === held) return false
		}
	}

	#tellOthers(before: number): void {
		// Pairs with the wait in #acquireSlowly().
		if (before & awaited) Atomics.notify(this.#words, this.#word, 1)
		if (before & wantedByMain) this.#onWanted()
	}
}

function holderOf(hart: number): number {
	return 1 + hart
}

function nameOf(held: number): string {
	const holder = held & holderMask
	return holder === mainHolder ? 'the main thread' : `hart ${holder - 1}`
}
