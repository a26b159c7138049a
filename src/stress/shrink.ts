/** Delta debugging: the fewest entries of a list with which a run still fails. After Zeller and Hildebrandt's ddmin. */

export type ShrinkOptions<Entry> = Readonly<{
	/** Whether a run with these entries, which are in order, fails. */
	fails: (entries: readonly Entry[]) => Promise<boolean>
	/** Whether to end with what was found. */
	isOver: () => boolean
	/** Runs at a time. */
	parallel: number
}>

/** @returns the entries, and how many runs it took; undefined if not even all of them fail. */
export async function shrink<Entry>(
	all: readonly Entry[],
	{fails, isOver, parallel}: ShrinkOptions<Entry>,
): Promise<Readonly<{entries: readonly Entry[] | undefined; runs: number}>> {
	let runs = 0
	/** @returns the first of the lists that fails. */
	const firstFailing = async (lists: readonly (readonly Entry[])[]): Promise<readonly Entry[] | undefined> => {
		for (let next = 0; next < lists.length && !isOver(); next += parallel) {
			const some = lists.slice(next, next + parallel)
			runs += some.length
			const failed = await Promise.all(some.map(fails))
			const first = failed.indexOf(true)
			if (first >= 0) return some[first]
		}
		return undefined
	}
	if (!(await firstFailing([all]))) return {entries: undefined, runs}
	if (await firstFailing([[]])) return {entries: [], runs}
	let entries = all
	for (let pieces = 2; entries.length > 1 && !isOver(); ) {
		const length = Math.ceil(entries.length / pieces)
		const starts = Array.from({length: Math.ceil(entries.length / length)}, (_, piece) => piece * length)
		const rest = (start: number) => [...entries.slice(0, start), ...entries.slice(start + length)]
		const shorter = await firstFailing(starts.map(rest))
		if (shorter) {
			entries = shorter
			pieces = Math.max(2, pieces - 1)
		} else if (length === 1) break
		else pieces = Math.min(entries.length, pieces * 2)
	}
	return {entries, runs}
}
