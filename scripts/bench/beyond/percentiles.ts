/** Draws from a distribution of which only some percentiles were kept. */

export type Percentiles = Readonly<{p50: number; p90: number; p99: number; max: number}>

/**
 * Between two percentiles the logarithm grows evenly, since latencies spread over orders of magnitude. Below the median it goes
 * down to half of it: what the least was is not known.
 */
export function drawFrom({p50, p90, p99, max}: Percentiles, random: () => number): number {
	const points = [
		[0, p50 / 2],
		[0.5, p50],
		[0.9, p90],
		[0.99, p99],
		[1, max],
	] as const
	const share = random()
	const above = points.findIndex(([at]) => at > share)
	const [[from, low], [to, high]] = [points[above - 1]!, points[above]!]
	return low * (high / low) ** ((share - from) / (to - from))
}
