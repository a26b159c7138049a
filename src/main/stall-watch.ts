/** Watches grace periods from the main thread, for those that no hart waits for. */
import type {GracePeriod, Rcu} from '../rcu/index.ts'

export class StallWatch {
	readonly #rcu: Rcu
	#gracePeriod: GracePeriod | undefined
	#reports = 0

	constructor(rcu: Rcu) {
		this.#rcu = rcu
	}

	/** Reports a stall once, and again each time it has lasted as long again. To be called now and then. */
	check(): void {
		const stall = this.#rcu.checkStall()
		if (stall?.gracePeriod !== this.#gracePeriod) this.#reports = 0
		this.#gracePeriod = stall?.gracePeriod
		if (!stall || stall.milliseconds < (this.#reports + 1) * this.#rcu.stallLimit) return
		this.#reports += 1
		this.#rcu.reportStall(stall)
	}
}
