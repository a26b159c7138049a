/** A region: the basic blocks that direct jumps reach from a hot entry inside its page and the next. */

import type {Decoded} from '../isa/index.ts'
import {pageBytes} from '../memory/index.ts'
import type {Block, RegionInstruction, Terminator} from './block.ts'
import {withLeafCallees} from './leaf-calls.ts'
import type {PageCode} from './page-code.ts'

export type {Block, RegionInstruction, Terminator} from './block.ts'

/** [start, end). */
export type Range = readonly [number, number]

export type Region = Readonly<{
	page: PageCode
	/** Entry first. */
	blocks: readonly Block[]
	/** Offset or key → index in `blocks`. */
	blockAt: ReadonlyMap<number, number>
	/** The code that it consists of, in its page and in the next one: page offsets, in order. */
	ranges: readonly Range[]
	nextRanges: readonly Range[]
	/** Page offsets of its entries beside the first: see resumption.ts. */
	resumed: readonly number[]
}>

export const instructionsOf = ({blocks}: Region): number =>
	blocks.reduce((sum, {instructions}) => sum + instructions.length, 0)

/** Instructions of one region. The optimizing compiler's time grows faster than a function's length. */
const longestRegion = 320

/** Bytes after the start of a region's last block in which the cases of its switch may lie. */
const longestReach = 1024
const mostComparisons = 64

/**
 * Up to this many instructions of the next page are included in any case. With all of them a boot's WebAssembly is 7 %
 * larger.
 */
const shortEnd = 24

/**
 * Link registers of the calling convention. Unprivileged spec, "Unconditional Jumps": the hints for return-address
 * stacks.
 */
export const isLinkRegister = (register: number): boolean => register === 1 || register === 5

function terminatorOf(
	offset: number,
	{instruction, operands, length}: Decoded,
	landings: readonly number[],
): Terminator | undefined {
	const last = instruction.effects.at(-1)?.effect
	const next = offset + length
	const to = offset + operands.imm
	if (last === 'branch') return to === next ? {kind: 'jump', to} : {kind: 'branch', taken: to, to: next}
	if (last === 'jump') return operands.rd === 0 ? {kind: 'jump', to} : {kind: 'call', to, next}
	if (last !== 'jumpRegister') return undefined
	if (operands.rd !== 0) return {kind: 'call', to: undefined, next}
	return isLinkRegister(operands.rs1) ? {kind: 'return'} : {kind: 'computed', landings}
}

/**
 * A far call or jump as the linker writes it, auipc rd, high; jalr ra|x0, low(rd), has a known target. A jump within
 * the page stays computed: explore() does not follow it, so its target may not be in the region.
 */
function far(terminator: Terminator, instructions: readonly RegionInstruction[]): Terminator {
	const isCall = terminator.kind === 'call' && terminator.to === undefined
	if (!isCall && terminator.kind !== 'computed') return terminator
	const [high, jump] = instructions.slice(-2)
	if (jump === undefined || high?.decoded.instruction.name !== 'auipc') return terminator
	const {rs1, imm} = jump.decoded.operands
	if (rs1 === 0 || high.decoded.operands.rd !== rs1) return terminator
	const sum = high.offset + high.decoded.operands.imm + imm
	// jalr clears bit 0. The sum may take more than 32 bits.
	const to = sum - (sum & 1)
	if (isCall) return {...terminator, to}
	return to >= 0 && to < pageBytes ? terminator : {kind: 'jump', to}
}

/** Where control may continue, except in a callee or at an unknown target. */
export function continuations(terminator: Terminator): readonly number[] {
	switch (terminator.kind) {
		case 'fall':
		case 'jump':
		case 'enter':
			return [terminator.to]
		case 'branch':
			return [terminator.taken, terminator.to]
		case 'call':
			return [terminator.next]
		case 'computed':
			return terminator.landings
		case 'dispatch':
			return [...terminator.cases.map(({to}) => to), terminator.to]
		default:
			return []
	}
}

/** What is known of code that has run. Offsets from the start of the entry's page. */
export type RunHints = Readonly<{
	/** Whether code at an offset may have run. Other code is left out: it would mostly never run. */
	mayHaveRun(offset: number): boolean
	/** Known targets of computed jumps between two offsets. Called only if the region has computed jumps. */
	landingsOf(first: number, last: number): readonly number[]
}>

/** @returns undefined when the instruction at the entry cannot be translated. */
export function discoverRegion(page: PageCode, entry: number, {mayHaveRun, landingsOf}: RunHints): Region | undefined {
	if (!page.at(entry)) return undefined
	const plain = regionFrom(page, entry, {landings: [], mayHaveRun})
	const jumps = plain.blocks.filter(({terminator}) => terminator.kind === 'computed').length
	if (jumps === 0) return plain
	const starts = plain.blocks.map(({start}) => start)
	const landings = landingsOf(Math.min(...starts), Math.max(...starts) + longestReach)
	// Each jump compares with each landing. A few comparisons are cheaper than the way through the slot, many are not.
	return landings.length === 0 || landings.length * jumps > mostComparisons
		? plain
		: regionFrom(page, entry, {landings, mayHaveRun})
}

type Limits = Readonly<{landings: readonly number[]; mayHaveRun(offset: number): boolean}>

