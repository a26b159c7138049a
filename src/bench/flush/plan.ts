/** The plan: every run, in the order in which they come. */
import {shuffle} from 'simple-statistics'
import {formatTlbDesign, parseTlbDesign, type TlbDesign, tlbKeys} from '../../tlb/index.ts'
import {randomSource} from '../statistics.ts'
import {
	type AmountName,
	amounts,
	type Combination,
	type Design,
	fillsOf,
	manyFills,
	othersPerDefault,
	partsOfKey,
} from './design-data.ts'
import {computePrograms, linuxPrograms, type PartName, switchStorm} from './parts.ts'

/** What runs a guest: Manyhart with a design of its TLB, or a QEMU. */
export type Subject = Readonly<
	| {
			/** `default`, or as --tlb spells it. */
			id: string
			kind: 'manyhart'
			design: Design
			/** Of a combination. */
			name?: string
	  }
	| {
			/** `QEMU 7.2.22`; with its file if two have the same version. */
			id: string
			kind: 'qemu'
			file: string
			version: string
	  }
>

/** Of one process, or of the threads that measure flushes alone. */
export type Run = Readonly<{subject: string; harts: number; round: number}> &
	Readonly<
		| {kind: 'cost'; log2Entries: number; fills: readonly number[]; flushes: number}
		| {kind: 'boot'}
		/** `storm`: a few programs under Linux, for the machine's counters. */
		| {kind: 'bare' | 'linux' | 'storm'; programs: readonly string[]; scale: number}
	>
export type RunKind = Run['kind']

export type Plan = Readonly<{subjects: readonly Subject[]; runs: readonly Run[]; minutes: number}>

export type PlanOptions = Readonly<{
	amount: AmountName
	parts: readonly PartName[]
	qemus: readonly Readonly<{file: string; version: string}>[]
	seed: number
}>

export const defaultId = 'default'

type Key = Readonly<{name: string; default: string; values: Readonly<Record<string, string>>}>
const keys: Readonly<Record<string, Key>> = tlbKeys

/** Values that are defaults do not count. */
export function idOf(design: Design): string {
	const changed = Object.entries(design).filter(([field, value]) => keys[field]?.default !== value)
	return formatTlbDesign(Object.fromEntries(changed) as Partial<TlbDesign>) || defaultId
}

export function makePlan({amount, parts, qemus, seed}: PlanOptions): Plan {
	const designs = comparedDesigns(amount)
	const manyharts = designs.map(
		({design, name}): Subject => ({
			id: idOf(design),
			kind: 'manyhart',
			design,
			...(name !== undefined && {name}),
		}),
	)
	const qemuSubjects = qemus.map(({file, version}, index): Subject => {
		const isUnique = qemus.every((other, at) => at === index || other.version !== version)
		return {id: `QEMU ${version}${isUnique ? '' : ` (${file})`}`, kind: 'qemu', file, version}
	})
	const random = randomSource(seed)
	const context: Context = {amount, parts, designs, qemus: qemuSubjects.map(({id}) => id)}
	const costs = parts.includes('cost') ? costRuns(amount) : []
	const runs = Array.from({length: amounts[amount].rounds}, (_, round) =>
		[
			shuffle([...costs], random),
			...guestSequences(context).map((runs) => interleaved(runs, {qemus: context.qemus, random})),
		]
			.flat()
			.map((run): Run => ({...run, round})),
	).flat()
	const used = new Set(runs.map(({subject}) => subject))
	const costSubjects = costs.map(({subject}) => subject).filter((id) => !manyharts.some((each) => each.id === id))
	const others = [...new Set(costSubjects)].map((id): Subject => ({id, kind: 'manyhart', design: designOfCost(id)}))
	return {
		subjects: [...manyharts, ...others, ...qemuSubjects].filter(({id}) => used.has(id)),
		runs,
		minutes: amounts[amount].minutes,
	}
}

type Compared = Readonly<{design: Design; parts: readonly PartName[] | 'all'; name?: string}>
/** A run before it has the number of its round. */
type RunOfRound = Run extends infer Each ? (Each extends Run ? Omit<Each, 'round'> : never) : never
type Order = Readonly<{qemus: readonly string[]; random: () => number}>
type Context = Readonly<{
	amount: AmountName
	parts: readonly PartName[]
	designs: readonly Compared[]
	qemus: readonly string[]
}>

