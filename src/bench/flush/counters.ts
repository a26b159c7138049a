/** Counters of a run, as flat names with numbers. */

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

/**
 * Full flushes: QEMU's own count; here requests to flush everything or a whole address space, and writes of satp that did
 * not find the space's tables as the hart had left them.
 */
export function fullFlushes(counters: Readonly<Record<string, number>>): number | undefined {
	const ofQemu = counters['TLB full flushes']
	if (ofQemu !== undefined) return ofQemu
	const requests = fullCauses.map((cause) => counters[`flushes.${cause}`])
	if (requests.every((each) => each === undefined)) return undefined
	return requests.reduce<number>((sum, each) => sum + (each ?? 0), 0) - (counters['spaces.hits'] ?? 0)
}

const fullCauses = ['sfenceAll', 'satpWrite', 'statusChange', 'pmpWrite', 'remoteAll', 'reset']
