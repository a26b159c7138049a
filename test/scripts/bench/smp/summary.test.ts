import test from 'ava'
import type {Measurement} from '../../../../scripts/bench/smp/record.ts'
import {Summary} from '../../../../scripts/bench/smp/summary.ts'
import {fakeRecord, timed} from './fake-record.ts'

const qemu = 'QEMU 7.2.22'
const summaryOf = (measurements: readonly Measurement[]) => new Summary(fakeRecord({measurements: [...measurements]}))
const cellOf = (measurements: readonly Measurement[]) => {
	const [row] = summaryOf(measurements).timedRows()
	return row!.cells[0]!
}

test('times are medians over the rounds; speeds compare runs of one round', (t) => {
	const {times, speeds} = cellOf([
		timed('Manyhart', {pipe: 1}, {round: 0}),
		timed(qemu, {pipe: 4}, {round: 0}),
		timed(qemu, {pipe: 6}, {round: 1}),
		timed('Manyhart', {pipe: 3}, {round: 1}),
	])
	t.deepEqual(times, [
		{median: 2, least: 1, greatest: 3},
		{median: 5, least: 4, greatest: 6},
	])
	t.deepEqual(speeds, [{median: 3, least: 2, greatest: 4}])
})

test('a run that others disturbed counts only if all of its kind were', (t) => {
	const runs = [
		timed('Manyhart', {pipe: 9}, {round: 0, others: 1.2}),
		timed(qemu, {pipe: 4}, {round: 0, others: 0.9}),
		timed('Manyhart', {pipe: 2}, {round: 1, others: 0.1}),
	]
	const {times, speeds} = cellOf(runs)
	t.deepEqual(
		times.map((time) => time?.median),
		[2, 4],
	)
	// No round has both: of the medians.
	t.is(speeds[0]?.median, 2)
	t.deepEqual(
		summaryOf(runs).load(() => true),
		{
			...{runs: 3, failed: 0, disturbed: 2, counted: ['QEMU 7.2.22 on 2 harts']},
			others: {median: 0.9, least: 0.1, greatest: 1.2},
		},
	)
})

test('a run that failed counts only if all of its kind did, since what it printed before may be sick, too', (t) => {
	const failed = timed('Manyhart', {pipe: 9}, {round: 0, error: 'no figure of futex'})
	const whole = timed('Manyhart', {pipe: 2}, {round: 1, others: 1})
	t.is(cellOf([failed, whole]).times[0]?.median, 2)
	t.is(cellOf([failed]).times[0]?.median, 9)
})

test('what was not measured is missing, and does not hide the rest', (t) => {
	const {times, speeds} = cellOf([timed('Manyhart', {pipe: 1}), timed(qemu, {}, {error: 'no figure of pipe'})])
	t.deepEqual([times[1], speeds[0]], [undefined, undefined])
	t.is(times[0]?.median, 1)
	t.deepEqual(summaryOf([]).timedRows(), [])
	t.deepEqual(summaryOf([]).latencyRows(), [])
})

test('what fences cost is the ratio of two figures of one run', (t) => {
	const summary = summaryOf([
		timed('Manyhart', {compute: 2, 'compute-fenced': 3}, {round: 0}),
		timed('Manyhart', {compute: 4, 'compute-fenced': 5}, {round: 1}),
	])
	t.deepEqual(summary.ratios('compute-fenced', 'compute')[0]?.times[0], {median: 1.375, least: 1.25, greatest: 1.5})
})

test('the mean speed is the geometric mean of each round, without the paced figure', (t) => {
	const summary = summaryOf([
		timed('Manyhart', {pipe: 1, futex: 1, fences: 1}),
		timed(qemu, {pipe: 2, futex: 8, fences: 100}),
	])
	t.is(summary.meanSpeeds(2)[0]?.median.toFixed(6), '4.000000')
})

test('latencies of all rounds are one histogram', (t) => {
	const run = (round: number, ticks: number): Measurement => ({
		...{kind: 'pair', subject: qemu, harts: 2, round, took: 1},
		latencies: {'ipi-busy': [[ticks, 5]]},
	})
	const [row] = summaryOf([run(0, 10), run(1, 70)]).latencyRows()
	t.like(row, {series: 'ipi-busy'})
	t.deepEqual(row!.percentiles, [undefined, {count: 10, p50: 1, p90: 7, p99: 7, max: 7}])
})
