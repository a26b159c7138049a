/** Whether a file is read and written on the calling thread, or on Node's pool. */

/** `adaptive`: on the calling thread while the storage is quick, as the host's page cache is. */
export type Waiting = 'adaptive' | 'own-thread' | 'pool'

/** From here on a call has waited for a disk or a network, or the thread for a core. */
const slowMilliseconds = 2
/** After a slow call so many go to the pool, where they wait side by side; twice as many each time if the next is slow, too. */
const fewestOnPool = 4
const mostOnPool = 256

export class Pace {
	readonly #waiting: Waiting
	readonly #now: () => number
	/** Calls that the pool still gets, and that it gets after the next slow one. */
	#onPool = 0
	#next = fewestOnPool

	/** @param now milliseconds. */
	constructor(waiting: Waiting, now: () => number = () => performance.now()) {
		this.#waiting = waiting
		this.#now = now
	}

	/** Whether the next call is to be made here, within timed(). */
	inline(): boolean {
		if (this.#waiting !== 'adaptive') return this.#waiting === 'own-thread'
		if (this.#onPool === 0) return true
		this.#onPool--
		return false
	}

	timed<Result>(call: () => Result): Result {
		if (this.#waiting !== 'adaptive') return call()
		const start = this.#now()
		const result = call()
		if (this.#now() - start < slowMilliseconds) this.#next = fewestOnPool
		else {
			this.#onPool = this.#next
			this.#next = Math.min(2 * this.#next, mostOnPool)
		}
		return result
	}
}
