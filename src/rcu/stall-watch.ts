/** Watches for stalled grace periods on a thread with an event loop, since no hart may be waiting for them. */
import {type GracePeriod, type Rcu, stallLooks} from './rcu.ts'

export class StallWatch {
	readonly #rcu: Rcu
	#gracePeriod: GracePeriod | undefined
	/** In a row that found this grace period unfinished, after the first one. */
	#looks = 0

	constructor(rcu: Rcu) {
		this.#rcu = rcu
	}

	/** To be called once per stall period. Reports a stall, and again after as many looks more. */
	look(): void {
		const awaited = this.#rcu.awaited()
		if (!awaited || awaited.gracePeriod !== this.#gracePeriod) {
			this.#gracePeriod = awaited?.gracePeriod
			this.#looks = 0
			return
		}
		this.#looks += 1
		if (this.#looks % stallLooks !== 0) return
		this.#rcu.reportStall({...awaited, milliseconds: this.#looks * this.#rcu.stallPeriod})
	}
}
