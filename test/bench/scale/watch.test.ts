import test from 'ava'
import {costsBetween, type Sample} from '../../../src/bench/scale/watch.ts'

const times = {cpuSeconds: 0, waitedSeconds: 0, voluntary: 0, involuntary: 0}
const before: Sample = {at: 0, process: times, cores: {busy: 100, steal: 10}, own: 1}

test('cores of other processes are what is busy beside the engine and this process; stolen time is nobody’s', (t) => {
	// Two seconds: 3 of the engine, 0.2 of this process, 0.6 of others, 0.5 stolen.
	const after: Sample = {at: 2000, process: {...times, cpuSeconds: 3}, cores: {busy: 104.3, steal: 10.5}, own: 1.2}
	t.like(costsBetween({before, after}), {cpuSeconds: 3, stealSeconds: 0.5, otherCores: 0.3})
})

test('a host that does not count its cores has no figures of them', (t) => {
	const after: Sample = {at: 2000, process: {...times, cpuSeconds: 3}, cores: undefined, own: 1.2}
	const costs = costsBetween({before, after})
	t.is(costs.cpuSeconds, 3)
	t.false('otherCores' in costs || 'stealSeconds' in costs)
})
