/**
 * The Universal Scalability Law: X(N) = γN / (1 + σ(N − 1) + κN(N − 1)), where σ stands for contention (queueing for what
 * only one can have) and κ for coherency (each pair that must agree). N. J. Gunther, Guerrilla Capacity Planning, 2007.
 */
import {levenbergMarquardt} from 'ml-levenberg-marquardt'
import {linearRegression, max, quantile} from 'simple-statistics'
import {fewestForInterval, randomSource, resampled} from '../statistics.ts'

export type Point = Readonly<{harts: number; rate: number}>
export type Interval = readonly [from: number, to: number]

export type UslFit = Readonly<{
	/** The rate of one hart. */
	gamma: number
	sigma: number
	kappa: number
}>
export type UslWithIntervals = UslFit & Readonly<{intervals?: Readonly<{sigma: Interval; kappa: Interval}>}>

/** Three coefficients need as many counts of harts. */
export const fewestHartCounts = 3

export const uslRate = ({gamma, sigma, kappa}: UslFit, harts: number): number =>
	(gamma * harts) / (1 + sigma * (harts - 1) + kappa * harts * (harts - 1))

/** @returns where the rate is greatest; Infinity: it only grows. */
export const peakHarts = ({sigma, kappa}: UslFit): number => (kappa === 0 ? Infinity : Math.sqrt((1 - sigma) / kappa))

/** Of a fit, and of one within a bootstrap, which begins near its end. */
const [iterations, fewIterations] = [200, 25]
const resamplings = 400
const none = Number.MIN_VALUE

/**
 * Nonlinear least squares; neither coefficient is below 0.
 * @returns undefined for fewer than three counts of harts.
 */
export function fitUsl(points: readonly Point[]): UslFit | undefined {
	if (new Set(points.map(({harts}) => harts)).size < fewestHartCounts) return undefined
	return fitFrom(firstGuess(points), points, iterations)
}

/**
 * @param rates of all repetitions, by harts. The intervals, 95 %, are bootstrap percentiles over repetitions; absent for
 * fewer than five of any count of harts.
 */
export function fitUslWithIntervals(
	rates: ReadonlyMap<number, readonly number[]>,
	seed = 1,
): UslWithIntervals | undefined {
	const pointsOf = (choose: (values: readonly number[]) => readonly number[]): Point[] =>
		[...rates].flatMap(([harts, values]) => choose(values).map((rate) => ({harts, rate})))
	const fit = fitUsl(pointsOf((values) => values))
	if (!fit || [...rates.values()].some(({length}) => length < fewestForInterval)) return fit
	const random = randomSource(seed)
	const fits = Array.from({length: resamplings}, () =>
		fitFrom(
			fit,
			pointsOf((values) => resampled(values, random)),
			fewIterations,
		),
	)
	const intervalOf = (name: 'sigma' | 'kappa'): Interval => {
		const values = fits.map((each) => each[name])
		return [quantile(values, 0.025), quantile(values, 0.975)]
	}
	return {...fit, intervals: {sigma: intervalOf('sigma'), kappa: intervalOf('kappa')}}
}

/** From the law in its linear form: (γN / X − 1) / (N − 1) = σ + κN. */
function firstGuess(points: readonly Point[]): UslFit {
	const fewest = Math.min(...points.map(({harts}) => harts))
	const gamma = max(points.filter(({harts}) => harts === fewest).map(({harts, rate}) => rate / harts))
	const line = points
		.filter(({harts, rate}) => harts > 1 && rate > 0)
		.map(({harts, rate}) => [harts, ((gamma * harts) / rate - 1) / (harts - 1)])
	const {m, b} = linearRegression(line)
	return {gamma, sigma: Math.max(0.01, b), kappa: Math.max(1e-4, m)}
}

function fitFrom(start: UslFit, points: readonly Point[], most: number): UslFit {
	const whole = fitOf(start, points, {most, held: []})
	if (whole.sigma > 0 && whole.kappa > 0) return whole.fit
	// At a bound a step may stop short: without the coefficient the rest is found exactly.
	const others = (['sigma', 'kappa'] as const).map((name) => fitOf(start, points, {most, held: [name]}))
	return [whole, ...others].reduce((best, each) => (each.error < best.error ? each : best)).fit
}

type Fitted = Readonly<{fit: UslFit; sigma: number; kappa: number; error: number}>

function fitOf(
	{gamma, sigma, kappa}: UslFit,
	points: readonly Point[],
	{most, held}: Readonly<{most: number; held: readonly ('sigma' | 'kappa')[]}>,
): Fitted {
	// All three of about 1: the steps are damped alike.
	const [n, x] = [max(points.map(({harts}) => harts)), max(points.map(({rate}) => rate))]
	const limit = (name: 'sigma' | 'kappa') => (held.includes(name) ? 0 : 1e9)
	const denominator = (harts: number, s: number, k: number) =>
		1 + (s / n) * (harts - 1) + (k / n ** 2) * harts * (harts - 1)
	const {
		parameterValues: [g = 0, s = 0, k = 0],
		parameterError: error,
	} = levenbergMarquardt(
		{x: points.map(({harts}) => harts), y: points.map(({rate}) => rate / x)},
		([g = 0, s = 0, k = 0]) =>
			(harts) =>
				(g * harts) / denominator(harts, s, k),
		{
			jacobianFunction:
				([g = 0, s = 0, k = 0]) =>
				(harts) => {
					const below = denominator(harts, s, k)
					const slope = (-g * harts) / below ** 2
					return [harts / below, (slope * (harts - 1)) / n, (slope * harts * (harts - 1)) / n ** 2]
				},
			initialValues: [gamma / x, Math.min(sigma * n, limit('sigma')), Math.min(kappa * n ** 2, limit('kappa'))],
			minValues: [0, 0, 0],
			maxValues: [1e9, limit('sigma'), limit('kappa')],
			maxIterations: most,
			errorTolerance: none,
		},
	)
	return {fit: {gamma: g * x, sigma: s / n, kappa: k / n ** 2}, sigma: s, kappa: k, error}
}
