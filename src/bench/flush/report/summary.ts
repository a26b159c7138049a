/** Figures of a record: medians and spreads over the rounds, and speeds from runs that came close together. */
import {tlbKeys} from '../../../tlb/index.ts'
import {geometricMean, type Spread, spreadOf} from '../../statistics.ts'
import {fullFlushes, type MissClass, missShare, tablesEmptied} from '../counters.ts'
import {fewEntries} from '../design-data.ts'
import {type PartName, partNames, partOf, workingSetOf} from '../parts.ts'
import {defaultId} from '../plan.ts'
import type {FlushRecord, Measurement} from '../record.ts'

export type Subject = FlushRecord['subjects'][number]
type Key = Readonly<{name: string; default: string; values: Readonly<Record<string, string>>}>
const keys: Readonly<Record<string, Key>> = tlbKeys

/** One thing that guests are timed by: `boot`, or a program. */
export type Timed = Readonly<{program: string; part: PartName}>

/** As a program: the run of switches alone, for its counters. */
export const switchesAlone = 'switches-alone'

type Figure = 'seconds' | 'boot CPU seconds' | 'full flushes' | 'tables emptied' | 'page walks'

export class Summary {
	readonly record: FlushRecord
	readonly #succeeded: readonly Measurement[]

	constructor(record: FlushRecord) {
		this.record = record
		this.#succeeded = record.measurements.filter(({error}) => error === undefined)
	}

	get failures(): readonly Measurement[] {
		return this.record.measurements.filter(({error}) => error !== undefined)
	}

	get qemus(): readonly Subject[] {
		return this.record.subjects.filter(({kind}) => kind === 'qemu')
	}

	/** Parts of which there are figures. */
	get parts(): readonly PartName[] {
		const timed = new Set(this.timed().map(({part}) => part))
		return partNames.filter((part) => (part === 'cost' ? this.costs().length > 0 : timed.has(part)))
	}

	/** What guests were timed by, in the order of the programs' list. @param part default: all. */
	timed(part?: PartName): readonly Timed[] {
		const programs = new Set(this.#succeeded.flatMap(({programs: each}) => Object.keys(each ?? {})))
		const boot = this.#succeeded.some(({kind}) => kind === 'boot') ? [{program: 'boot', part: 'boot'} as const] : []
		const others = [...programs].flatMap((program) => {
			const ofPart = partOf(program)
			return ofPart ? [{program, part: ofPart}] : []
		})
		const all = [...boot, ...others].filter((each) => part === undefined || each.part === part)
		return part === 'compute' ? all.toSorted((one, other) => byWorkingSet(one.program, other.program)) : all
	}

	/** Subjects that a program, or any program of a part, was measured with: the default, other designs, then QEMUs. */
	subjectsOf({program, part}: Partial<Timed>): readonly Subject[] {
		const programs = program === undefined ? this.timed(part).map((each) => each.program) : [program]
		const ids = new Set(
			this.#succeeded.filter((each) => programs.some((name) => hasProgram(each, name))).map(({subject}) => subject),
		)
		return this.record.subjects.filter(({id}) => ids.has(id))
	}

	/** Over the rounds; of counters of switches alone, what boots of the same subject count is taken off. */
	spread(figure: Figure, {program, subject}: Readonly<{program: string; subject: string}>): Spread | undefined {
		const values = this.#of(program, subject).map((each) => figureOf(figure, each, program))
		const boots = program === switchesAlone ? (this.spread(figure, {program: 'boot', subject})?.median ?? 0) : 0
		return spreadOf(values.filter((value) => value !== undefined).map((value) => value - boots))
	}

	/** A latency of the machine, such as `rcu.latency.p99`, in microseconds. */
	latency(name: string, {program, subject}: Readonly<{program: string; subject: string}>): Spread | undefined {
		const values = this.#of(program, subject).map(({latencies}) => latencies?.[name])
		return spreadOf(values.filter((value) => value !== undefined))
	}

	/** The share of misses that are of a class, in percent. */
	missShare(of: MissClass, {program, subject}: Readonly<{program: string; subject: string}>): Spread | undefined {
		const shares = this.#of(program, subject).map(({counters}) => counters && missShare(counters, of))
		return spreadOf(shares.filter((share) => share !== undefined).map((share) => 100 * share))
	}

	/**
	 * The time of `against` divided by the subject's: above 1 the subject is faster. Each run is paired with the one of
	 * `against` that came nearest.
	 */
	speed(program: string, subject: string, against: string = defaultId): Spread | undefined {
		return spreadOf(this.#speeds(program, subject, against).map(({speed}) => speed))
	}

	/** The geometric mean over a part's programs: first per round, then the spread over the rounds. */
	meanSpeed(part: PartName, subject: string, against: string = defaultId): Spread | undefined {
		const speeds = this.timed(part).flatMap(({program}) => this.#speeds(program, subject, against))
		const rounds = Map.groupBy(speeds, ({round}) => round)
		return spreadOf([...rounds.values()].map((round) => geometricMean(round.map(({speed}) => speed))))
	}

	#speeds(program: string, subject: string, against: string): readonly Readonly<{round: number; speed: number}>[] {
		const others = this.#of(program, against)
		return this.#of(program, subject).flatMap((own) => {
			const seconds = figureOf('seconds', own, program)!
			const [nearest] = others
				.filter((other) => areWarmedAlike(own, other))
				.toSorted((one, other) => distance(own, one) - distance(own, other))
			return nearest ? [{round: own.round, speed: figureOf('seconds', nearest, program)! / seconds}] : []
		})
	}

