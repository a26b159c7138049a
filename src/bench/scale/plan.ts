/** The plan: every boot, in the order in which they come. Engines take turns, so that all see the same load. */
import type {Boot, Engine, Scaling} from './record.ts'
import type {Subject} from './subjects.ts'

/** One run of a program. */
export type Task = Readonly<{workload: string; scaling: Scaling}>

export type PlannedBoot = Pick<Boot, 'engine' | 'harts' | 'repetition' | 'times'> & Readonly<{tasks: readonly Task[]}>

export type PlanOptions = Readonly<{
	smp: readonly number[]
	repeat: number
	scalings: readonly Scaling[]
	engines: readonly Engine[]
	subjects: readonly Subject[]
}>

/**
 * A, B, A, B; and in each repetition another engine comes first. At the end each number of harts once more, with a look at
 * where time goes, which costs some.
 */
export function makePlan(options: PlanOptions): readonly PlannedBoot[] {
	const {smp, repeat, scalings, engines, subjects} = options
	const timed = engines.filter(({kind}) => kind === 'manyhart')
	const measured = Array.from({length: repeat}, (_, repetition) =>
		smp.flatMap((harts) =>
			rotated(engines, repetition).map(
				({id, kind}): PlannedBoot => ({
					engine: id,
					harts,
					repetition,
					tasks: tasksOf(subjects, {scalings, harts, isNative: kind === 'native'}),
				}),
			),
		),
	).flat()
	const looks = smp.flatMap((harts) =>
		timed.map(
			({id}): PlannedBoot => ({
				engine: id,
				harts,
				repetition: repeat,
				times: true,
				tasks: tasksOf(subjects, {scalings, harts, isNative: false}),
			}),
		),
	)
	return [...measured, ...looks].filter(({tasks}) => tasks.length > 0)
}

function tasksOf(
	subjects: readonly Subject[],
	{scalings, harts, isNative}: Readonly<{scalings: readonly Scaling[]; harts: number; isNative: boolean}>,
): readonly Task[] {
	return subjects
		.filter(({kind}) => !(kind === 'own' && isNative))
		.flatMap((subject) =>
			scalings
				// On one hart both are the same; how much a program of the user's does is its own affair.
				.filter(
					(scaling) =>
						scaling === 'strong' || (harts > 1 && subject.kind === 'ours' && subject.of.scaling.includes(scaling)),
				)
				.map((scaling) => ({workload: subject.name, scaling})),
		)
}

const rotated = <Item>(items: readonly Item[], by: number): readonly Item[] => [
	...items.slice(by % items.length),
	...items.slice(0, by % items.length),
]

/** Powers of two, the cores, and twice the cores. */
export function defaultSmp(most: number, cores: number): readonly number[] {
	const powers = Array.from({length: Math.floor(Math.log2(cores)) + 1}, (_, power) => 2 ** power)
	return [...new Set([...powers, cores, 2 * cores])]
		.filter((harts) => harts <= most)
		.toSorted((one, other) => one - other)
}

/** Seconds that a start of Linux takes, and a program. */
const [linuxStart, program] = [6, 1.5]

/** A first guess. */
export const estimate = ({tasks, isNative}: Readonly<{tasks: readonly Task[]; isNative: boolean}>): number =>
	(isNative ? 0 : linuxStart) + tasks.length * program
