/** Figures of a record: medians and spreads over the rounds, speeds of runs of one round, percentiles. */
import {geometricMean, median, type Speed, spread} from '../speeds.ts'
import {type Histogram, merged, type Percentiles, percentilesOf} from './histogram.ts'
import {figures, paced} from './programs.ts'
import type {Measurement, SmpRecord} from './record.ts'
import {allSeries} from './series.ts'

/** Cores that other processes may take from a run. Runs that lost more do not count while others of their kind remain. */
export const mostOthers = 0.3

/** By subject, in the record's order; undefined: not measured. */
type BySubject<Value> = readonly (Value | undefined)[]

export type TimedCell = Readonly<{
	harts: number
	/** Seconds of one operation. */
	times: BySubject<Speed>
	/** Of the subjects after the first: their time divided by the first one's. */
	speeds: BySubject<Speed>
}>
export type TimedRow = Readonly<{figure: string; cells: readonly TimedCell[]}>
export type LatencyRow = Readonly<{series: string; percentiles: BySubject<Percentiles>}>

export type Load = Readonly<{
	runs: number
	/** Of these, runs that did not print all. */
	failed: number
	/** Cores that others took. */
	others?: Speed
	/** Runs that lost more than mostOthers. */
	disturbed: number
	/** Subjects and harts of which such runs count, since there are none better. */
	counted: readonly string[]
}>

export class Summary {
	readonly record: SmpRecord
	readonly #used: readonly Measurement[]

	constructor(record: SmpRecord) {
		this.record = record
		this.#used = [...Map.groupBy(record.measurements, kindOf).values()].flatMap(best)
	}

	get failures(): readonly Measurement[] {
		return this.record.measurements.filter(({error}) => error !== undefined)
	}

	/** What others took from runs of these kinds. */
	load(isOfKind: (kind: Measurement['kind']) => boolean): Load {
		const ofKind = (runs: readonly Measurement[]) => runs.filter(({kind}) => isOfKind(kind))
		const all = ofKind(this.record.measurements)
		const cores = all.map(({others}) => others).filter((each) => each !== undefined)
		return {
			runs: all.length,
			failed: all.filter(({error}) => error !== undefined).length,
			...(cores.length > 0 && {others: spread(cores)}),
			disturbed: all.filter(isDisturbed).length,
			counted: [...new Set(ofKind(this.#used).filter(isDisturbed).map(machineOf))],
		}
	}

	/** Numbers of harts that programs ran on. */
	get harts(): readonly number[] {
		const counts = this.#used.filter(({kind}) => kind === 'programs').map(({harts}) => harts)
		return [...new Set(counts)].toSorted((one, other) => one - other)
	}

	/** Harts of the machines of a kind. */
	hartsOf(kind: Measurement['kind']): number | undefined {
		return this.#used.find((each) => each.kind === kind)?.harts
	}

	timedRows(): readonly TimedRow[] {
		return figures.flatMap(({name}) => {
			const cells = this.harts.map((harts) => this.#cell(harts, (each) => each.programs?.[name]?.seconds))
			return cells.some(isMeasured) ? [{figure: name, cells}] : []
		})
	}

	/** The time of one figure divided by that of another in the same run. */
	ratios(figure: string, base: string): readonly TimedCell[] {
		return this.harts.map((harts) =>
			this.#cell(harts, ({programs}) => {
				const [one, other] = [programs?.[figure], programs?.[base]]
				return one && other && one.seconds / other.seconds
			}),
		)
	}

	/** The geometric mean of the speeds of all programs: first of each round. By subject after the first. */
	meanSpeeds(harts: number): BySubject<Speed> {
		return this.record.subjects.slice(1).map((subject) => {
			const speeds = figures
				.filter(({name}) => name !== paced)
				.flatMap(({name}) => this.#pairs(harts, subject, (each) => each.programs?.[name]?.seconds))
			const rounds = [...Map.groupBy(speeds, ({round}) => round).values()]
			return rounds.length === 0
				? undefined
				: spread(rounds.map((round) => geometricMean(round.map(({speed}) => speed))))
		})
	}

	latencyRows(): readonly LatencyRow[] {
		return allSeries.flatMap(({name}) => {
			const percentiles = this.record.subjects.map((subject) => percentilesOf(this.histogram(name, subject)))
			return percentiles.some((each) => each !== undefined) ? [{series: name, percentiles}] : []
		})
	}

	histogram(series: string, subject: string): Histogram {
		return merged(this.#of(subject).map(({latencies}) => latencies?.[series] ?? []))
	}

	#of(subject: string, harts?: number): readonly Measurement[] {
		return this.#used.filter((each) => each.subject === subject && (harts === undefined || each.harts === harts))
	}

	#cell(harts: number, value: (of: Measurement) => number | undefined): TimedCell {
		const {subjects} = this.record
		const times = subjects.map((subject) => {
			const values = this.#of(subject, harts)
				.map(value)
				.filter((each) => each !== undefined)
			return values.length === 0 ? undefined : spread(values)
		})
		const speeds = subjects.slice(1).map((subject) => {
			const pairs = this.#pairs(harts, subject, value)
			return pairs.length === 0 ? undefined : spread(pairs.map(({speed}) => speed))
		})
		return {harts, times, speeds}
	}

	/** Of the first subject's runs and this one's in the same round; of the medians if there are none. */
	#pairs(
		harts: number,
		subject: string,
		value: (of: Measurement) => number | undefined,
	): readonly Readonly<{round: number; speed: number}>[] {
		const [first = ''] = this.record.subjects
		const known = (name: string) => this.#of(name, harts).filter((each) => value(each) !== undefined)
		const [ours, theirs] = [known(first), known(subject)]
		const pairs = ours.flatMap((own) => {
			const other = theirs.find(({round}) => round === own.round)
			return other ? [{round: own.round, speed: value(other)! / value(own)!}] : []
		})
		if (pairs.length > 0 || ours.length === 0 || theirs.length === 0) return pairs
		const medianOf = (runs: readonly Measurement[]) => median(runs.map((each) => value(each)!))
		return [{round: 0, speed: medianOf(theirs) / medianOf(ours)}]
	}
}

const kindOf = ({kind, subject, harts}: Measurement) => `${kind} ${harts} ${subject}`
const machineOf = ({subject, harts}: Measurement) => `${subject} on ${harts === 1 ? '1 hart' : `${harts} harts`}`
const isDisturbed = ({others = 0}: Measurement) => others > mostOthers
const isMeasured = ({times}: TimedCell) => times.some((time) => time !== undefined)

/** The best runs: those that printed all figures, and of these the ones that others did not disturb. */
function best(runs: readonly Measurement[]): readonly Measurement[] {
	const whole = preferring(runs, ({error}) => error === undefined)
	return preferring(whole, (run) => !isDisturbed(run))
}

function preferring(runs: readonly Measurement[], isBetter: (run: Measurement) => boolean): readonly Measurement[] {
	const better = runs.filter(isBetter)
	return better.length > 0 ? better : runs
}
