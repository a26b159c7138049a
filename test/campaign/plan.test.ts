import test from 'ava'
import {estimate, estimateAll} from '../../src/campaign/plan.ts'
import {inWords, planned, type Run} from '../../src/campaign/run.ts'
import {planOf} from './some-results.ts'

test('an entry is the product of its lists; repetitions are outermost, and engines take turns', (t) => {
	const {runs} = planOf(`
campaign: a
runs:
  - {guest: bare, workload: [sort, barrier], harts: [1, 2], engine: [manyhart, qemu], tlb: [default, policy=swap-pool], repeat: 2}
`)
	t.is(runs.length, 2 * 2 * 2 * 3, 'QEMU has one design only')
	t.deepEqual(
		runs.slice(0, 6).map(({run}) => inWords(run)),
		[
			'bare sort strong, 1 hart, manyhart, repetition 1',
			'bare sort strong, 1 hart, manyhart, --tlb policy=swap-pool, repetition 1',
			'bare sort strong, 1 hart, qemu, repetition 1',
			'bare sort strong, 2 harts, qemu, repetition 1',
			'bare sort strong, 2 harts, manyhart, repetition 1',
			'bare sort strong, 2 harts, manyhart, --tlb policy=swap-pool, repetition 1',
		],
	)
	t.true(runs.slice(0, 12).every(({run}) => run.repetition === 0))
})

test('seeds are those of a list or of a range', (t) => {
	const {runs} = planOf(`
campaign: a
runs:
  - {kind: stress, workload: flush, harts: 2, seed: {from: 3, to: 5}}
  - {guest: bare, workload: sort, harts: 2, seed: [7, 9]}
`)
	t.deepEqual(
		runs.map(({run}) => [run.kind, run.seed]),
		[
			['stress', 3],
			['stress', 4],
			['stress', 5],
			['scale', 7],
			['scale', 9],
		],
	)
})

test('weak scaling is left out where it says nothing, and what two entries have in common is one run', (t) => {
	const {runs} = planOf(`
campaign: a
runs:
  - {workload: [compute-integer, barrier], harts: [1, 2], scaling: [strong, weak]}
  - {workload: compute-integer, harts: 1, repeat: 2}
`)
	t.deepEqual(
		runs.map(({run}) => inWords(run)),
		[
			'linux compute-integer strong, 1 hart, manyhart, repetition 1',
			'linux compute-integer strong, 2 harts, manyhart, repetition 1',
			'linux compute-integer weak, 2 harts, manyhart, repetition 1',
			'linux barrier strong, 1 hart, manyhart, repetition 1',
			'linux barrier strong, 2 harts, manyhart, repetition 1',
			'linux compute-integer strong, 1 hart, manyhart, repetition 2',
		],
	)
})

test('weak scaling alone has its run on one hart, and what has no weak scaling is refused', (t) => {
	const planned = (workload: string, harts: string) =>
		planOf(`campaign: a\nruns:\n  - {workload: ${workload}, harts: ${harts}, scaling: weak}\n`).runs.map(({run}) =>
			inWords(run),
		)
	t.deepEqual(planned('compute-integer', '1'), ['linux compute-integer strong, 1 hart, manyhart, repetition 1'])
	t.deepEqual(planned('[compute-integer, barrier]', '[1, 2]'), [
		'linux compute-integer strong, 1 hart, manyhart, repetition 1',
		'linux compute-integer weak, 2 harts, manyhart, repetition 1',
	])
	t.throws(() => planned('barrier', '[1, 2]'), {
		message:
			'Expected c.yaml, line 3, runs[1].scaling, to have strong, since there is no weak scaling of barrier, got weak',
	})
})

const run: Run = {
	...{kind: 'scale', guest: 'bare', workload: 'sort', scaling: 'strong', work: 16, harts: 2, engine: 'manyhart'},
	repetition: 0,
}

test('the id is the same for the same run, however it is written, and another for whatever differs', (t) => {
	const {id} = planned(run, 'build')
	t.is(planned(Object.fromEntries(Object.entries(run).toReversed()) as Run, 'build').id, id)
	t.is(planned({...run, tlb: undefined}, 'build').id, id)
	t.is(planned(JSON.parse(JSON.stringify(run)), 'build').id, id)
	// What is in a folder or in Redis is found again. Another value needs another schema version.
	t.is(id, '4907618b5af3cdc34172640e')
	const others = [
		planned(run, 'another build'),
		...Object.entries({workload: 'barrier', scaling: 'weak', work: 17, harts: 3, engine: 'qemu', guest: 'linux'})
			.concat(Object.entries({repetition: 1, tlb: 'policy=clear', seed: 0}) as never)
			.map(([key, value]) => planned({...run, [key]: value} as Run, 'build')),
	]
	t.is(new Set([id, ...others.map((other) => other.id)]).size, 1 + others.length)
	// BullMQ takes no integers and no colons.
	for (const other of others) t.regex(other.id, /^[0-9a-f]{24}$/)
})

test('runs that share the cores take as long as the pool will need, about', (t) => {
	const seconds = estimate(run)
	const close = (actual: number, wanted: number) => t.true(Math.abs(actual - wanted) < 1e-9, `${actual}, not ${wanted}`)
	close(estimateAll([], 4), 0)
	close(estimateAll([run], 1), seconds)
	close(estimateAll([run, run], 4), seconds)
	close(estimateAll([run, run, run], 4), 2 * seconds)
	close(
		estimateAll(
			[
				{...run, harts: 1},
				{...run, harts: 8},
				{...run, harts: 1},
			],
			4,
		),
		3 * seconds,
	)
})
