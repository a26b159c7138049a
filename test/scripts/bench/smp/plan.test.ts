import {readFile} from 'node:fs/promises'
import {availableParallelism} from 'node:os'
import test from 'ava'
import {amounts, estimate, inWords, makePlan, parts} from '../../../../scripts/bench/smp/plan.ts'
import {figures, figuresOf, programNames} from '../../../../scripts/bench/smp/programs.ts'
import {allSeries, seriesOf} from '../../../../scripts/bench/smp/series.ts'
import {fromRoot} from '../../../../scripts/build/project.ts'

const subjects = [
	{id: 'Manyhart', kind: 'own'},
	{id: 'QEMU 7', kind: 'qemu'},
	{id: 'QEMU 10', kind: 'qemu'},
] as const
const whole = makePlan({...amounts.whole, parts, subjects})

test('the programs are those of the guest, in its order', async (t) => {
	const list = await readFile(fromRoot('test/guests/bench-linux/timed-programs.c'), 'utf8')
	t.deepEqual(
		[...list.matchAll(/\{"(.+?)"/g)].map(([, name]) => name),
		programNames,
	)
	t.is(new Set(figures.map(({name}) => name)).size, figures.length)
})

test('the series of latencies are those of the guest', async (t) => {
	const source = await readFile(fromRoot('test/guests/latency/main.c'), 'utf8')
	for (const [kind, task] of [
		['pair', 'PAIR'],
		['crowd', 'CROWD'],
	] as const)
		t.deepEqual(
			[...source.matchAll(new RegExp(`\\{"(.+?)", ${task},`, 'g'))].map(([, name]) => name!).toSorted(),
			seriesOf(kind)
				.map(({name}) => name)
				.toSorted(),
		)
	t.is(new Set(allSeries.map(({name}) => name)).size, allSeries.length)
})

test('all subjects run in turn, each first in some round, on 1, 2, 4, 8 and 16 harts', (t) => {
	const programs = whole.filter(({kind}) => kind === 'programs')
	t.deepEqual([...new Set(programs.map(({harts}) => harts))], [1, 2, 4, 8, 16])
	t.deepEqual(
		programs.slice(0, 3).map(({subject}) => subject),
		['Manyhart', 'QEMU 7', 'QEMU 10'],
	)
	const secondRound = programs.filter(({round}) => round === 1)
	t.deepEqual(
		secondRound.slice(0, 3).map(({subject}) => subject),
		['QEMU 7', 'QEMU 10', 'Manyhart'],
	)
	t.is(programs.length, 5 * 5 * 3)
})

test('latencies are those of two harts and of more harts than cores; only this build has its doorbells rung', (t) => {
	for (const {kind, harts, subject} of whole) {
		if (kind === 'pair') t.is(harts, 2)
		if (kind === 'crowd') t.true(harts > availableParallelism() || harts === 64)
		if (kind === 'doorbell') t.is(subject, 'Manyhart')
	}
	t.deepEqual([...new Set(whole.map(({kind}) => kind))], ['programs', 'pair', 'crowd', 'doorbell'])
})

test('one part, some programs and some harts can be chosen; a program brings all its figures', (t) => {
	const plan = {
		...amounts.quick,
		harts: [3],
		parts: ['programs'],
		subjects,
		programs: ['mutex', 'compute-storm'],
	} as const
	const runs = makePlan(plan)
	t.is(runs.length, 3)
	for (const run of runs) t.like(run, {kind: 'programs', harts: 3, programs: ['compute-storm', 'mutex']})
	t.deepEqual(
		figuresOf(['compute-storm']).map(({name}) => name),
		['compute-storm', 'mprotect-compute'],
	)
	t.is(inWords(runs[0]!), 'programs, 3 harts, Manyhart, round 1')
	t.true(makePlan({...plan, parts: ['latency']}).every(({kind}) => kind !== 'programs'))
})

test('by the estimate the quick plan takes some minutes, the whole one less than an hour', (t) => {
	const minutes = (runs: typeof whole) => runs.reduce((sum, run) => sum + estimate(run), 0) / 60
	t.true(minutes(makePlan({...amounts.quick, parts, subjects})) < 5)
	t.true(minutes(whole) < 60)
})
