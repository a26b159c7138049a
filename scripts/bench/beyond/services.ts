/** What all harts share: the main thread, the helpers that translate, the pool of TLB tables. */
import {arriveAtRandom, exponential, Simulation, Station} from './simulation.ts'

export type Served = Readonly<{utilization: number; meanWait: number; p99Wait: number}>

/** One queue before so many servers. @param rate arrivals of each hart per microsecond. @param service microseconds, on average. */
export function serve(options: {
	harts: number
	rate: number
	service: number
	servers: number
	random: () => number
	arrivals?: number
}): Served {
	const {harts, rate, service, servers, random, arrivals = 40_000} = options
	const simulation = new Simulation()
	const station = new Station(simulation, servers)
	arriveAtRandom(simulation, {
		rate: rate * harts,
		random,
		arrive: () => station.arrive(exponential(random, service)),
	})
	simulation.runUntil(arrivals / (rate * harts))
	const waits = station.waits.toSorted((left, right) => left - right)
	return {
		utilization: (rate * harts * service) / servers,
		meanWait: waits.reduce((sum, wait) => sum + wait, 0) / waits.length,
		p99Wait: waits[Math.floor(0.99 * waits.length)]!,
	}
}

/**
 * Tables that harts have swapped out and that cannot be used yet: they wait for a grace period, then for a helper that clears them.
 * @param options.swaps of each hart per microsecond. @param options.gracePeriod draws one. @returns the share of swaps that found none.
 */
export function dryShare(options: {
	harts: number
	swaps: number
	spare: number
	gracePeriod: () => number
	clearing: number
	clearers: number
	random: () => number
	arrivals?: number
}): number {
	const {harts, swaps, spare, gracePeriod, clearing, clearers, random, arrivals = 40_000} = options
	const simulation = new Simulation()
	const station = new Station(simulation, clearers)
	let [free, dry, taken] = [spare, 0, 0]
	arriveAtRandom(simulation, {
		rate: swaps * harts,
		random,
		arrive: () => {
			taken++
			if (free === 0) {
				dry++
				return
			}
			free--
			simulation.after(gracePeriod(), () => station.arrive(clearing, () => free++))
		},
	})
	simulation.runUntil(arrivals / (swaps * harts))
	return dry / taken
}
