/** The plan of `bench -- smp`: every run, in the order in which they come. All subjects run in turn, so that they see the same load. */
import {availableParallelism} from 'node:os'
import {figuresOf, programNames} from './programs.ts'

export const parts = ['programs', 'latency'] as const
export type Part = (typeof parts)[number]

export type Amount = Readonly<{
	rounds: number
	harts: readonly number[]
	/** Of each program; before that it runs for half as long to warm up. */
	milliseconds: number
	/** Of each series of latencies. */
	samples: number
	/** Most that a series may take. */
	seconds: number
}>

export const amounts: Readonly<Record<'quick' | 'whole', Amount>> = {
	quick: {rounds: 1, harts: [1, 2, 4], milliseconds: 200, samples: 200, seconds: 1},
	whole: {rounds: 5, harts: [1, 2, 4, 8, 16], milliseconds: 300, samples: 1000, seconds: 2.5},
}

export type Run = Readonly<{subject: string; harts: number; round: number}> &
	Readonly<
		| {kind: 'programs'; programs: readonly string[]; milliseconds: number}
		| {kind: 'pair' | 'crowd'; samples: number; seconds: number}
		| {kind: 'doorbell'; samples: number; seconds: number}
	>
export type RunKind = Run['kind']
type RunOfRound = Run extends infer Each ? (Each extends Run ? Omit<Each, 'round' | 'subject'> : never) : never

export type PlanOptions = Amount &
	Readonly<{
		parts: readonly Part[]
		programs?: readonly string[]
		subjects: readonly Readonly<{id: string; kind: 'own' | 'build' | 'qemu'}>[]
	}>

/** More than cores: four times as many, at least 8. */
const crowdHarts = Math.min(64, Math.max(8, 4 * availableParallelism()))

export function makePlan({parts: wanted, programs = programNames, subjects, ...amount}: PlanOptions): readonly Run[] {
	const {rounds, harts, milliseconds, samples, seconds} = amount
	const timed = programNames.filter((name) => programs.includes(name))
	const latency = {samples, seconds}
	const kinds: readonly RunOfRound[] = [
		...(wanted.includes('programs')
			? harts.map((count) => ({kind: 'programs' as const, harts: count, programs: timed, milliseconds}))
			: []),
		...(wanted.includes('latency')
			? [
					{kind: 'pair' as const, harts: 2, ...latency},
					{kind: 'crowd' as const, harts: crowdHarts, ...latency},
					{kind: 'doorbell' as const, harts: crowdHarts, ...latency},
				]
			: []),
	]
	return Array.from({length: rounds}, (_, round) =>
		kinds.flatMap((kind) =>
			rotated(subjects, round)
				// Doorbells are rung in this process, by these sources.
				.filter((subject) => kind.kind !== 'doorbell' || subject.kind === 'own')
				.map(({id}): Run => ({...kind, subject: id, round})),
		),
	).flat()
}

/** In each round another subject comes first. */
const rotated = <Item>(items: readonly Item[], by: number): readonly Item[] => [
	...items.slice(by % items.length),
	...items.slice(0, by % items.length),
]

export const inWords = (run: Run): string =>
	`${kindInWords[run.kind]}, ${run.harts === 1 ? '1 hart' : `${run.harts} harts`}, ${run.subject}, round ${run.round + 1}`
const kindInWords = {programs: 'programs', pair: 'latencies', crowd: 'latencies', doorbell: 'doorbells'} as const

/** Seconds that a start of Linux takes, and of a pair's series. */
const [linuxStart, bareSeries] = [6, 8]

/** A first guess. */
export function estimate(run: Run): number {
	switch (run.kind) {
		case 'programs':
			return linuxStart + (figuresOf(run.programs).length * run.milliseconds * 1.6) / 1000
		case 'pair':
			return 1 + bareSeries * run.samples * 0.001
		case 'crowd':
			return 2 + bareSeries * run.seconds
		case 'doorbell':
			return 2 + 3 * run.seconds
	}
}
