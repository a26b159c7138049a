/** What the simulation takes from measurements. Microseconds. */
import type {Percentiles} from './percentiles.ts'

export type Parameters = Readonly<{
	/** From a ring until a hart that runs guest code takes the bell; until a thread that sleeps runs. */
	doorbell: Percentiles
	wake: Percentiles
	/** A fence's own work at its initiator, and for each target. */
	fence: number
	target: number
	/** At a target: leaving guest code and entering it again, and one flush of a page. */
	safepoint: number
	answer: number
	/** The longest a hart runs without a quiescent state. */
	slice: number
	/** How long an initiator looks before it sleeps: if cores are not short, and if they are. */
	look: number
	shortLook: number
	/** The host's scheduler lets a thread run so long while others wait. */
	quantum: number
}>

export type LatencyRow = Readonly<{
	series: string
	percentiles: readonly (Readonly<{count: number}> & Percentiles)[]
}>

/** @param rows of docs/benchmarks.json, table smp-latency. @throws unless it has the series. */
export function measuredParameters(rows: readonly LatencyRow[]): Parameters {
	const of = (series: string): Percentiles => {
		const found = rows.find((row) => row.series === series)?.percentiles[0]
		if (!found) throw new Error(`Expected the record to have the series ${series}`)
		return found
	}
	// To one hart that is offline, and to seven: nobody has to be waited for.
	const [toOne, toSeven] = [of('fence-idle').p50, of('fence-crowd-idle').p50]
	const target = (toSeven - toOne) / 6
	return {
		doorbell: of('doorbell-busy'),
		wake: of('doorbell-idle'),
		target,
		fence: toOne - target,
		safepoint: 1.2,
		answer: 0.33,
		slice: 1000,
		look: 200,
		shortLook: 5,
		quantum: 4000,
	}
}
