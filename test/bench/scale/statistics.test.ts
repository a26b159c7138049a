import test from 'ava'
import {
	karpFlatt,
	pairedRatio,
	separateRatio,
	serialFraction,
	sharedBy,
	verdictOn,
} from '../../../src/bench/scale/statistics.ts'

const rates = (...values: readonly number[]) => new Map(values.map((value, repetition) => [repetition, value]))

test('serial fractions are those of M. J. Quinn’s two examples, where the second grows with the processors', (t) => {
	// Parallel Programming in C with MPI and OpenMP, section 7.5: speed-ups on 2 to 8 processors.
	const check = (speedUps: readonly number[], fractions: readonly number[]) => {
		// Their last digit is rounded, as that of the speed-ups is.
		for (const [index, speedUp] of speedUps.entries())
			t.true(Math.abs(karpFlatt(speedUp, index + 2)! - fractions[index]!) < 0.002, `on ${index + 2}`)
	}
	check([1.82, 2.5, 3.08, 3.57, 4.0, 4.38, 4.71], [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
	check([1.87, 2.61, 3.23, 3.73, 4.14, 4.46, 4.71], [0.07, 0.075, 0.08, 0.085, 0.09, 0.095, 0.1])
})

test('a serial fraction is the one of Amdahl’s law, 0 for linear speed-up, and none for one hart', (t) => {
	for (const serial of [0, 0.05, 0.5, 1])
		for (const harts of [2, 4, 64]) {
			const speedUp = 1 / (serial + (1 - serial) / harts)
			t.true(Math.abs(karpFlatt(speedUp, harts)! - serial) < 1e-12)
		}
	t.is(karpFlatt(1, 1), undefined)
	t.true(karpFlatt(2.2, 2)! < 0)
})

test('the least speed-up is the greatest serial fraction', (t) => {
	const speedUp = {median: 1.5, least: 1, greatest: 2, count: 5, interval: [1, 2] as const}
	t.deepEqual(serialFraction(speedUp, 2)!.interval, [0, 1])
	t.like(serialFraction(speedUp, 2), {least: 0, greatest: 1})
	t.is(serialFraction(speedUp, 1), undefined)
	t.like(sharedBy(2, speedUp), {median: 0.75, least: 0.5, greatest: 1})
})

test('ratios are of the same repetition: what slows both changes nothing', (t) => {
	const ratio = pairedRatio(rates(10, 5, 20, 1, 7), rates(5, 2.5, 10, 0.5, 3.5))!
	t.deepEqual(ratio, {median: 2, least: 2, greatest: 2, count: 5, interval: [2, 2]})
	t.is(
		pairedRatio(
			rates(1, 2),
			new Map([
				[1, 4],
				[7, 1],
			]),
		)!.median,
		0.5,
	)
	t.is(pairedRatio(rates(1), new Map([[3, 1]])), undefined)
})

test('a difference is called only where the whole interval is on one side of 1', (t) => {
	t.is(verdictOn(pairedRatio(rates(1.1, 1.2, 1.1, 1.3, 1.2), rates(1, 1, 1, 1, 1))), 'more')
	t.is(verdictOn(pairedRatio(rates(0.9, 0.8, 0.9, 0.8, 0.9), rates(1, 1, 1, 1, 1))), 'less')
	t.is(verdictOn(pairedRatio(rates(1.5, 0.9, 1.4, 0.8, 1.3), rates(1, 1, 1, 1, 1))), 'none')
	t.is(verdictOn(pairedRatio(rates(2, 2, 2, 2), rates(1, 1, 1, 1))), 'too few')
	t.is(verdictOn(undefined), 'too few')
})

test('of two sides that did not run together the medians are compared, with the spread of both', (t) => {
	const ratio = separateRatio([2, 2.1, 1.9, 2, 2.05], [1, 1.1, 0.9, 1, 1.02])!
	t.is(ratio.median, 2)
	const [from, to] = ratio.interval!
	t.true(1.7 < from && from < 2 && 2 < to && to < 2.4)
	t.is(verdictOn(ratio), 'more')
	t.is(verdictOn(separateRatio([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])), 'none')
	t.is(verdictOn(separateRatio([2, 2, 2], [1, 1, 1, 1, 1])), 'too few')
	t.is(separateRatio([], [1]), undefined)
})
