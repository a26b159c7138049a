/** The plan of a campaign: every run, in the order in which they begin. Repetitions are outermost, so that all see the same changes of a host. */
import type {ScaleWorkload} from '../bench/scale/workloads.ts'
import {scaleWorkloads} from '../bench/scale/workloads.ts'
import {expected} from '../errors.ts'
import type {Entry, ParsedCampaign, Place} from './file.ts'
import {inWords, type PlannedRun, planned, type Run, type ScaleRun} from './run.ts'

export type Plan = Readonly<{
	name: string
	build: string
	/** Of each run, before it counts as failed. */
	attempts: number
	/** Seconds before the second attempt, which double with each further one. */
	backoff: number
	runs: readonly PlannedRun[]
}>

export const mostRuns = 1_000_000

/** @throws UserError for entries that contradict themselves or each other. */
export function makePlan({campaign, place}: ParsedCampaign, build: string): Plan {
	const {campaign: name, attempts, backoff, runs: entries} = campaign
	checkWork(entries, place)
	const total = entries.reduce((sum, entry) => sum + sizeOf(entry), 0)
	if (total > mostRuns) throw expected(`at most ${mostRuns} runs in ${place([])}`, total)
	const expanded = entries.map((entry, index) => expand(entry, (key) => place(['runs', index, ...key])))
	const most = Math.max(...entries.map(({repeat}) => repeat))
	const runs = new Map<string, PlannedRun>()
	for (let repetition = 0; repetition < most; repetition++)
		for (const [index, {repeat}] of entries.entries())
			if (repetition < repeat)
				for (const run of expanded[index]!) {
					const one = planned({...run, repetition}, build)
					// What two entries have in common is one run.
					runs.set(one.id, one)
				}
	return {name, build, attempts, backoff, runs: [...runs.values()]}
}

function sizeOf({repeat, ...lists}: Entry): number {
	return Object.values(lists).reduce<number>((size, each) => size * (Array.isArray(each) ? each.length : 1), repeat)
}

type Unrepeated = Run extends infer Each ? (Each extends Run ? Omit<Each, 'repetition'> : never) : never

function expand(entry: Entry, at: (path: readonly (string | number)[]) => string): readonly Unrepeated[] {
	const seeds: readonly (number | undefined)[] = entry.seed ?? [undefined]
	const both = (tlb: string | undefined, seed: number | undefined) => ({
		...(tlb !== undefined && {tlb}),
		...(seed !== undefined && {seed}),
	})
	if (entry.kind === 'stress')
		return product(entry.workload, entry.harts, entry.tlb, seeds).map(
			([workload, harts, tlb, seed]): Unrepeated => ({
				kind: 'stress',
				workload,
				harts,
				seconds: entry.seconds,
				...both(tlb, seed),
			}),
		)
	const other = entry.engine.find((engine) => engine !== 'manyhart')
	if (other && entry.seed)
		throw expected(`${at(['seed'])}, which is of manyhart --serial, without engine ${other}`, 'both')
	const strongOnly = entry.workload.filter((name) => !scalesWeakly(name))
	if (!entry.scaling.includes('strong') && strongOnly.length === entry.workload.length)
		throw expected(
			`${at(['scaling'])}, to have strong, since there is no weak scaling of ${strongOnly.join(', ')}`,
			'weak',
		)
	if (entry.engine.includes('native') && !entry.guest.includes('linux'))
		throw expected(`${at(['engine'])}, to have native with guest linux`, entry.guest.join(', '))
	return product(entry.guest, entry.workload, entry.scaling, entry.harts).flatMap(
		([guest, name, scaling, harts], index): readonly Unrepeated[] => {
			const workload = scaleWorkloads.find((each) => each.name === name)!
			if (guest === 'bare' && !workload.bareMetal) {
				throw expected(`${at(['workload'])}, to be there on guest bare`, name)
			}
			if (!workload.scaling.includes(scaling)) return []
			return rotated(entry.engine, index).flatMap((engine) => {
				// The host has no TLB of ours, nor a bare machine.
				if (engine === 'native' && guest === 'bare') return []
				const designs = engine === 'manyhart' ? entry.tlb : [undefined]
				const work = entry.work ?? usualWork(workload, engine)
				return product(designs, seeds).map(
					([tlb, seed]): Unrepeated => ({
						...{kind: 'scale', guest, workload: name, work, harts, engine},
						// On one hart both are the same: the run that a curve of either begins with.
						scaling: harts === 1 ? 'strong' : scaling,
						...both(tlb, seed),
					}),
				)
			})
		},
	)
}

const scalesWeakly = (name: string): boolean =>
	scaleWorkloads.some((workload) => workload.name === name && workload.scaling.includes('weak'))

const usualWork = ({work}: ScaleWorkload, engine: ScaleRun['engine']): number =>
	engine === 'native' ? work.native : work.emulated

/** A curve is of one amount of work. */
function checkWork(entries: readonly Entry[], place: Place): void {
	const amounts = new Map<string, number | undefined>()
	for (const [index, entry] of entries.entries()) {
		if (entry.kind === 'stress') continue
		for (const guest of entry.guest)
			for (const workload of entry.workload) {
				const key = `${workload} on ${guest}`
				const first = amounts.has(key) ? amounts.get(key) : entry.work
				if (first !== entry.work)
					throw expected(
						`${place(['runs', index, 'work'])}, to be what it is above for ${key}, ${first ?? 'the usual'}`,
						entry.work ?? 'the usual',
					)
				amounts.set(key, entry.work)
			}
	}
}

const rotated = <Item>(items: readonly Item[], by: number): readonly Item[] => [
	...items.slice(by % items.length),
	...items.slice(0, by % items.length),
]

/** @returns every choice of one from each list; the last list changes fastest. */
function product<const Lists extends readonly (readonly unknown[])[]>(
	...lists: Lists
): readonly {[Index in keyof Lists]: Lists[Index][number]}[] {
	const choices = lists.reduce<readonly (readonly unknown[])[]>(
		(sofar, list) => sofar.flatMap((choice) => list.map((item) => [...choice, item])),
		[[]],
	)
	return choices as readonly {[Index in keyof Lists]: Lists[Index][number]}[]
}

/** Seconds that a start takes: Debian's, the machine's own, of `stress`; and a usual amount of work. */
const [linuxStart, bareStart, stressStart, usualSeconds] = [6, 0.7, 2, 0.75]

/** A first guess, in seconds. */
export function estimate(run: Run): number {
	if (run.kind === 'stress') return run.seconds + stressStart
	const {work} = scaleWorkloads.find(({name}) => name === run.workload)!
	const usual = run.engine === 'native' ? work.native : work.emulated
	const start = run.engine === 'native' ? 0 : run.guest === 'bare' ? bareStart : linuxStart
	return start + (run.work / usual) * usualSeconds
}

/** Seconds of all, where runs share the cores as a pool shares them. */
export function estimateAll(runs: readonly Run[], cores: number): number {
	// When each core is free again.
	const free = Array.from({length: cores}, () => 0)
	for (const run of runs) {
		const needed = Math.min(run.harts, cores)
		free.sort((one, other) => one - other)
		// Those behind begin no sooner.
		const start = free[needed - 1]!
		const end = start + estimate(run)
		for (let core = 0; core < cores; core++) free[core] = core < needed ? end : Math.max(free[core]!, start)
	}
	return Math.max(0, ...free)
}

/** For --dry-run. */
export function listing({runs}: Plan): readonly string[] {
	return runs.map(({id, run}) => `${id}  ${estimate(run).toFixed(1).padStart(6)} s  ${inWords(run)}`)
}
