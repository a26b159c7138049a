import test from 'ava'
import {histogramOf, merged, percentilesOf} from '../../../../scripts/bench/smp/histogram.ts'

test('a histogram counts values of three digits, in their order', (t) => {
	t.deepEqual(histogramOf([7, 12_345, 12_301, 7, 99]), [
		[7, 2],
		[99, 1],
		[12_300, 2],
	])
})

test('percentiles are microseconds; the maximum is the greatest value', (t) => {
	const ticks = Array.from({length: 200}, (_, index) => 10 * (index + 1))
	t.deepEqual(percentilesOf(histogramOf(ticks)), {count: 200, p50: 100, p90: 180, p99: 198, max: 200})
	t.deepEqual(percentilesOf(histogramOf([15])), {count: 1, p50: 1.5, p90: 1.5, p99: 1.5, max: 1.5})
	t.is(percentilesOf([]), undefined)
})

test('histograms of several rounds are one', (t) => {
	t.deepEqual(merged([histogramOf([1, 5]), histogramOf([5, 3])]), [
		[1, 1],
		[3, 1],
		[5, 2],
	])
})