	#of(program: string, subject: string): readonly Measurement[] {
		return this.#succeeded.filter((each) => each.subject === subject && hasProgram(each, program))
	}

	/** Keys of --tlb with more than one value among the subjects of a part; the default value is one. */
	variedKeys(part: PartName): readonly string[] {
		const ids = new Set(this.subjectsOf({part}).map(({id}) => id))
		return Object.keys(keys).filter((field) => this.valuesOf(field).filter(({subject}) => ids.has(subject)).length > 1)
	}

	/** The values of a key, one factor at a time, and which subject has each. */
	valuesOf(field: string): readonly Readonly<{value: string; subject: string}>[] {
		const key = keys[field]
		if (!key) return []
		const usual = this.record.defaults[field] ?? key.default
		return Object.keys(key.values).flatMap((value) => {
			const subject =
				value === usual
					? defaultId
					: this.record.subjects.find(
							(each) =>
								each.kind === 'manyhart' &&
								each.design[field] === value &&
								Object.keys(each.design).length === 1 &&
								each.id !== defaultId,
						)?.id
			return subject === undefined ? [] : [{value, subject}]
		})
	}

	/** Costs of flushes: a row for each subject, size and fill. Microseconds. */
	costs(): readonly CostRow[] {
		const measured = this.#succeeded.flatMap(({subject, log2Entries, costs}) =>
			(costs ?? []).map((cost) => ({...cost, subject, log2Entries: log2Entries ?? 0})),
		)
		const rows = Map.groupBy(measured, ({subject, log2Entries, filled}) => `${subject} ${log2Entries} ${filled}`)
		return [...rows.values()].map((all) => {
			const {subject, log2Entries, filled} = all[0]!
			const entries = 2 ** log2Entries
			return {
				subject,
				log2Entries,
				filled,
				fill: filled === entries ? 'all' : filled === entries / 2 ? 'half' : filled === fewEntries ? 'few' : 'other',
				flushing: spreadOf(all.map((each) => each.flushing / 1000))!,
				clearing: spreadOf(all.map((each) => each.clearing / 1000))!,
				total: spreadOf(all.map((each) => (each.flushing + each.clearing) / 1000))!,
			}
		})
	}
}

export type CostRow = Readonly<{
	subject: string
	log2Entries: number
	/** Entries, in each of three tables. */
	filled: number
	fill: 'few' | 'half' | 'all' | 'other'
	/** On the flushing thread; on the thread that clears; on both. */
	flushing: Spread
	clearing: Spread
	total: Spread
}>

function hasProgram({kind, programs}: Measurement, program: string): boolean {
	if (program === 'boot') return kind === 'boot'
	if (program === switchesAlone) return kind === 'storm'
	return kind !== 'storm' && programs !== undefined && Object.hasOwn(programs, program)
}

/** Programs of `mix` run code that those of `switches` before them have had translated: runs without these are others. */
function areWarmedAlike(one: Measurement, other: Measurement): boolean {
	const switches = ({programs}: Measurement) =>
		Object.keys(programs ?? {}).filter((name) => partOf(name) === 'switches')
	return switches(one).join() === switches(other).join()
}

/** Runs of one kind are near each other when they began at nearly the same time. */
const distance = (one: Measurement, other: Measurement) => Math.abs(one.began - other.began)

const byWorkingSet = (one: string, other: string) =>
	kindOfAccess(one).localeCompare(kindOfAccess(other)) || workingSetOf(one) - workingSetOf(other)
const kindOfAccess = (program: string) => program.split('-')[0]!

function figureOf(figure: Figure, measurement: Measurement, program: string): number | undefined {
	const {bootSeconds, cpuSeconds, counters, programs} = measurement
	switch (figure) {
		case 'seconds':
			return program === 'boot' ? bootSeconds : programs?.[program]?.seconds
		case 'boot CPU seconds':
			return cpuSeconds
		case 'full flushes':
			return counters && fullFlushes(counters)
		case 'tables emptied':
			return counters && tablesEmptied(counters)
		case 'page walks':
			return counters?.pageWalks
	}
}
