/** A discrete-event simulation: a clock that jumps from event to event, and stations with a queue before their servers. */
import TinyQueue from 'tinyqueue'

type Event = Readonly<{time: number; number: number; happen: () => void}>

export class Simulation {
	/** Microseconds. */
	now = 0
	/** Of events at one time, the one that was planned first. */
	readonly #events = new TinyQueue<Event>([], (left, right) => left.time - right.time || left.number - right.number)
	#planned = 0

	after(delay: number, happen: () => void): void {
		this.#events.push({time: this.now + delay, number: this.#planned++, happen})
	}

	/** @returns at this time, or before it if nothing more is planned. */
	runUntil(end: number): void {
		for (;;) {
			const next = this.#events.peek()
			if (!next || next.time > end) return
			this.#events.pop()
			this.now = next.time
			next.happen()
		}
	}
}

/** Serves in order of arrival. */
export class Station {
	readonly #simulation: Simulation
	readonly #servers: number
	readonly #queue: Readonly<{came: number; service: number; done: () => void}>[] = []
	#busy = 0
	#busyTime = 0
	readonly waits: number[] = []

	constructor(simulation: Simulation, servers: number) {
		this.#simulation = simulation
		this.#servers = servers
	}

	arrive(service: number, done: () => void = () => {}): void {
		this.#queue.push({came: this.#simulation.now, service, done})
		this.#serve()
	}

	/** Of one server, on average, until now. */
	get utilization(): number {
		return this.#busyTime / (this.#servers * this.#simulation.now)
	}

	#serve(): void {
		while (this.#busy < this.#servers && this.#queue.length > 0) {
			const {came, service, done} = this.#queue.shift()!
			this.waits.push(this.#simulation.now - came)
			this.#busy++
			this.#busyTime += service
			this.#simulation.after(service, () => {
				this.#busy--
				done()
				this.#serve()
			})
		}
	}
}

/** Arrivals at random, so many each microsecond, for ever. */
export function arriveAtRandom(
	simulation: Simulation,
	{rate, random, arrive}: {rate: number; random: () => number; arrive: () => void},
): void {
	simulation.after(exponential(random, 1 / rate), () => {
		arrive()
		arriveAtRandom(simulation, {rate, random, arrive})
	})
}

export function exponential(random: () => number, mean: number): number {
	return -mean * Math.log(1 - random())
}
