/**
 * Where a region is entered in its middle: at the headers of its loops. A region is left there when its slice ends or a bell
 * rings, and a loop that is interpreted goes on there when its region has come. Each of these places has a slot of its own, which
 * leads to the region's function with the place as an argument.
 *
 * A loop has one entry in WebAssembly. So control comes to an inner loop by *dispatching* blocks: one before the region's first
 * block, and one before the header of each loop around. In later turns of such a loop it costs one comparison.
 */
import {pageBytes} from '../memory/index.ts'
import type {Block, DispatchCase} from './block.ts'
import {analyze} from './control-flow.ts'
import {continuations, type Region} from './region.ts'

/** Entries of one region beside the first. */
const mostResumed = 16
/** A header behind a dispatching block is known by its offset and this. No other key is as large. */
const behindDispatch = 2 ** 48
/** What stands for the dispatching block before the first one, where that is no header. */
const root = -1

/** @returns the region, with entries at the headers of its loops; as it is where that is not possible. */
export function withResumption(region: Region): Region {
	const {blocks} = region
	if (blocks[0]!.isBeyond) return region
	const {isLoopHeader, loopAround, hasCuts} = analyze(graphOf(region))
	if (hasCuts) return region
	const around = (header: number): number[] => {
		const found: number[] = []
		for (let loop = loopAround[header]!; loop >= 0; loop = loopAround[loop]!) found.push(loop)
		return found
	}
	const isEntry = (index: number): boolean =>
		isLoopHeader(index) && isPlace(blocks[index]!) && around(index).every((loop) => !blocks[loop]!.isBeyond)
	const resumed = [...blocks.keys()].slice(1).filter(isEntry).slice(0, mostResumed)
	if (resumed.length === 0) return region
	const cases = new Map<number, Map<number, number[]>>()
	for (const index of resumed) {
		let inner = index
		for (const loop of [...around(index).filter((header) => header > 0), root]) {
			const inners = cases.get(loop) ?? new Map<number, number[]>()
			cases.set(loop, inners)
			inners.set(inner, [...(inners.get(inner) ?? []), blocks[index]!.start])
			inner = loop
		}
	}
	const made = dispatching(region, cases, resumed)
	return analyze(graphOf(made)).hasCuts ? region : made
}

const graphOf = ({blocks, blockAt}: Region): number[][] =>
	blocks.map(({terminator}) => continuations(terminator).flatMap((to) => blockAt.get(to) ?? []))

/** It has a slot of its own, in the region's page. */
const isPlace = ({start, key, isBeyond}: Block): boolean =>
	key === undefined && !isBeyond && start >= 0 && start < pageBytes

/** @param cases by header, or root: by inner header, the places that are reached by it. */
function dispatching(
	region: Region,
	cases: ReadonlyMap<number, ReadonlyMap<number, readonly number[]>>,
	resumed: readonly number[],
): Region {
	const {blocks} = region
	const before = (index: number): Block => {
		const {start, isBeyond} = blocks[Math.max(index, 0)]!
		const to = start + behindDispatch
		const each = [...cases.get(index)!].map(
			([inner, places]): DispatchCase => ({to: keyOf(blocks[inner]!), places, isPlace: !cases.has(inner)}),
		)
		return {start, isBeyond, instructions: [], terminator: {kind: 'dispatch', cases: each, to}}
	}
	const behind = blocks.map((block, index) =>
		cases.has(index) || index === 0 ? {...block, key: block.start + behindDispatch} : block,
	)
	const all = [before(root), ...behind, ...[...cases.keys()].filter((index) => index !== root).map(before)]
	const blockAt = new Map(all.map((block, index) => [keyOf(block), index]))
	return {...region, blocks: all, blockAt, resumed: resumed.map((index) => blocks[index]!.start)}
}

/** By which jumps in the region name it. */
const keyOf = ({start, key = start}: Block): number => key
