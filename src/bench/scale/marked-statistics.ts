/** What `run --stats` says of each program, by --stats-at: instructions and times where its measured part begins and ends. */
import {parseMark} from './console.ts'
import type {Boot, Breakdown, Latency} from './record.ts'
import {type Span, TaskSpans} from './task-spans.ts'

/** By keyOf(), of each hart. */
export type Instructions = ReadonlyMap<string, readonly number[]>

type HartReport = Readonly<{instructions: number; time?: Readonly<Record<string, unknown>>}>
type Statistics = Readonly<{harts?: readonly HartReport[]; rcu?: Nested; tlbPool?: Nested}>
type Report = Readonly<{
	marks?: readonly Readonly<{line: string; statistics: Statistics}>[]
	statistics?: Statistics
}>
type Nested = Readonly<Record<string, unknown>>

/** @returns by keyOf(), what `of` takes from the statistics at both ends of what is measured. */
function spansOf<Sample>(
	report: Report | undefined,
	of: (statistics: Statistics) => Sample,
): ReadonlyMap<string, Span<Sample>> {
	const spans = new TaskSpans<Sample>()
	for (const {line, statistics} of report?.marks ?? []) {
		const mark = parseMark(line)
		if (mark) spans.add(mark, of(statistics))
	}
	return spans.spans
}

function mapped<Value, Result>(map: ReadonlyMap<string, Value>, change: (value: Value) => Result) {
	return new Map([...map].map(([key, value]) => [key, change(value)]))
}

/** @param report of --stats with --stats-at. @returns by keyOf(), of each hart. */
export function instructionsBetween(report: Report | undefined): Instructions {
	const counts = spansOf(report, ({harts = []}) => harts.map(({instructions}) => instructions))
	return mapped(counts, ({before, after}) => after.map((count, hart) => Math.max(0, count - (before[hart] ?? 0))))
}

/** Seconds of all harts. */
export type Spent = Pick<Breakdown, 'spent' | 'descheduled'>

/** No times, or no sums over harts. */
const notSpent = ['samples', 'descheduled', 'doorbells', 'locks']

/** @param report of --stats with --stats-at and --times. @returns by keyOf(). */
export function timesBetween(report: Report | undefined): ReadonlyMap<string, Spent> {
	const timed = [...spansOf(report, timeSums)].filter(([, {after}]) => after.size > 0)
	return mapped(new Map(timed), ({before, after}) => {
		// Milliseconds. A share that samples estimate may go down a little.
		const seconds = (name: string) =>
			Math.max(0, Math.round((after.get(name) ?? 0) * 10 - (before.get(name) ?? 0) * 10) / 10_000)
		const names = [...after.keys()].filter((name) => !notSpent.includes(name))
		return {
			spent: Object.fromEntries(names.map((name) => [name, seconds(name)])),
			...(after.has('descheduled') && {descheduled: seconds('descheduled')}),
		}
	})
}

function timeSums({harts = []}: Statistics): ReadonlyMap<string, number> {
	const sums = new Map<string, number>()
	for (const {time = {}} of harts)
		for (const [name, value] of Object.entries(time))
			if (typeof value === 'number') sums.set(name, (sums.get(name) ?? 0) + value)
	return sums
}

/** @param report of --stats with --stats-at and --times. @returns by keyOf(): histograms of all harts together. */
export function latenciesBetween(report: Report | undefined): ReadonlyMap<string, Histograms> {
	return mapped(spansOf(report, histogramsOf), ({before, after}) =>
		Object.fromEntries(
			Object.entries(after).map(([name, counts]) => [
				name,
				counts.map((count, power) => Math.max(0, count - (before[name]?.[power] ?? 0))),
			]),
		),
	)
}

type Histograms = Readonly<Record<string, number[]>>

function histogramsOf(statistics: Statistics): Histograms {
	const latencies = Object.entries(latenciesOf({statistics}) ?? {})
	return Object.fromEntries(
		latencies.map(([name, samples]) => {
			const length = Math.max(0, ...samples.map(({histogram = []}) => histogram.length))
			const sum = (power: number) => samples.reduce((all, {histogram}) => all + (histogram?.[power] ?? 0), 0)
			return [name, Array.from({length}, (_, power) => sum(power))]
		}),
	)
}

/** Of the whole boot. */
export function latenciesOf(report: Report | undefined): Boot['latencies'] {
	const {harts = [], rcu, tlbPool} = report?.statistics ?? {}
	const ofHarts = (name: string) => harts.flatMap(({time}) => latencyOf(time?.[name]) ?? [])
	const shared = (value: unknown) => [latencyOf(value)].filter((each) => each !== undefined)
	return {
		doorbells: ofHarts('doorbells'),
		locks: ofHarts('locks'),
		remoteFlushes: shared(tlbPool?.remoteFlushes),
		gracePeriods: shared(rcu && {count: rcu.gracePeriods, ...(rcu.latency as Nested | undefined)}),
	}
}

function latencyOf(value: unknown): Latency | undefined {
	const {count, median, p99, maximum, histogram} = (value ?? {}) as Partial<Latency>
	if (count === undefined || median === undefined || p99 === undefined || maximum === undefined) return undefined
	return {count, median, p99, maximum, ...(histogram && {histogram: [...histogram]})}
}
