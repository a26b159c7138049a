/** Clusters in a row that are read or written at once. */
import type {Mapping} from './entries.ts'

/** Whether a cluster reads as zeroes, and has a place of its own already. */
export function isSetAside(mapping: Mapping): mapping is Mapping & {kind: 'zero'; host: number} {
	return mapping.kind === 'zero' && mapping.isOwn && mapping.host !== undefined
}

/** @returns how many items from the first on satisfy the condition. */
export function lengthWhile<Item>(items: readonly Item[], holds: (item: Item, index: number) => boolean): number {
	const end = items.findIndex((item, index) => !holds(item, index))
	return end < 0 ? items.length : end
}

/** Splits clusters into runs that are read at once: data in a row, and what has no data. */
export function runsOf(mappings: readonly Mapping[], clusterBytes: number): {first: number; count: number}[] {
	const runs: {first: number; count: number}[] = []
	for (const [index, mapping] of mappings.entries()) {
		const run = runs.at(-1)
		const before = run && mappings[run.first]!
		const goesOn =
			before?.kind === mapping.kind &&
			mapping.kind !== 'compressed' &&
			(mapping.kind !== 'data' || mapping.host === (before as {host: number}).host + run!.count * clusterBytes)
		if (goesOn) run!.count++
		else runs.push({first: index, count: 1})
	}
	return runs
}