/** The default, each other value of each key, and the combinations of values that there are. */
export function comparedDesigns(amount: AmountName): readonly Compared[] {
	const {guestValues, keys: varied = Object.keys(keys), combinations} = amounts[amount]
	const factors = varied.flatMap((field) => {
		const key = keys[field]
		if (!key) return []
		const values = guestValues[field]?.filter((value) => Object.hasOwn(key.values, value)) ?? Object.keys(key.values)
		return values
			.filter((value) => value !== key.default)
			.map((value): Compared => {
				const design = {[field]: value}
				return {design, parts: partsOfKey[idOf(design)] ?? partsOfKey[field] ?? 'all'}
			})
	})
	const all = [
		{design: {}, parts: 'all'} as const,
		...factors,
		...combinations.filter(isPossible).map(
			({name, design, parts: its}): Compared => ({
				name,
				design,
				parts: its ?? 'all',
			}),
		),
	]
	// A combination may be the default by now, or differ from it by one value.
	const ids = all.map(({design}) => idOf(design))
	return all.filter((_, index) => ids.indexOf(ids[index]!) === index)
}

const isPossible = ({design}: Combination) =>
	Object.entries(design).every(([field, value]) => keys[field] && Object.hasOwn(keys[field].values, value))

/** Policies and sizes all with each other; other encodings at some sizes. */
function costRuns(amount: AmountName): readonly RunOfRound[] {
	const {log2Entries, log2EntriesByEncoding, log2EntriesByFill, flushes} = amounts[amount].cost
	const run = (design: Design, size: number): RunOfRound => ({
		kind: 'cost',
		subject: costId(design),
		harts: 1,
		log2Entries: size,
		fills: log2EntriesByFill.includes(size) ? manyFills(size) : fillsOf(size),
		flushes,
	})
	const {encoding} = keys
	const otherEncodings = encoding ? Object.keys(encoding.values).filter((value) => value !== encoding.default) : []
	return Object.keys(tlbKeys.policy.values).flatMap((policy) => [
		...log2Entries.map((size) => run({policy}, size)),
		...otherEncodings.flatMap((value) => log2EntriesByEncoding.map((size) => run({policy, encoding: value}, size))),
	])
}

/** As --tlb spells it, with the policy even if it is the default. */
const costId = (design: Design): string => formatTlbDesign(design as Partial<TlbDesign>)
export const designOfCost = (id: string): Design => parseTlbDesign(id)

/** The runs of guests of one round, in sequences of runs that are compared with one another. */
function guestSequences({amount, parts, designs, qemus}: Context): readonly (readonly RunOfRound[])[] {
	const {harts: hartCounts, scale, workingSets, countsSwitches} = amounts[amount]
	const computed = computePrograms.filter(
		(name) => !workingSets || workingSets.some((size) => name.endsWith(`-${size}`)),
	)
	const has = (part: PartName) => parts.includes(part)
	const takesPart = (compared: Compared, part: PartName) =>
		has(part) && (compared.parts === 'all' || compared.parts.includes(part))
	/** One run for each subject that has something to do in it. */
	const sequence = (runOf: (subject: string, takes: (part: PartName) => boolean) => RunOfRound | undefined) =>
		[
			...designs.map((compared) => runOf(idOf(compared.design), (part) => takesPart(compared, part))),
			...qemus.map((id) => runOf(id, has)),
		].filter((run) => run !== undefined)
	const boots = sequence((subject, takes) => (takes('boot') ? {kind: 'boot', subject, harts: 1} : undefined))
	const computes = sequence((subject, takes) =>
		takes('compute') ? {kind: 'bare', subject, harts: 1, programs: computed, scale: scale.bare} : undefined,
	)
	const underLinux = hartCounts.map((harts) =>
		sequence((subject, takes) => {
			const programs = (['storms', 'switches', 'mix'] as const).flatMap((part) =>
				takes(part) ? (linuxPrograms[part][harts] ?? []) : [],
			)
			return programs.length > 0 ? {kind: 'linux', subject, harts, programs, scale: scale.linux} : undefined
		}),
	)
	const counted = new Set(
		designs
			.filter(({design}) => Object.keys(design).every((field) => field === 'asids'))
			.map(({design}) => idOf(design)),
	)
	const storms = sequence((subject, takes) =>
		countsSwitches && takes('switches') && (counted.has(subject) || qemus.includes(subject))
			? {kind: 'storm', subject, harts: 1, programs: switchStorm, scale: scale.linux}
			: undefined,
	)
	return [boots, computes, ...underLinux, storms]
}

/** QEMUs first, then the others in a random order; the default design comes again after every few of them. */
function interleaved(runs: readonly RunOfRound[], {qemus, random}: Order): readonly RunOfRound[] {
	const isDefault = ({subject}: RunOfRound) => subject === defaultId
	const isQemu = ({subject}: RunOfRound) => qemus.includes(subject)
	const usual = runs.filter(isDefault)
	const designs = runs.filter((run) => !isDefault(run) && !isQemu(run))
	const others = [...runs.filter(isQemu), ...shuffle(designs, random)]
	return others.length === 0
		? usual
		: others.flatMap((run, index) => (index % othersPerDefault === 0 ? [...usual, run] : [run]))
}
