/** Places in a region where control comes by jumps within it: as entries they would lead to much of the same code. */
import {pageBytes} from '../memory/index.ts'
import {continuations, type Region} from './region.ts'

/** Offsets in the entry's page, without the entry; blocks in line are only reached by their own calls. */
export function joinsOf({blocks}: Region): number[] {
	return blocks
		.slice(1)
		.flatMap(({start, key}) => (key === undefined && start >= 0 && start < pageBytes ? [start] : []))
}

export function hasJoin({blocks, blockAt}: Region, offset: number): boolean {
	const index = blockAt.get(offset)
	return index !== undefined && index > 0 && blocks[index]!.key === undefined
}

/** Whether a block lies in a loop that does not pass the region's entry, as an inner loop of the entry's does. */
export function hasInside({blocks, blockAt}: Region, offset: number): boolean {
	const target = blockAt.get(offset)!
	const seen = new Set<number>()
	const queue = [target]
	for (const index of queue) {
		for (const to of continuations(blocks[index]!.terminator)) {
			const next = blockAt.get(to)
			if (next === undefined || next === 0 || seen.has(next)) continue
			if (next === target) return true
			seen.add(next)
			queue.push(next)
		}
	}
	return false
}
