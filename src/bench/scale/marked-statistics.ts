/** What `run --stats` says of each program, by --stats-at: instructions and times from its begin to its end. */
import {keyOf, parseMark} from './console.ts'
import type {Boot, Breakdown, Latency} from './record.ts'

/** By keyOf(), of each hart. */
export type Instructions = ReadonlyMap<string, readonly number[]>

type HartReport = Readonly<{instructions: number; time?: Readonly<Record<string, unknown>>}>
type Report = Readonly<{
	marks?: readonly Readonly<{line: string; statistics: {harts?: readonly HartReport[]}}>[]
	statistics?: Readonly<{harts?: readonly HartReport[]; rcu?: Nested; tlbPool?: Nested}>
}>
type Nested = Readonly<Record<string, unknown>>

/** @param report of --stats with --stats-at. @returns by keyOf(), of each hart. */
export function instructionsBetween(report: Report | undefined): Instructions {
	const between = new Map<string, readonly number[]>()
	let before: readonly number[] = []
	for (const {line, statistics} of report?.marks ?? []) {
		const mark = parseMark(line)
		const counts = (statistics.harts ?? []).map(({instructions}) => instructions)
		if (mark?.kind === 'begin') before = counts
		else if (mark)
			between.set(
				keyOf(mark.task),
				counts.map((count, hart) => Math.max(0, count - (before[hart] ?? 0))),
			)
	}
	return between
}

/** Seconds of all harts. */
export type Spent = Pick<Breakdown, 'spent' | 'descheduled'>

/** No times, or no sums over harts. */
const notSpent = ['samples', 'descheduled', 'doorbells', 'locks']

/** @param report of --stats with --stats-at and --times. @returns by keyOf(). */
export function timesBetween(report: Report | undefined): ReadonlyMap<string, Spent> {
	const between = new Map<string, Spent>()
	let before: ReadonlyMap<string, number> = new Map()
	for (const {line, statistics} of report?.marks ?? []) {
		const mark = parseMark(line)
		const sums = new Map<string, number>()
		for (const {time = {}} of statistics.harts ?? [])
			for (const [name, value] of Object.entries(time))
				if (typeof value === 'number') sums.set(name, (sums.get(name) ?? 0) + value)
		if (mark?.kind === 'begin') before = sums
		else if (mark && sums.size > 0) {
			// Milliseconds. A share that samples estimate may go down a little.
			const seconds = (name: string) =>
				Math.max(0, Math.round((sums.get(name) ?? 0) * 10 - (before.get(name) ?? 0) * 10) / 10_000)
			const names = [...sums.keys()].filter((name) => !notSpent.includes(name))
			between.set(keyOf(mark.task), {
				spent: Object.fromEntries(names.map((name) => [name, seconds(name)])),
				...(sums.has('descheduled') && {descheduled: seconds('descheduled')}),
			})
		}
	}
	return between
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
	const {count, median, p99, maximum} = (value ?? {}) as Partial<Latency>
	if (count === undefined || median === undefined || p99 === undefined || maximum === undefined) return undefined
	return {count, median, p99, maximum}
}
