import test from 'ava'
import {beginMark, endMark} from '../../../src/bench/scale/console.ts'
import {
	instructionsBetween,
	latenciesBetween,
	latenciesOf,
	timesBetween,
} from '../../../src/bench/scale/marked-statistics.ts'
import type {Task} from '../../../src/bench/scale/plan.ts'
import {keyOf} from '../../../src/bench/scale/plan.ts'

const ring: Task = {workload: 'ring', scaling: 'strong'}
const sort: Task = {workload: 'sort', scaling: 'weak'}

test('instructions are those from begin to end, of each hart', (t) => {
	const mark = (line: string, ...counts: readonly number[]) => ({
		line,
		statistics: {harts: counts.map((instructions) => ({instructions}))},
	})
	const marks = [
		mark(beginMark(ring), 100, 200),
		mark(endMark(ring, '0'), 150, 300),
		mark(beginMark(sort), 151, 300),
		mark(endMark(sort, '0'), 1151, 310),
	]
	t.deepEqual(
		[...instructionsBetween({marks})],
		[
			[keyOf(ring), [50, 100]],
			[keyOf(sort), [1000, 10]],
		],
	)
	t.is(instructionsBetween(undefined).size, 0)
})

test('without the warm-up, where a program says what it measures', (t) => {
	const marks = [beginMark(ring), 'scale: measured part begins.', 'scale: measured part ends.', endMark(ring, '0')].map(
		(line, index) => ({
			line,
			statistics: {harts: [{instructions: 10 ** (index + 1), time: {translated: 1000 * (index + 1) ** 2}}]},
		}),
	)
	t.deepEqual(instructionsBetween({marks}).get(keyOf(ring)), [900])
	t.deepEqual(timesBetween({marks}).get(keyOf(ring)), {spent: {translated: 5}})
})

test('times are those from begin to end, of all harts, in seconds', (t) => {
	const time = (translated: number, wfi: number) => ({
		instructions: 0,
		time: {translated, wfi, samples: 99, descheduled: translated / 10, doorbells: {count: 1}},
	})
	const mark = (line: string, ...harts: readonly ReturnType<typeof time>[]) => ({line, statistics: {harts}})
	const marks = [
		mark(beginMark(ring), time(1000, 0), time(500, 500)),
		mark(endMark(ring, '0'), time(3000, 100), time(1000, 400)),
	]
	t.deepEqual(timesBetween({marks}).get(keyOf(ring)), {spent: {translated: 2.5, wfi: 0}, descheduled: 0.25})
	t.is(timesBetween({marks: marks.map(({line}) => ({line, statistics: {}}))}).size, 0, 'without --times')
})

test('latencies are of the whole boot: of each hart, or one for all', (t) => {
	const latency = (median: number) => ({count: 3, median, p99: 50, maximum: 70})
	const hart = (median: number) => ({
		instructions: 0,
		time: {translated: 1, doorbells: latency(median), locks: latency(1)},
	})
	const statistics = {
		harts: [hart(5), hart(6)],
		rcu: {gracePeriods: 9, latency: {median: 100, p99: 200, maximum: 300}},
		tlbPool: {remoteFlushes: latency(12), tables: 4},
	}
	t.deepEqual(latenciesOf({statistics}), {
		doorbells: [latency(5), latency(6)],
		locks: [latency(1), latency(1)],
		remoteFlushes: [latency(12)],
		gracePeriods: [{count: 9, median: 100, p99: 200, maximum: 300}],
	})
	t.deepEqual(latenciesOf(undefined), {doorbells: [], locks: [], remoteFlushes: [], gracePeriods: []})
})

test('histograms are of the measured part, all harts together', (t) => {
	const latency = (...histogram: readonly number[]) => ({count: 1, median: 1, p99: 1, maximum: 1, histogram})
	const statistics = (doorbells: readonly number[], fences: readonly number[]) => ({
		harts: [
			{instructions: 0, time: {doorbells: latency(...doorbells)}},
			{instructions: 0, time: {doorbells: latency(0, 1)}},
		],
		tlbPool: {remoteFlushes: latency(...fences)},
	})
	const marks = [
		{line: beginMark(ring), statistics: statistics([9], [9])},
		{line: 'scale: measured part begins.', statistics: statistics([1, 2], [4])},
		{line: 'scale: measured part ends.', statistics: statistics([1, 5, 0, 7], [4, 0, 2])},
		{line: endMark(ring, '0'), statistics: statistics([1, 5, 0, 99], [99])},
	]
	t.like(latenciesBetween({marks}).get(keyOf(ring)), {doorbells: [0, 3, 0, 7], remoteFlushes: [0, 0, 2], locks: []})
})
