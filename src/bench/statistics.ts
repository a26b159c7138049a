/** Figures over the rounds of a measurement: median and spread. */
import {median, quantile, sampleWithReplacement} from 'simple-statistics'

export {geometricMean} from 'simple-statistics'

export type Spread = Readonly<{
	median: number
	least: number
	greatest: number
	/** Of how many rounds. */
	count: number
	/** The median's bootstrap interval, 95 %; absent for fewer than five rounds, of which it says nothing. */
	interval?: readonly [from: number, to: number]
}>

/** Rounds. */
export const fewestForInterval = 5
const resamplings = 2000

/** @returns undefined without values. @param seed of the bootstrap, so that a record always renders to the same text. */
export function spreadOf(values: readonly number[], seed = 1): Spread | undefined {
	if (values.length === 0) return undefined
	const all = [...values]
	const spread = {median: median(all), least: Math.min(...all), greatest: Math.max(...all), count: all.length}
	if (all.length < fewestForInterval) return spread
	return {...spread, interval: bootstrapInterval((random) => median(resampled(all, random)), seed)}
}

/** @param statistic of one resampling. @returns the percentile interval, 95 %, the same each time for a seed. */
export function bootstrapInterval(
	statistic: (random: () => number) => number,
	seed = 1,
	times = resamplings,
): readonly [from: number, to: number] {
	const random = randomSource(seed)
	const values = Array.from({length: times}, () => statistic(random))
	return [quantile(values, 0.025), quantile(values, 0.975)]
}

/** As many values, drawn with replacement. */
export const resampled = (values: readonly number[], random: () => number): number[] =>
	sampleWithReplacement([...values], values.length, random)

/** Repeatable random numbers from 0 to below 1: mulberry32. */
export function randomSource(seed: number): () => number {
	let state = seed >>> 0
	return () => {
		state = (state + 0x6d2b_79f5) >>> 0
		let mixed = Math.imul(state ^ (state >>> 15), state | 1)
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
	}
}
