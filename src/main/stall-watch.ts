/** Watches for stalled grace periods from the main thread, since no hart may be waiting for them. */
import type {GracePeriod, Rcu} from '../rcu/index.ts'

export class StallWatch {
	readonly #rcu: Rcu
	#gracePeriod: GracePeriod | undefined
	#reports = 0

	constructor(rcu: Rcu) {
		this.#rcu = rcu
	}

	/** Reports a stall, and again each time the stall limit has passed once more. Called at each heartbeat. */
	check(): void {
		const stall = this.#rcu.checkStall()
		if (stall?.gracePeriod !== this.#gracePeriod) this.#reports = 0
		this.#gracePeriod = stall?.gracePeriod
		if (!stall || stall.milliseconds < (this.#reports + 1) * this.#rcu.stallLimit) return
		this.#reports += 1
		this.#rcu.reportStall(stall)
	}
}