function regionFrom(page: PageCode, entry: number, limits: Limits): Region {
	const callees = new Map<number, readonly Block[]>()
	const calleeAt = (offset: number) => {
		const known = callees.get(offset)
		if (known) return known
		const isThere = offset >= 0 && page.at(offset) !== undefined && limits.mayHaveRun(offset)
		const found = isThere ? blocksFrom(page, offset, {...limits, landings: []}) : []
		callees.set(offset, found)
		return found
	}
	const blocks = withLeafCallees(blocksFrom(page, entry, limits), calleeAt)
	const blockAt = new Map(blocks.map(({start, key = start}, index) => [key, index]))
	return {page, blocks, blockAt, ...rangesOf(blocks), resumed: []}
}

function blocksFrom(page: PageCode, entry: number, limits: Limits): readonly Block[] {
	const {landings} = limits
	const {leaders, seen} = explore(page, entry, limits)
	const starts = [entry, ...[...leaders].filter((leader) => leader !== entry).sort((a, b) => a - b)]
	return withoutOneWay(starts.map((start) => blockFrom(page, start, {leaders, seen, landings})))
}

/**
 * Leaves out the blocks of the next page that do not pay. A few stay in any case, such as the end of a function. Of
 * more, those stay from which control may come back to the entry's page, as in a loop, and those after an instruction
 * across both pages. Other code there gets a region of its own, which a jump enters.
 */
function withoutOneWay(blocks: readonly Block[]): readonly Block[] {
	const beyond = blocks.filter(({isBeyond}) => isBeyond)
	if (beyond.reduce((sum, {instructions}) => sum + instructions.length, 0) <= shortEnd) return blocks
	const at = new Map(blocks.map((block) => [block.start, block]))
	const successors = ({terminator}: Block) => continuations(terminator).flatMap((to) => at.get(to) ?? [])
	const comesBack = new Set(blocks.filter(({isBeyond}) => !isBeyond))
	const isAcross = new Set(beyond.filter(({start}) => start < pageBytes))
	for (let size = 0; size !== comesBack.size + isAcross.size; ) {
		size = comesBack.size + isAcross.size
		for (const block of beyond) {
			if (successors(block).some((to) => comesBack.has(to))) comesBack.add(block)
			if (isAcross.has(block)) for (const to of successors(block)) isAcross.add(to)
		}
	}
	return blocks.filter((block) => comesBack.has(block) || isAcross.has(block))
}

type Explored = Readonly<{
	leaders: ReadonlySet<number>
	seen: ReadonlySet<number>
	landings: readonly number[]
}>

const reachesBeyond = (offset: number, {length}: Decoded): boolean => offset + length > pageBytes

/** Breadth first, so that a limit cuts what is furthest from the entry. */
function explore(page: PageCode, entry: number, {landings, mayHaveRun}: Limits): Explored {
	const leaders = new Set([entry])
	const seen = new Set<number>()
	const queue = [entry]
	for (let start = queue.shift(); start !== undefined; start = queue.shift()) {
		if (seen.size >= longestRegion) leaders.delete(start)
		const first = page.at(start)
		const isBeyond = first !== undefined && reachesBeyond(start, first)
		for (let offset = start; seen.size < longestRegion && !seen.has(offset); ) {
			const decoded = page.at(offset)
			if (!decoded) break
			// Code that relies on the next page begins a block: the edge into it checks that page.
			if (reachesBeyond(offset, decoded) !== isBeyond) {
				if (!leaders.has(offset)) queue.push(offset)
				leaders.add(offset)
				break
			}
			seen.add(offset)
			const terminator = terminatorOf(offset, decoded, landings)
			offset += decoded.length
			if (!terminator) {
				if (leaders.has(offset)) break
				continue
			}
			for (const to of continuations(terminator)) {
				if (leaders.has(to) || !page.at(to) || !mayHaveRun(to)) continue
				leaders.add(to)
				queue.push(to)
			}
			break
		}
	}
	return {leaders: new Set([...leaders].filter((leader) => seen.has(leader))), seen, landings}
}

function blockFrom(page: PageCode, start: number, {leaders, seen, landings}: Explored): Block {
	const isBeyond = reachesBeyond(start, page.at(start)!)
	const instructions: RegionInstruction[] = []
	let offset = start
	do {
		const decoded = page.at(offset)!
		instructions.push({offset, decoded})
		const terminator = terminatorOf(offset, decoded, landings)
		if (terminator) return {start, instructions, terminator: far(terminator, instructions), isBeyond}
		offset += decoded.length
	} while (seen.has(offset) && !leaders.has(offset))
	return {start, instructions, terminator: {kind: 'fall', to: offset}, isBeyond}
}

function rangesOf(blocks: readonly Block[]): Pick<Region, 'ranges' | 'nextRanges'> {
	const all: [number, number][] = []
	for (const {start, instructions} of [...blocks].sort((a, b) => a.start - b.start)) {
		const last = instructions.at(-1)!
		const end = last.offset + last.decoded.length
		const previous = all.at(-1)
		if (previous && start <= previous[1]) previous[1] = Math.max(previous[1], end)
		else all.push([start, end])
	}
	return {ranges: within(all, 0), nextRanges: within(all, pageBytes)}
}

/** The parts of ranges that lie in the page which begins at `first`, as page offsets. */
function within(ranges: readonly Range[], first: number): Range[] {
	return ranges.flatMap(([start, end]): Range[] => {
		const [from, to] = [Math.max(start - first, 0), Math.min(end - first, pageBytes)]
		return from < to ? [[from, to]] : []
	})
}
