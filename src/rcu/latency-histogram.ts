/**
 * A histogram of latencies in shared memory: eight buckets per power of two, so a percentile is accurate to 1/8. In
 * microseconds, unless whoever keeps it says otherwise.
 */
import {array, sharedStruct} from '../memory/index.ts'

const subBits = 3
const subBuckets = 1 << subBits
/** Values below 8 have a bucket each; then eight per power of two up to 2^32. */
const bucketCount = subBuckets + (32 - subBits) * subBuckets

export const LatencyHistogram = sharedStruct({
	maximum: 'i32',
	buckets: array('i32', bucketCount),
})

/** In the histogram's unit. */
export type LatencySummary = Readonly<{
	count: number
	median: number
	p99: number
	maximum: number
	/** How many were 0, 1, 2 or 3, 4 to 7, and so on by powers of two; without zeros at the end. */
	histogram: readonly number[]
}>

function bucketOf(value: number): number {
	if (value < subBuckets) return value
	const log2 = 31 - Math.clz32(value)
	return subBuckets + (log2 - subBits) * subBuckets + ((value >>> (log2 - subBits)) & (subBuckets - 1))
}

/** The largest value that falls into a bucket. */
function bucketEnd(bucket: number): number {
	if (bucket < subBuckets) return bucket
	const shift = Math.floor((bucket - subBuckets) / subBuckets)
	return (subBuckets + ((bucket - subBuckets) % subBuckets) + 1) * 2 ** shift - 1
}

/** @param offset bytes from the start of the shared memory to a LatencyHistogram. */
export function recordLatency(words: Int32Array, offset: number, latency: number): void {
	const value = latency >>> 0
	const first = (offset + LatencyHistogram.offset.buckets) >>> 2
	// Statistics: orders nothing, and pairs with nothing; atomic so that no count is lost.
	Atomics.add(words, first + bucketOf(value), 1)
	const maximum = (offset + LatencyHistogram.offset.maximum) >>> 2
	for (let seen = Atomics.load(words, maximum); seen >>> 0 < value; ) {
		const before = Atomics.compareExchange(words, maximum, seen, value | 0)
		if (before === seen) break
		seen = before
	}
}

export function summarizeLatency(words: Int32Array, offset: number): LatencySummary {
	const first = (offset + LatencyHistogram.offset.buckets) >>> 2
	// Plain, and the load below orders nothing: statistics. One copy, so that count and percentiles agree.
	const counts = words.slice(first, first + bucketCount)
	const count = counts.reduce((sum, each) => sum + each, 0)
	const maximum = Atomics.load(words, (offset + LatencyHistogram.offset.maximum) >>> 2) >>> 0
	const percentile = (fraction: number): number => {
		let left = Math.ceil(count * fraction)
		for (const [bucket, each] of counts.entries()) {
			left -= each
			if (left <= 0 && count > 0) return Math.min(bucketEnd(bucket), maximum)
		}
		return 0
	}
	return {count, median: percentile(0.5), p99: percentile(0.99), maximum, histogram: byPowers(counts)}
}

function byPowers(counts: Int32Array): readonly number[] {
	const powers = new Array<number>(33).fill(0)
	// 32 − clz32: 0 for 0, 1 for 1, 2 for 2 and 3.
	for (const [bucket, each] of counts.entries()) powers[32 - Math.clz32(bucketEnd(bucket))]! += each
	return powers.slice(0, powers.findLastIndex((each) => each > 0) + 1)
}
