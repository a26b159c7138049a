/** The workloads by name, what a guest is told, and what it answers. */
import test from 'ava'
import {
	bareWorkloads,
	parseWorkloadResults,
	programName,
	scaleWorkloads,
	workloadArguments,
} from '../../../src/bench/scale/workloads.ts'

test('each workload has a name of its own, work to do, and some kind of scaling', (t) => {
	t.is(new Set(scaleWorkloads.map(({name}) => name)).size, scaleWorkloads.length)
	for (const {name, work, scaling} of scaleWorkloads) {
		t.regex(name, /^[a-z]+(-[a-z]+)*$/)
		t.true(
			Number.isInteger(work.native) && work.native > 0 && Number.isInteger(work.emulated) && work.emulated > 0,
			name,
		)
		t.true(scaling.includes('strong'), name)
	}
})

test('of bare metal no workload is asked that needs processes, but what shares nothing runs in processes elsewhere', (t) => {
	const both = scaleWorkloads.filter(({kind, bareMetal}) => kind === 'processes' && bareMetal)
	t.deepEqual(
		both.map(({name}) => name),
		['compute-integer', 'compute-float'],
	)
})

test('workloads on bare metal are named beside those under Linux', (t) => {
	t.is(bareWorkloads.length, scaleWorkloads.filter(({bareMetal}) => bareMetal).length)
	t.like(
		bareWorkloads.find(({name}) => name === 'bare/ring'),
		{title: 'producers and consumers, each worker both, over rings, on bare metal'},
	)
	t.like(
		bareWorkloads.find(({name}) => name === 'bare/shootdown'),
		{title: 'remote fences of one page, by all harts'},
	)
	t.is(programName('bare/ring'), 'ring')
	t.is(programName('ring'), 'ring')
})

test('the amount is work in all, work of each, or a time; processes are asked for where they are meant', (t) => {
	const sort = {name: 'sort', kind: 'threads'} as const
	t.deepEqual(workloadArguments(sort, 4, {work: 100}), ['sort', '--threads', '4', '--work', '100'])
	t.deepEqual(workloadArguments(sort, 4, {work: 100, most: 2000}), [
		...['sort', '--threads', '4', '--work', '100', '--at-most', '2000'],
	])
	t.deepEqual(workloadArguments(sort, 1, {perThread: 7}), ['sort', '--threads', '1', '--per-thread', '7'])
	t.deepEqual(workloadArguments({name: 'pipe', kind: 'processes'}, 2, {milliseconds: 50}), [
		...['pipe', '--threads', '2', '--milliseconds', '50', '--processes'],
	])
})

test('results are read from a console with other lines between, and with its line ends', (t) => {
	const console = [
		'[    1.0] scale of what follows',
		'scale sort threads 4 operations 100 ns 12345678901 checksum 36a330e61cf07647\r',
		'scale: sort: sorted numbers are not in order',
		'scale ring threads 1 operations 5 ns 70 checksum -',
		'scale ring threads 1 operations 5 ns 70 checksum 36a3',
		'scale ring threads 1 operations 5 ns',
	].join('\n')
	t.deepEqual(parseWorkloadResults(console), [
		{name: 'sort', threads: 4, operations: 100, nanoseconds: 12_345_678_901, checksum: '36a330e61cf07647'},
		{name: 'ring', threads: 1, operations: 5, nanoseconds: 70},
	])
})
