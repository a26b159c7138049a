/** A device's lock: a futex mutex in one word of shared memory, which names its holder. */
import {assert} from '../errors.ts'
import type {SharedMemory} from '../memory/index.ts'
import {waitOn} from '../turns.ts'
import {maximumHarts} from './memory-map.ts'

// The word: 0 while the lock is free; otherwise the holder's number (1 + hart, mainHolder, or one above it for an I/O worker)
// and these bits.
const holderMask = 0xff
/** Threads may be waiting on the word. */
const awaited = 0x100
/** The main thread failed to acquire the lock. */
const wantedByMain = 0x200
/** The holder has died. */
const orphaned = 0x400
/** The lock has been held since the last watch(). */
const watched = 0x800

const mainHolder = maximumHarts + 1

/** Attempts before a thread sleeps, or the main thread gives up. Critical sections take a few dozen instructions. */
const spins = 64

/** How many times as long as others a slow lock may be held. */
const slowness = 30

export type DeviceLockOptions = Readonly<{
	device: string
	/** The lock word's offset in shared memory, bytes. */
	offset: number
	/** The hart whose thread uses this object. */
	hart?: number | undefined
	/** The I/O worker that uses it. Neither: the main thread. */
	worker?: number | undefined
	/** Its critical sections may wait for the host's files: watch() waits longer. */
	isSlow?: boolean
	/** Called on the thread that releases a lock that the main thread failed to acquire. */
	onWanted?: () => void
	timer?: LockTimer | undefined
}>

/** A thread that uses locks: a hart's, an I/O worker, or else the main thread. */
export type LockThread = Pick<DeviceLockOptions, 'hart' | 'worker'>

/** Told of waits for locks that are held. */
export type LockTimer = Readonly<{begins(): void; ends(): void}>

/** @property hart that holds it; undefined: no hart. */
export type HungLock = Readonly<{message: string; hart: number | undefined}>

export class DeviceLock {
	readonly #words: Int32Array<SharedArrayBuffer>
	readonly #word: number
	readonly #device: string
	readonly #isSlow: boolean
	readonly #self: number
	readonly #onWanted: () => void
	readonly #timer: LockTimer | undefined
	/** How many times this thread has acquired the lock and not released it. */
	#depth = 0
	/** Consecutive calls of watch() that found the lock not released since the call before. */
	#watches = 0

	constructor(memory: SharedMemory, {device, offset, hart, worker, isSlow, onWanted, timer}: DeviceLockOptions) {
		this.#words = memory.i32
		this.#word = offset >> 2
		this.#device = device
		this.#isSlow = isSlow ?? false
		this.#self = holderOf({hart, worker})
		this.#onWanted = onWanted ?? (() => {})
		this.#timer = timer
	}

	/**
	 * Acquires the lock; waits if another thread holds it. A thread may acquire a lock that it holds, and then releases it
	 * as often. Not for the main thread. @throws if the holder has died.
	 */
	acquire(): void {
		// Acquire: the last holder's writes are ordered before everything that follows. Pairs with release().
		if (this.#depth === 0 && Atomics.compareExchange(this.#words, this.#word, 0, this.#self) !== 0) {
			this.#timer?.begins()
			this.#acquireSlowly()
			this.#timer?.ends()
		}
		this.#depth++
	}

