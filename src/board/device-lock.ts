/** A device's lock: a futex mutex over one word of shared memory (0 free, 1 held, 2 held and awaited). */
import {assert} from '../errors.ts'
import type {SharedMemory} from '../memory/index.ts'

/** How often a taker looks before it sleeps: sections are a few dozen instructions long. */
const spins = 64
/** A section never lasts this long: whoever still waits then says which device hangs. */
const limitMs = 10_000

export class DeviceLock {
	readonly #words: Int32Array<SharedArrayBuffer>
	readonly #word: number
	readonly #device: string
	readonly #limitMs: number

	/** @param options.offset of the lock word in shared memory, bytes. @param options.limitMs only tests change it. */
	constructor(memory: SharedMemory, options: {device: string; offset: number; limitMs?: number}) {
		this.#words = memory.i32
		this.#word = options.offset >> 2
		this.#device = options.device
		this.#limitMs = options.limitMs ?? limitMs
	}

	/** Takes the lock. Not re-entrant. @throws when another thread holds it for 10 s. */
	acquire(): void {
		// Acquire: what the last holder wrote is ordered before everything that follows. Pairs with release().
		if (Atomics.compareExchange(this.#words, this.#word, 0, 1) !== 0) this.#acquireSlowly()
	}

	release(): void {
		// Release: everything written under the lock is ordered before it. Pairs with acquire().
		if (Atomics.exchange(this.#words, this.#word, 0) === 2) Atomics.notify(this.#words, this.#word, 1)
	}

	#acquireSlowly(): void {
		for (let spin = 0; spin < spins; spin++) {
			// Acquire, as in acquire().
			if (Atomics.compareExchange(this.#words, this.#word, 0, 1) === 0) return
		}
		const deadline = performance.now() + this.#limitMs
		// Acquire when it was free; otherwise announces a waiter to release(). The word stays 2, which costs one needless notify.
		while (Atomics.exchange(this.#words, this.#word, 2) !== 0) {
			const leftMs = deadline - performance.now()
			assert(leftMs > 0, `the lock of ${this.#device} is released within ${this.#limitMs} ms`)
			// Sleeps only while the word says that there is a waiter; pairs with the notify in release().
			Atomics.wait(this.#words, this.#word, 2, leftMs)
		}
	}
}
