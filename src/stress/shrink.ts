/**
 * Delta debugging: the fewest entries of a list with which a run still fails. Its last entries are tried first. Then pieces are left out,
 * from the first to the last, then pieces of half the length, down to single entries.
 */

export type ShrinkOptions<Entry> = Readonly<{
	/**
	 * A run with these entries, which are in order. @returns those that it has used, with which it fails again; undefined if it does
	 * not fail.
	 */
	fails: (entries: readonly Entry[]) => Promise<readonly Entry[] | undefined>
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
	/** @returns what is left of the first of the lists that fails. */
	const firstFailing = async (lists: readonly (readonly Entry[])[]): Promise<readonly Entry[] | undefined> => {
		for (let next = 0; next < lists.length && !isOver(); next += parallel) {
			const some = lists.slice(next, next + parallel)
			runs += some.length
			const failed = await Promise.all(some.map(fails))
			const used = failed.find((entries) => entries !== undefined)
			if (used) return used
		}
		return undefined
	}
	let entries = await firstFailing([all])
	if (!entries) return {entries, runs}
	const whole = entries
	// The last ones, since they are next to the failure: a few of them, then more. The fewer, the faster a run.
	const lengths = Array.from({length: 16}, (_, power) => 2 * 4 ** power).filter((length) => length < whole.length)
	const ends = await firstFailing([[], ...lengths.map((length) => whole.slice(-length))])
	if (ends?.length === 0) return {entries: ends, runs}
	if (ends) entries = ends
	/** Without pieces of this length, one after the other: @returns whether any was left out. */
	const leaveOut = async (length: number): Promise<boolean> => {
		let hasChanged = false
		for (let start = 0; start < entries!.length && !isOver(); ) {
			const left: readonly Entry[] = entries!
			const starts = Array.from({length: parallel}, (_, piece) => start + piece * length)
			const lists = starts
				.filter((from) => from < left.length && left.length > length)
				.map((from) => [...left.slice(0, from), ...left.slice(from + length)])
			const shorter = await firstFailing(lists)
			if (shorter) {
				entries = shorter
				hasChanged = true
			} else start += parallel * length
		}
		return hasChanged
	}
	for (let length = Math.ceil(entries.length / 2); length > 0 && !isOver(); ) {
		const hasChanged = await leaveOut(length)
		// With other entries gone, one that was needed may not be any more.
		if (length > 1) length = Math.ceil(Math.min(length, entries.length) / 2)
		else if (!hasChanged) break
	}
	return {entries, runs}
}
