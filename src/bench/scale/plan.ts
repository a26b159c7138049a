/** The plan: every boot, in the order in which they come. Engines take turns, so that all see the same load. */
import {join} from 'node:path'
import {expected} from '../../errors.ts'
import type {Boot, Engine, Scaling} from './record.ts'
import type {Subject} from './subjects.ts'
import {nativeName} from './workloads.ts'

/** One run of a program. */
export type Task = Readonly<{workload: string; scaling: Scaling}>

export type PlannedBoot = Pick<Boot, 'engine' | 'harts' | 'repetition' | 'times' | 'system'> &
	Readonly<{
		tasks: readonly Task[]
		/** A file for a trace: the boot is for that alone, and in no record. */
		trace?: string
	}>

export type PlanOptions = Readonly<{
	smp: readonly number[]
	repeat: number
	scalings: readonly Scaling[]
	engines: readonly Engine[]
	subjects: readonly Subject[]
	/** A folder for traces; undefined: none. */
	trace?: string | undefined
}>

/**
 * A, B, A, B; and in each repetition another engine comes first. At the end each number of harts once more, with a look at
 * where time goes, which costs some; then the traces, which cost more.
 */
export function makePlan(options: PlanOptions): readonly PlannedBoot[] {
	const {smp, repeat, engines, trace} = options
	const timed = engines.filter(({kind}) => kind === 'manyhart')
	const measured = Array.from({length: repeat}, (_, repetition) =>
		smp.flatMap((harts) =>
			rotated(engines, repetition).flatMap((engine) => bootsOf(engine, {...options, harts, repetition})),
		),
	).flat()
	const looks = smp.flatMap((harts) =>
		timed.flatMap((engine) => bootsOf(engine, {...options, harts, repetition: repeat, times: true})),
	)
	const traces = trace === undefined ? [] : timed.flatMap((engine) => tracesOf(engine, {...options, trace}))
	return [...measured, ...looks, ...traces].filter(({tasks}) => tasks.length > 0)
}

/** A boot for each workload on each number of harts: a trace of one program is small, and says what it is of. */
function tracesOf(
	engine: Engine,
	{trace, ...options}: PlanOptions & Readonly<{trace: string}>,
): readonly PlannedBoot[] {
	const {smp, repeat, subjects} = options
	return smp.flatMap((harts) =>
		subjects.flatMap((subject) =>
			bootsOf(engine, {...options, subjects: [subject], scalings: ['strong'], harts, repetition: repeat}).map(
				(boot) => ({
					...boot,
					trace: join(trace, `${subject.name.replaceAll('/', '-')}-${harts}.json`),
				}),
			),
		),
	)
}

type BootOptions = PlanOptions & Pick<PlannedBoot, 'harts' | 'repetition' | 'times'>

/** One of Linux, one of bare metal; on the host both are one. */
function bootsOf(
	{id, kind}: Engine,
	{subjects, scalings, harts, repetition, times}: BootOptions,
): readonly PlannedBoot[] {
	const boot = {engine: id, harts, repetition, ...(times && {times})}
	const tasks = (of: readonly Subject[]) => tasksOf(of, {scalings, harts})
	if (kind === 'native') return [{...boot, tasks: onHost(tasks(subjects.filter((each) => each.kind === 'ours')))}]
	const isBare = (subject: Subject) => subject.kind === 'ours' && subject.system === 'bare'
	return [
		{...boot, tasks: tasks(subjects.filter((each) => !isBare(each)))},
		{...boot, system: 'bare', tasks: tasks(subjects.filter(isBare))},
	]
}

/** What runs under Linux and on bare metal runs once. */
function onHost(tasks: readonly Task[]): readonly Task[] {
	const named = tasks.flatMap(({workload, scaling}) => {
		const name = nativeName(workload)
		return name === undefined ? [] : [{workload: name, scaling}]
	})
	return [...new Map(named.map((task) => [keyOf(task), task])).values()]
}

function tasksOf(
	subjects: readonly Subject[],
	{scalings, harts}: Readonly<{scalings: readonly Scaling[]; harts: number}>,
): readonly Task[] {
	return subjects.flatMap((subject) =>
		scalings
			// On one hart both are the same; how much a program of the user's does is its own affair.
			.filter(
				(scaling) =>
					scaling === 'strong' || (harts > 1 && subject.kind === 'ours' && subject.of.scaling.includes(scaling)),
			)
			.map((scaling) => ({workload: subject.name, scaling})),
	)
}

export const hartsInWords = (harts: number): string => (harts === 1 ? '1 hart' : `${harts} harts`)

/** Of a record: what names a task. */
export const keyOf = ({workload, scaling}: Task): string => `${workload} ${scaling}`

const rotated = <Item>(items: readonly Item[], by: number): readonly Item[] => [
	...items.slice(by % items.length),
	...items.slice(0, by % items.length),
]

/** @throws UserError for a quick look at more harts than cores. */
export function chooseSmp(
	{smp, quick, mostHarts}: Readonly<{smp: readonly number[] | undefined; quick: boolean; mostHarts: number}>,
	cores: number,
): readonly number[] {
	const chosen = smp ?? defaultSmp(mostHarts, cores).filter((harts) => !quick || harts <= cores)
	if (!quick || chosen.every((harts) => harts <= cores)) return chosen
	throw expected(`--quick with --smp of no more harts than the ${cores} cores that there are`, chosen.join(','))
}

/** Powers of two, the cores, and twice the cores. */
export function defaultSmp(most: number, cores: number): readonly number[] {
	const powers = Array.from({length: Math.floor(Math.log2(cores)) + 1}, (_, power) => 2 ** power)
	return [...new Set([...powers, cores, 2 * cores])]
		.filter((harts) => harts <= most)
		.toSorted((one, other) => one - other)
}
