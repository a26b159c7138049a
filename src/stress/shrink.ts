/** Delta debugging: the fewest entries of a list with which a run still fails. After Zeller and Hildebrandt's ddmin. */

/**
 * @param fails whether a run with these entries, which are in order, fails. @param isOver whether to end with what was found.
 * @returns the entries, and how many runs it took; undefined if not even all of them fail.
 */
export async function shrink<Entry>(
	all: readonly Entry[],
	fails: (entries: readonly Entry[]) => Promise<boolean>,
	isOver: () => boolean,
): Promise<Readonly<{entries: readonly Entry[] | undefined; runs: number}>> {
	let runs = 0
	const try_ = async (entries: readonly Entry[]): Promise<boolean> => {
		runs++
		return await fails(entries)
	}
	if (!(await try_(all))) return {entries: undefined, runs}
	if (await try_([])) return {entries: [], runs}
	let entries = all
	for (let pieces = 2; entries.length > 1 && !isOver(); ) {
		const length = Math.ceil(entries.length / pieces)
		let shorter: readonly Entry[] | undefined
		for (let start = 0; start < entries.length && !shorter && !isOver(); start += length) {
			const rest = [...entries.slice(0, start), ...entries.slice(start + length)]
			if (await try_(rest)) shorter = rest
		}
		if (shorter) {
			entries = shorter
			pieces = Math.max(2, pieces - 1)
		} else if (length === 1) break
		else pieces = Math.min(entries.length, pieces * 2)
	}
	return {entries, runs}
}
