/** Records as measurements would leave them, with figures that are made up. */
import {makePlan} from '../../../src/bench/scale/plan.ts'
import {
	type Breakdown,
	type Engine,
	type Latency,
	type Run,
	type ScaleRecord,
	scalings,
	schemaVersion,
} from '../../../src/bench/scale/record.ts'
import {type Subject, workloadOf} from '../../../src/bench/scale/subjects.ts'
import {uslRate} from '../../../src/bench/scale/usl.ts'
import {randomSource} from '../../../src/bench/statistics.ts'

export const fakeEngines: readonly Engine[] = [
	{id: 'Manyhart 0.1.0', kind: 'manyhart', version: '0.1.0'},
	{id: 'QEMU 7.2.22', kind: 'qemu', version: '7.2.22', file: '/usr/bin/qemu-system-riscv64'},
	{id: 'native', kind: 'native', compiler: 'gcc 12.2.0'},
]

export const fakeSubjects: readonly Subject[] = [
	fakeSubject('compute', {title: 'independent arithmetic', unit: 'a round', work: 1000}),
	fakeSubject('lock', {title: 'a lock that all take', unit: 'the lock taken once', work: 5000}),
]

function fakeSubject(
	name: string,
	{title, unit, work}: Readonly<{title: string; unit: string; work: number}>,
): Subject {
	const amount = {emulated: work, native: 10 * work}
	const of = {
		name,
		title,
		unit,
		work: amount,
		kind: 'threads',
		bareMetal: false,
		scaling: scalings,
		limit: 'cores',
		...(name === 'compute' && {independent: true as const}),
	} as const
	return {kind: 'ours', system: 'linux', of, name, title, unit}
}

const workloads = fakeSubjects.map(workloadOf)

export type Law = Readonly<{gamma: number; sigma: number; kappa: number}>

/** On engines in their order. */
const laws: Readonly<Record<string, readonly Law[]>> = {
	compute: [
		{gamma: 3e6, sigma: 0.01, kappa: 0.001},
		{gamma: 2e6, sigma: 0.01, kappa: 0.001},
		{gamma: 3e7, sigma: 0, kappa: 0},
	],
	lock: [
		{gamma: 4e5, sigma: 0.9, kappa: 0.1},
		{gamma: 3e5, sigma: 0.4, kappa: 0.05},
		{gamma: 9e6, sigma: 0.5, kappa: 0.02},
	],
}

const fakeLatencies = (harts: number): Record<string, Latency[]> => ({
	doorbells: Array.from({length: harts}, (_, hart) => ({
		...{count: 10, median: 5 + hart, p99: 90, maximum: 300 * harts},
		histogram: [0, 1, 0, 5, 2, 1, 0, 0, 0, 0, 0, 1],
	})),
	locks: Array.from({length: harts}, () => ({count: 0, median: 0, p99: 0, maximum: 0, histogram: []})),
	remoteFlushes: [{count: 30, median: 12, p99: 200, maximum: 1200, histogram: [0, 0, 0, 2, 18, 6, 2, 1, 0, 0, 0, 1]}],
	gracePeriods: [{count: 7, median: 100, p99: 900, maximum: 4000}],
})

/** Seconds; 2 in all. */
const fakeSpent = (harts: number): Record<string, number> => ({
	translated: 1.5 / harts,
	interpreted: 0.1,
	pageWalk: 0.05,
	fence: 0.1,
	device: 0.01,
	console: 0.01,
	wfi: 2 - 1.5 / harts - 0.27,
})

export type FakeOptions = Partial<ScaleRecord> &
	Readonly<{
		/** Of rates, as a share. */
		noise?: number
		/** Rates are so many times as great. */
		faster?: number
	}>

export function fakeRecord({noise = 0.02, faster = 1, ...change}: FakeOptions = {}): ScaleRecord {
	const {smp = [1, 2, 4, 8], repeat = 5, scalings: wanted = [...scalings], engines = [...fakeEngines]} = change
	const plan = makePlan({smp, repeat, scalings: wanted, engines, subjects: fakeSubjects})
	const random = randomSource(7)
	const runs = plan.flatMap(({engine, harts, repetition, tasks, times}, boot) =>
		(times ? [] : tasks).map(({workload, scaling}): Run => {
			const law = laws[workload]![engines.findIndex(({id}) => id === engine)]!
			const {work} = workloads.find(({name}) => name === workload)!
			const operations = scaling === 'strong' ? work!.emulated : work!.emulated * harts
			const rate = faster * uslRate(law, harts) * (1 + noise * (2 * random() - 1))
			return {
				engine,
				workload,
				scaling,
				harts,
				repetition,
				boot,
				operations,
				seconds: operations / rate,
				checksum: `${workload}-${operations}`,
				cpuSeconds: (operations / rate) * harts,
				waitedSeconds: 0.001,
				voluntarySwitches: 10 * harts,
				involuntarySwitches: 3,
				stealSeconds: 0,
				otherCores: 0.1,
				...(engine.startsWith('Manyhart') && {instructions: Array.from({length: harts}, () => 1e6 / harts)}),
			}
		}),
	)
	return {
		schema: schemaVersion,
		command: 'manyhart scale',
		date: '2026-11-29T10:00:00.000Z',
		manyhart: '0.1.0',
		node: 'v26.10.0',
		host: {
			platform: 'linux',
			arch: 'x64',
			release: '6.1.0',
			model: 'Some <Processor> & more',
			cores: 4,
			memoryBytes: 8 * 2 ** 30,
			virtual: true,
			load: 0.4,
		},
		guest: "Debian's kernel 6.12",
		quick: false,
		smp,
		repeat,
		scalings: wanted,
		state: 'complete',
		planned: plan.length,
		engines,
		workloads,
		boots: plan.map(({tasks: _, ...boot}, index) => ({
			...boot,
			began: index * 10,
			took: 9,
			bootSeconds: 4,
			...(boot.times && {latencies: fakeLatencies(boot.harts)}),
		})),
		runs,
		breakdowns: plan.flatMap(({engine, harts, tasks, times}, boot) =>
			(times ? tasks : []).map(
				(task): Breakdown => ({
					...{engine, ...task, harts, boot, spent: fakeSpent(harts), descheduled: 0.1},
					latencies: {
						doorbells: [0, 0, 0, 60, 30, 9, 1],
						remoteFlushes: [0, 99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
						locks: [],
					},
				}),
			),
		),
		...change,
	}
}
