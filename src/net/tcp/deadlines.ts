/** A connection's deadlines on one timer, which is set anew only for an earlier one: most are moved before they pass. */
import type {Clock, Timer} from '../clock.ts'

export type DeadlineName = 'retransmit' | 'persist' | 'acknowledge' | 'keepAlive' | 'end'

const names: readonly DeadlineName[] = ['retransmit', 'persist', 'acknowledge', 'keepAlive', 'end']

export class Deadlines {
	readonly #clock: Clock
	readonly #passed: (name: DeadlineName) => void
	readonly #at: Record<DeadlineName, number> = {
		retransmit: Infinity,
		persist: Infinity,
		acknowledge: Infinity,
		keepAlive: Infinity,
		end: Infinity,
	}
	#timer: Timer | undefined
	#timerAt = Infinity
	readonly #fire = () => this.#check()

	constructor(clock: Clock, passed: (name: DeadlineName) => void) {
		this.#clock = clock
		this.#passed = passed
	}

	isSet(name: DeadlineName): boolean {
		return this.#at[name] !== Infinity
	}

	set(name: DeadlineName, milliseconds: number): void {
		const at = this.#clock.now() + milliseconds
		this.#at[name] = at
		if (at < this.#timerAt) this.#arm(at)
	}

	clear(name: DeadlineName): void {
		this.#at[name] = Infinity
	}

	clearAll(): void {
		for (const name of names) this.#at[name] = Infinity
		this.#timer?.cancel()
		this.#timer = undefined
		this.#timerAt = Infinity
	}

	#arm(at: number): void {
		this.#timer?.cancel()
		this.#timerAt = at
		this.#timer = this.#clock.after(Math.max(0, at - this.#clock.now()), this.#fire)
	}

	#check(): void {
		this.#timer = undefined
		this.#timerAt = Infinity
		const now = this.#clock.now()
		for (const name of names) {
			if (this.#at[name] > now) continue
			this.#at[name] = Infinity
			this.#passed(name)
		}
		const earliest = Math.min(...names.map((name) => this.#at[name]))
		if (earliest < this.#timerAt) this.#arm(earliest)
	}
}
