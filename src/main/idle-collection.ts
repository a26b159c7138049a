/**
 * Collects a thread's garbage when it has had nothing to do for a while. V8 collects when a heap has grown, so a thread that works in
 * bursts keeps the garbage of its last one: some 10 MiB after a boot’s translations.
 */
import {getHeapStatistics} from 'node:v8'
import {collectGarbage} from './collect-garbage.ts'

/** Milliseconds without work. */
const patience = 3000
/** Bytes by which the heap has grown since the last collection: with less it is not worth the time. */
const worthwhile = 4 * 2 ** 20

const ofThisThread = {
	used: () => getHeapStatistics().used_heap_size,
	collect: collectGarbage,
	/** Keeps no thread alive. */
	later: (action: () => void): Readonly<{refresh(): void}> => setTimeout(action, patience).unref(),
}

export class IdleCollection {
	readonly #thread: typeof ofThisThread
	#usedAfter = 0
	#timer: Readonly<{refresh(): void}> | undefined
	#collecting = false

	constructor(thread = ofThisThread) {
		this.#thread = thread
	}

	/** To be called with each piece of work, which is synchronous. */
	worked(): void {
		if (this.#timer) this.#timer.refresh()
		else this.#timer = this.#thread.later(() => void this.#idle())
	}

	async #idle(): Promise<void> {
		if (this.#collecting || this.#thread.used() - this.#usedAfter < worthwhile) return
		this.#collecting = true
		await this.#thread.collect()
		this.#collecting = false
		this.#usedAfter = this.#thread.used()
	}
}