	release(): void {
		this.#depth--
		if (this.#depth > 0) return
		// Release: writes under the lock are ordered before it. Pairs with acquire().
		const before = Atomics.exchange(this.#words, this.#word, 0)
		if (before !== this.#self) this.#tellOthers(before)
	}

	/** Runs `body` under the lock; see acquire(). */
	run<Result>(body: () => Result): Result {
		this.acquire()
		try {
			return body()
		} finally {
			this.release()
		}
	}

	/**
	 * Runs `body` under the lock if it is free. Never waits: for the main thread.
	 * @returns undefined without running `body` if the lock is held; its release then calls onWanted.
	 */
	tryRun<Result>(body: () => Result): Result | undefined {
		if (!this.#tryAcquire()) return undefined
		this.#depth++
		try {
			return body()
		} finally {
			this.release()
		}
	}

	/** A thread has died: if it held the lock, acquire() throws in threads that wait for it or come later. */
	orphan(thread: LockThread): void {
		for (;;) {
			// Orders nothing: no one reads again what the dead thread wrote under the lock.
			const held = Atomics.load(this.#words, this.#word)
			if ((held & holderMask) !== holderOf(thread) || held & orphaned) break
			// Fails only if another thread has added a bit. Pairs with #acquireSlowly() and #tryAcquire().
			if (Atomics.compareExchange(this.#words, this.#word, held, held | orphaned) === held) break
		}
		// Wakes all waiters, whoever holds the lock: the thread may have died between its release and its notify, or after
		// it was woken and before it acquired the lock.
		Atomics.notify(this.#words, this.#word)
	}

	/**
	 * Called by the main thread at each heartbeat. A critical section lasts a few dozen instructions: one that outlasts
	 * `limit` calls hangs, or a slow lock's 30 times as many. This counts calls instead of time, because the whole process may have been stopped meanwhile.
	 * @returns who holds the lock, if it hangs.
	 */
	watch(limit: number): HungLock | undefined {
		// Orders nothing. Marks the lock; the release clears the mark. If the word changes meanwhile, nothing is marked.
		const held = Atomics.load(this.#words, this.#word)
		if (held & watched) this.#watches++
		else {
			this.#watches = 0
			if (held !== 0) Atomics.compareExchange(this.#words, this.#word, held, held | watched)
		}
		if (this.#watches < (this.#isSlow ? slowness * limit : limit)) return undefined
		const holder = held & holderMask
		return {
			message: `${nameOf(held)} does not release the lock of ${this.#device}`,
			hart: holder < mainHolder ? holder - 1 : undefined,
		}
	}

	#acquireSlowly(): void {
		const [words, word] = [this.#words, this.#word]
		for (let spin = 0; spin < spins; spin++) {
			// Acquire, as in acquire().
			if (Atomics.compareExchange(words, word, 0, this.#self) === 0) return
		}
		assert(this.#self !== mainHolder, `the main thread does not wait for the lock of ${this.#device}`)
		for (;;) {
			// Acquire, as in acquire(). Sets `awaited`, since others may be waiting: one needless notify at worst.
			const held = Atomics.compareExchange(words, word, 0, this.#self | awaited)
			if (held === 0) return
			if (held & orphaned)
				throw new Error(`the lock of ${this.#device} is held by ${nameOf(held)}, whose thread has died`)
			// Sets `awaited` for release(), and sleeps only while it is set. Pairs with #tellOthers() and orphan().
			if (held & awaited || Atomics.compareExchange(words, word, held, held | awaited) === held)
				waitOn(words, word, held | awaited)
		}
	}

	#tryAcquire(): boolean {
		const [words, word] = [this.#words, this.#word]
		for (let tries = 0; ; tries++) {
			// Acquire, as in acquire().
			const held = Atomics.compareExchange(words, word, 0, this.#self)
			if (held === 0) return true
			if (held & (orphaned | wantedByMain)) return false
			// Sets `wantedByMain` for release(). Fails if the lock was released first.
			if (tries >= spins && Atomics.compareExchange(words, word, held, held | wantedByMain) === held) return false
		}
	}

	#tellOthers(before: number): void {
		// Wakes one waiter. Pairs with the wait in #acquireSlowly().
		if (before & awaited) Atomics.notify(this.#words, this.#word, 1)
		if (before & wantedByMain) this.#onWanted()
	}
}

function holderOf({hart, worker}: LockThread): number {
	if (hart !== undefined) return 1 + hart
	return worker === undefined ? mainHolder : mainHolder + 1 + worker
}

function nameOf(held: number): string {
	const holder = held & holderMask
	if (holder < mainHolder) return `hart ${holder - 1}`
	return holder === mainHolder ? 'the main thread' : `I/O worker ${holder - mainHolder - 1}`
}
