import test from 'ava'
import {randomSource, spreadOf} from '../../src/bench/statistics.ts'

test('median and spread of a few rounds; nothing of none', (t) => {
	t.deepEqual(spreadOf([3, 1, 2]), {median: 2, least: 1, greatest: 3, count: 3})
	t.deepEqual(spreadOf([4, 2]), {median: 3, least: 2, greatest: 4, count: 2})
	t.is(spreadOf([]), undefined)
})

test('from five rounds on there is an interval, inside the spread and around the median, the same each time', (t) => {
	const values = [10, 11, 12, 13, 40]
	const {interval, median, least, greatest} = spreadOf(values)!
	const [from, to] = interval!
	t.true(least <= from && from <= median && median <= to && to <= greatest)
	t.deepEqual(spreadOf(values)!.interval, interval)
	t.deepEqual(spreadOf([7, 7, 7, 7, 7])!.interval, [7, 7])
})

/**
 * Of n values drawn from n with replacement, the share of medians that are at most the k-th: those where more than half of the
 * draws are among the k least, which are binomial.
 */
function shareUpTo(k: number, n: number): number {
	const choose = (j: number) =>
		Array.from({length: j}, (_, i) => (n - i) / (i + 1)).reduce((all, each) => all * each, 1)
	const more = Array.from({length: (n + 1) / 2}, (_, i) => (n + 1) / 2 + i)
	return more.reduce((sum, j) => sum + choose(j) * (k / n) ** j * (1 - k / n) ** (n - j), 0)
}

test('the interval is the one that can be computed for the median exactly', (t) => {
	for (const n of [5, 7, 9, 11]) {
		const values = Array.from({length: n}, (_, index) => index + 1)
		const exact = values.find((k) => shareUpTo(k, n) > 0.025)!
		t.deepEqual(spreadOf(values)!.interval, [exact, n + 1 - exact], `of ${n}`)
	}
})

test('random numbers are repeatable, and spread over 0 to 1', (t) => {
	const draw = (seed: number) => Array.from({length: 1000}, randomSource(seed))
	t.deepEqual(draw(3), draw(3))
	t.notDeepEqual(draw(3), draw(4))
	const mean = draw(3).reduce((sum, value) => sum + value, 0) / 1000
	t.true(mean > 0.45 && mean < 0.55)
	t.true(draw(3).every((value) => value >= 0 && value < 1))
})
