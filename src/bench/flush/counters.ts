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

/** @param report the file of `run --stats`. @returns sums over the harts of all counters that concern translations. */
export function manyhartCounters(report: unknown): Readonly<Record<string, number>> {
	const {statistics} = report as {statistics?: {harts?: readonly Nested[]; tlbPool?: Nested; rcu?: Nested}}
	const sums = new Map<string, number>()
	for (const {tlb, instructions, instructionsTranslated, pageWalks, traps} of statistics?.harts ?? []) {
		const own = {instructions, instructionsTranslated, pageWalks, traps, ...(isNested(tlb) && tlb)}
		for (const [name, value] of flat(own).filter(isCount)) sums.set(name, (sums.get(name) ?? 0) + value)
	}
	const shared = flat({tlbPool: statistics?.tlbPool ?? {}, rcu: statistics?.rcu ?? {}}).filter(isCount)
	return Object.fromEntries([...sums, ...shared])
}

/** What readQemuFlushes() counts, beside ours. */
export const qemuCounters = ({full, partial, elided}: QemuFlushes): Readonly<Record<string, number>> => ({
	'qemu.full': full,
	'qemu.partial': partial,
	'qemu.elided': elided,
})

type Counters = Readonly<Record<string, number>>

const sumOf = (counters: Counters, names: readonly string[]): number | undefined => {
	const values = names.map((name) => counters[name])
	return values.every((value) => value === undefined)
		? undefined
		: values.reduce<number>((sum, value) => sum + (value ?? 0), 0)
}

/** Tables that flushes emptied: QEMU has one for each of eight modes of a hart, here there is one for each of five. */
export const tablesEmptied = (counters: Counters): number | undefined =>
	sumOf(counters, ['swaps', 'undone', 'cleared', 'generations', 'qemu.partial'])

/** Requests to empty a whole address space or more. Writes of satp that found the space's tables as they were left are none. */
export function fullFlushes(counters: Counters): number | undefined {
	const requests = sumOf(counters, fullCauses)
	return requests === undefined ? undefined : requests - (counters['spaces.hits'] ?? 0)
}

const fullCauses = ['sfenceAll', 'satpWrite', 'statusChange', 'pmpWrite', 'remoteAll', 'reset'].map(
	(cause) => `flushes.${cause}`,
)
