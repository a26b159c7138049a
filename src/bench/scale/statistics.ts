/** What a scaling curve says: speed-up, efficiency, serial fraction, and which differences the spread carries. */
import {median} from 'simple-statistics'
import {bootstrapInterval, fewestForInterval, resampled, type Spread, spreadOf} from '../statistics.ts'

/** Operations per second, by repetition. */
export type Rates = ReadonlyMap<number, number>

/** @returns one / other for each repetition that has both. */
export const pairedRatios = (one: Rates, other: Rates): readonly number[] =>
	[...one].flatMap(([repetition, rate]) => {
		const beside = other.get(repetition)
		return beside === undefined || beside === 0 ? [] : [rate / beside]
	})

/**
 * The ratio of two sides that ran in turn: what disturbs a repetition disturbs both.
 * @returns undefined if no repetition has both.
 */
export const pairedRatio = (one: Rates, other: Rates): Spread | undefined => spreadOf(pairedRatios(one, other))

/** The ratio of the medians of two sides that did not run together, with its bootstrap interval. */
export function separateRatio(one: readonly number[], other: readonly number[]): Spread | undefined {
	if (one.length === 0 || other.length === 0) return undefined
	const ratio = (these: readonly number[], those: readonly number[]) => median([...these]) / median([...those])
	const count = Math.min(one.length, other.length)
	const spread = {
		median: ratio(one, other),
		least: Math.min(...one) / Math.max(...other),
		greatest: Math.max(...one) / Math.min(...other),
		count,
	}
	if (count < fewestForInterval) return spread
	return {...spread, interval: bootstrapInterval((random) => ratio(resampled(one, random), resampled(other, random)))}
}

/** Whether a ratio is above or below 1 by more than its spread; with too few repetitions that cannot be said. */
export type Verdict = 'more' | 'less' | 'none' | 'too few'

/** Above or below 1 only if all of the interval is. @param ratio undefined: nothing to compare. */
export function verdictOn(ratio: Spread | undefined): Verdict {
	if (!ratio?.interval) return 'too few'
	const [from, to] = ratio.interval
	if (from > 1) return 'more'
	return to < 1 ? 'less' : 'none'
}

/** A ratio as a share of harts: of each of its figures. */
export function sharedBy(harts: number, {median: middle, least, greatest, count, interval}: Spread): Spread {
	return {
		median: middle / harts,
		least: least / harts,
		greatest: greatest / harts,
		count,
		...(interval && {interval: [interval[0] / harts, interval[1] / harts]}),
	}
}

/**
 * The experimentally determined serial fraction: the part of the work that, alone serial, would explain the speed-up.
 * A. H. Karp, H. P. Flatt, Measuring parallel processor performance, CACM 33(5), 1990.
 * @returns undefined for one hart, of which it says nothing. Below 0: more than linear speed-up.
 */
export function karpFlatt(speedUp: number, harts: number): number | undefined {
	if (harts < 2) return undefined
	return (1 / speedUp - 1 / harts) / (1 - 1 / harts)
}

/** The serial fraction of each of a speed-up's figures. The greatest speed-up has the least fraction. */
export function serialFraction(speedUp: Spread, harts: number): Spread | undefined {
	if (harts < 2) return undefined
	const of = (value: number) => karpFlatt(value, harts)!
	const {median: middle, least, greatest, count, interval} = speedUp
	return {
		median: of(middle),
		least: of(greatest),
		greatest: of(least),
		count,
		...(interval && {interval: [of(interval[1]), of(interval[0])]}),
	}
}
