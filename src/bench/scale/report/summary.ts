/** Figures of a record: rates, and what follows from how they change with the harts. */
import {type Spread, spreadOf} from '../../statistics.ts'
import type {Breakdown, Engine, Run, ScaleRecord, Scaling, Workload} from '../record.ts'
import {pairedRatio, pairedRatios, type Rates, serialFraction, sharedBy} from '../statistics.ts'
import {fitUslWithIntervals, type UslWithIntervals} from '../usl.ts'
import {nativeName} from '../workloads.ts'

/** A curve: a workload on an engine. */
export type Curve = Readonly<{workload: string; engine: string; scaling: Scaling}>
export type Place = Curve & Readonly<{harts: number}>

export type UslOfCurve = UslWithIntervals &
	Readonly<{
		/** Whether points are among those it is fitted to where harts exceed cores: it then stands for the host, too. */
		beyondCores: boolean
	}>

type Cost = 'cpuSeconds' | 'waitedSeconds' | 'voluntarySwitches' | 'involuntarySwitches' | 'stealSeconds' | 'otherCores'

export class Summary {
	readonly record: ScaleRecord
	readonly #runs: ReadonlyMap<string, readonly Run[]>
	readonly #native: ReadonlySet<string>
	readonly #fits = new Map<string, UslOfCurve | undefined>()

	constructor(record: ScaleRecord) {
		this.record = record
		this.#native = new Set(record.engines.filter(({kind}) => kind === 'native').map(({id}) => id))
		const keys = (run: Run) => keyOf(run)
		this.#runs = Map.groupBy(
			record.runs.filter(({error}) => error === undefined),
			keys,
		)
	}

	get failures(): readonly Run[] {
		return this.record.runs.filter(({error}) => error !== undefined)
	}

	get cores(): number {
		return this.record.host.cores
	}

	exceedsCores(harts: number): boolean {
		return harts > this.cores
	}

	/** Workloads that have figures, in the record's order. */
	get workloads(): readonly Workload[] {
		const measured = new Set([...this.#runs.values()].flatMap(([run]) => run?.workload ?? []))
		return this.record.workloads.filter(({name}) => measured.has(name))
	}

	get engines(): readonly Engine[] {
		return this.record.engines
	}

	enginesOf(kind: Engine['kind']): readonly Engine[] {
		return this.engines.filter((engine) => engine.kind === kind)
	}

	/** Counts of harts that a curve has figures for, ascending. */
	hartsOf(curve: Curve): readonly number[] {
		return this.record.smp.filter((harts) => this.#runsOf({...curve, harts}).length > 0)
	}

	/** On one hart weak scaling is strong scaling; the host's own run stands for Linux and for bare metal. */
	#runsOf({harts, scaling, workload, engine}: Place): readonly Run[] {
		const name = this.#native.has(engine) ? nativeName(workload) : workload
		if (name === undefined) return []
		return this.#runs.get(keyOf({engine, workload: name, harts, scaling: harts === 1 ? 'strong' : scaling})) ?? []
	}

	/** Where time went, by harts, ascending. */
	breakdowns(workload: string, scaling: Scaling): readonly Breakdown[] {
		return this.record.breakdowns
			.filter((each) => each.workload === workload && each.scaling === scaling)
			.toSorted((one, other) => one.harts - other.harts)
	}

	/** Counts of harts with any figure, ascending. */
	get measuredHarts(): readonly number[] {
		const measured = new Set([...this.#runs.values()].flatMap(([run]) => run?.harts ?? []))
		return this.record.smp.filter((harts) => measured.has(harts))
	}

	/** Operations per second. */
	rates(place: Place): Rates {
		return new Map(
			this.#runsOf(place).flatMap(({repetition, operations, seconds}) =>
				operations !== undefined && seconds !== undefined && seconds > 0 ? [[repetition, operations / seconds]] : [],
			),
		)
	}

	rate(place: Place): Spread | undefined {
		return spreadOf([...this.rates(place).values()])
	}

	/** How many times the rate of one hart; undefined if that was not measured. */
	speedUp(place: Place): Spread | undefined {
		return pairedRatio(this.rates(place), this.rates({...place, harts: 1}))
	}

	/** The speed-up as a share of the harts. */
	efficiency(place: Place): Spread | undefined {
		const speedUp = this.speedUp(place)
		return speedUp && sharedBy(place.harts, speedUp)
	}

	serialFraction(place: Place): Spread | undefined {
		const speedUp = this.speedUp(place)
		return speedUp && serialFraction(speedUp, place.harts)
	}

	/** The rate as a multiple of another engine's in the same repetition. */
	rateAgainst(place: Place, other: string): Spread | undefined {
		return pairedRatio(this.rates(place), this.rates({...place, engine: other}))
	}

	/** The speed-up as a multiple of another engine's in the same repetition. Below 1: it scales worse. */
	speedUpAgainst(place: Place, other: string): Spread | undefined {
		const own = this.#speedUps(place)
		const others = this.#speedUps({...place, engine: other})
		return place.harts === 1 ? undefined : pairedRatio(own, others)
	}

	#speedUps(place: Place): Rates {
		const [many, one] = [this.rates(place), this.rates({...place, harts: 1})]
		const both = [...many.keys()].filter((repetition) => one.has(repetition))
		const ratios = pairedRatios(many, one)
		return new Map(both.map((repetition, index) => [repetition, ratios[index]!]))
	}

	/** Of strong scaling; up to the cores if that is enough for a fit, otherwise of all points. */
	usl(curve: Curve): UslOfCurve | undefined {
		const key = keyOf({...curve, harts: 0})
		if (!this.#fits.has(key)) this.#fits.set(key, this.#fit(curve))
		return this.#fits.get(key)
	}

	#fit(curve: Curve): UslOfCurve | undefined {
		const fitTo = (harts: readonly number[]) =>
			fitUslWithIntervals(new Map(harts.map((each) => [each, [...this.rates({...curve, harts: each}).values()]])))
		const all = this.hartsOf(curve)
		const within = fitTo(all.filter((harts) => !this.exceedsCores(harts)))
		if (within) return {...within, beyondCores: false}
		const beyond = fitTo(all)
		return beyond && {...beyond, beyondCores: true}
	}

	/** Cores that other processes had, a median over all runs; undefined where the host does not say. */
	get otherCores(): number | undefined {
		return spreadOf(this.record.runs.flatMap(({otherCores}) => otherCores ?? []))?.median
	}

	cost(what: Cost, place: Place): Spread | undefined {
		return spreadOf(this.#runsOf(place).flatMap((run) => run[what] ?? []))
	}

	/** Instructions of all harts, and the share of the hart that had most. */
	instructions(place: Place): Readonly<{total: Spread; most: Spread}> | undefined {
		const counted = this.#runsOf(place).flatMap(({instructions}) => (instructions ? [instructions] : []))
		const sums = counted.map((each) => each.reduce((sum, count) => sum + count, 0))
		const total = spreadOf(sums)
		const most = spreadOf(counted.map((each, index) => Math.max(...each) / Math.max(1, sums[index]!)))
		return total && most && {total, most}
	}
}

const keyOf = ({engine, workload, scaling, harts}: Place) => `${engine}\n${workload}\n${scaling}\n${harts}`
