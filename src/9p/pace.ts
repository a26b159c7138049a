/** Whether contents are read and written on the server's own thread, or on Node's pool. */

/** `adaptive`: on the own thread while the storage is quick, as the page cache is. */
export type Waiting = 'adaptive' | 'own-thread' | 'pool'

/** From here on a call has waited for a disk or a network. */
const slowMilliseconds = 2
/** After a slow call so many go to the pool, where they wait side by side. */
const callsOnPool = 64

export class Pace {
	readonly #waiting: Waiting
	#onPool = 0

	constructor(waiting: Waiting) {
		this.#waiting = waiting
	}

	inline(): boolean {
		if (this.#waiting !== 'adaptive') return this.#waiting === 'own-thread'
		if (this.#onPool === 0) return true
		this.#onPool--
		return false
	}

	timed<Result>(call: () => Result): Result {
		if (this.#waiting !== 'adaptive') return call()
		const start = performance.now()
		const result = call()
		if (performance.now() - start >= slowMilliseconds) this.#onPool = callsOnPool
		return result
	}
}
