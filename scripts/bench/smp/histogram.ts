/** Histograms of latencies: values in ticks of 100 ns, with three digits, and how often each came. */

/** Ascending. */
export type Histogram = readonly (readonly [ticks: number, count: number])[]

export const ticksPerMicrosecond = 10

export type Percentiles = Readonly<{count: number; p50: number; p90: number; p99: number; max: number}>

export function histogramOf(ticks: readonly number[]): Histogram {
	return merged([ticks.map((value) => [Number(value.toPrecision(3)), 1] as const)])
}

export function merged(histograms: readonly Histogram[]): Histogram {
	const counts = new Map<number, number>()
	for (const [ticks, count] of histograms.flat()) counts.set(ticks, (counts.get(ticks) ?? 0) + count)
	return [...counts].toSorted(([one], [other]) => one - other)
}

/** @returns microseconds: the least value that so large a part of all is not above; undefined without any. */
export function percentilesOf(histogram: Histogram): Percentiles | undefined {
	const count = histogram.reduce((sum, [, each]) => sum + each, 0)
	if (count === 0) return undefined
	const percentile = (part: number) => {
		let left = Math.ceil(count * part)
		const [ticks] = histogram.find(([, each]) => {
			left -= each
			return left <= 0
		})!
		return ticks / ticksPerMicrosecond
	}
	return {count, p50: percentile(0.5), p90: percentile(0.9), p99: percentile(0.99), max: percentile(1)}
}
