/** Counters of a run, as flat names with numbers. */

import type {QemuFlushes} from '../qemu-flushes.ts'

type Nested = Readonly<{[name: string]: unknown}>

/** Each number below, by its path, such as `flushes.sfenceAll`. Histograms and other lists are left out. */
function flat(of: Nested, prefix = ''): [string, number][] {
	return Object.entries(of).flatMap(([name, value]) => {
		if (typeof value === 'number') return [[`${prefix}${name}`, value] as [string, number]]
		return isNested(value) ? flat(value, `${prefix}${name}.`) : []
	})
}

const isNested = (value: unknown): value is Nested =>
	typeof value === 'object' && value !== null && !Array.isArray(value)

/** The times in latencies are no sums. */
const isCount = ([name]: readonly [string, number]) => !/(?:^|\.)(?:median|p\d+|maximum|hart)$/.test(name)

type Report = Readonly<{statistics?: Readonly<{harts?: readonly Nested[]; tlbPool?: Nested; rcu?: Nested}>}>

/**
 * @param report the file of `run --stats`.
 * @returns sums over the harts of all counters that concern translations; those that are 0 are left out.
 */
export function manyhartCounters(report: unknown): Readonly<Record<string, number>> {
	const {statistics} = report as Report
	const sums = new Map<string, number>()
	for (const {tlb, instructions, instructionsTranslated, pageWalks, traps} of statistics?.harts ?? []) {
		const own = {instructions, instructionsTranslated, pageWalks, traps, ...(isNested(tlb) && tlb)}
		for (const [name, value] of flat(own).filter(isCount)) sums.set(name, (sums.get(name) ?? 0) + value)
	}
	return Object.fromEntries([...sums, ...sharedOf(report).filter(isCount)].filter(([, value]) => value !== 0))
}

/** @returns medians, percentiles and maxima of what all harts share, in microseconds, such as `tlbPool.remoteFlushes.p99`. */
export const manyhartLatencies = (report: unknown): Readonly<Record<string, number>> =>
	Object.fromEntries(sharedOf(report).filter((each) => !isCount(each)))

function sharedOf(report: unknown): readonly [string, number][] {
	const {statistics} = report as Report
	return flat({tlbPool: statistics?.tlbPool ?? {}, rcu: statistics?.rcu ?? {}})
}

/** What readQemuFlushes() counts, beside ours. */
export const qemuCounters = ({full, partial, elided}: QemuFlushes): Readonly<Record<string, number>> => ({
	'qemu.full': full,
	'qemu.partial': partial,
	'qemu.elided': elided,
})

type Counters = Readonly<Record<string, number>>

const isManyhart = (counters: Counters) => counters.instructions !== undefined
const sumOf = (counters: Counters, names: readonly string[]) =>
	names.reduce((sum, name) => sum + (counters[name] ?? 0), 0)

/** Tables that flushes emptied: QEMU has one for each of eight modes of a hart, here there is one for each of five. */
export const tablesEmptied = (counters: Counters): number | undefined =>
	isManyhart(counters) ? sumOf(counters, ['swaps', 'undone', 'cleared', 'generations']) : counters['qemu.partial']

/** Requests to empty a whole address space or more. Writes of satp that found the space's tables as they were left are none. */
export const fullFlushes = (counters: Counters): number | undefined =>
	isManyhart(counters) ? sumOf(counters, fullCauses) - (counters['spaces.hits'] ?? 0) : undefined

const fullCauses = ['sfenceAll', 'satpWrite', 'statusChange', 'pmpWrite', 'remoteAll', 'reset'].map(
	(cause) => `flushes.${cause}`,
)

export const missClasses = ['cold', 'conflict', 'capacity', 'flushed', 'remapped', 'upgrade'] as const
export type MissClass = (typeof missClasses)[number]

/** @returns the share of misses that are of a class, 0 to 1; undefined unless they were told apart (--tlb statistics). */
export function missShare(counters: Counters, of: MissClass): number | undefined {
	if (counters['misses.sampledOneIn'] === undefined) return undefined
	const flushed = Object.entries(counters).reduce(
		(sum, [name, value]) => (name.startsWith('misses.flush.') ? sum + value : sum),
		0,
	)
	const count = (each: MissClass) => (each === 'flushed' ? flushed : (counters[`misses.${each}`] ?? 0))
	return count(of) / missClasses.reduce((sum, each) => sum + count(each), 0)
}
