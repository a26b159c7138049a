/**
 * Which registers a region holds in locals, and when it stores them to the vCPU block. A call stores the dirty ones
 * before it, and loads after it those that are needed up to the next call. So no local's value lives across a call.
 *
 * A region *writes through* where no loop runs without a call: each write is stored at once, so that nothing is ever dirty,
 * exits store nothing, and a block loads only what it reads. In a loop, stores would be repeated.
 */
import {traitsOf} from '../isa/index.ts'
import {type Block, continuations, type Region} from './region.ts'
import {
	contains,
	difference,
	everyRegister,
	intersection,
	noRegisters,
	type RegisterSet,
	readFirst,
	readIn,
	registersWritten,
	union,
	writtenIn,
} from './register-set.ts'

export type RegisterFlow = Readonly<{
	/** Newer in locals than in the vCPU block at the basic block's start, on some path. */
	dirty: RegisterSet
	/** To load when the region is entered with this block, or returned to after a call. */
	needed: RegisterSet
	/** To load at the block's start, however control came there. */
	loads: RegisterSet
	/** Stored by an exception in it: the locals of all of these are valid. */
	trapped: RegisterSet
	/** By instruction: whether the register that it writes is stored at once. */
	stores: readonly boolean[]
}>

/** @returns `flow` for each block of the region. */
export function analyzeRegisters(region: Region): {writesThrough: boolean; flow: RegisterFlow[]} {
	const graph = graphOf(region)
	const writesThrough = isAcyclic(graph)
	return {writesThrough, flow: writesThrough ? writeThrough(region, graph) : writeBack(region, graph)}
}

type Graph = Readonly<{
	/** By block. */
	followers: readonly (readonly number[])[]
	/** The block ends with a call: control goes on in its follower when the callee returns. */
	isCall: readonly boolean[]
}>

function graphOf({blocks, blockAt}: Region): Graph {
	const followers = blocks.map(({terminator}) =>
		// Where the region is resumed, its registers are loaded.
		(terminator.kind === 'dispatch' ? [terminator.to] : continuations(terminator)).flatMap((to) => {
			const index = blockAt.get(to)
			return index === undefined ? [] : [index]
		}),
	)
	return {followers, isCall: blocks.map(({terminator}) => terminator.kind === 'call')}
}

/** Whether each loop has a call in it. */
function isAcyclic({followers, isCall}: Graph): boolean {
	const entering = followers.map(() => 0)
	for (const [index, each] of followers.entries()) if (!isCall[index]) for (const to of each) entering[to]!++
	const queue = [...entering.keys()].filter((index) => entering[index] === 0)
	// It grows while it is walked.
	for (const index of queue)
		if (!isCall[index]) for (const to of followers[index]!) if (--entering[to]! === 0) queue.push(to)
	return queue.length === followers.length
}

/** Those that dispatching blocks lead to. */
function resumedBlocks({blocks, blockAt}: Region): number[] {
	return blocks.flatMap(({terminator}, index) => {
		if (terminator.kind !== 'dispatch') return []
		const places = terminator.cases.flatMap(({to, isPlace}) => (isPlace ? [blockAt.get(to)!] : []))
		return index === 0 ? places : [...places, blockAt.get(terminator.to)!]
	})
}

function writeThrough(region: Region, {followers, isCall}: Graph): RegisterFlow[] {
	const {blocks} = region
	const known = blocks.map((block) => union(readIn(block), writtenIn(block)))
	// In locals at each block's start, on all paths.
	const entries = new Set([0, ...resumedBlocks(region)])
	const held = blocks.map((_, index) => (entries.has(index) ? noRegisters : everyRegister))
	const queue = [...blocks.keys()]
	for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
		const out = isCall[index] ? noRegisters : union(held[index]!, known[index]!)
		for (const to of followers[index]!) {
			const both = intersection(held[to]!, out)
			if (contains(both, held[to]!)) continue
			held[to] = both
			queue.push(to)
		}
	}
	return blocks.map((block, index) => ({
		dirty: noRegisters,
		needed: noRegisters,
		loads: difference(readFirst(block), held[index]!),
		trapped: noRegisters,
		stores: lastWrites(block),
	}))
}

/** Whether an instruction's write is the last one of its register before something that may leave the region. */
function lastWrites({instructions}: Block): boolean[] {
	const stores = instructions.map(() => true)
	let rewritten = noRegisters
	for (let index = instructions.length - 1; index >= 0; index--) {
		const {decoded} = instructions[index]!
		const {mayTrap, mayBeIllegal} = traitsOf(decoded.instruction)
		const writes = registersWritten(decoded)
		// After a CSR instruction, too, the region may be left.
		if (mayBeIllegal) rewritten = noRegisters
		stores[index] = !contains(rewritten, writes)
		// An exception finds all registers stored that were written before.
		rewritten = mayTrap ? noRegisters : union(rewritten, writes)
	}
	return stores
}

function writeBack({blocks}: Region, {followers, isCall}: Graph): RegisterFlow[] {
	const written = blocks.map(writtenIn)
	const dirty = solve(
		blocks.length,
		(index, flowTo) => {
			if (isCall[index]) return
			for (const follower of followers[index]!) flowTo(follower)
		},
		(index, at) => union(at, written[index]!),
	)
	const trapped = blocks.map((_, index) => union(dirty[index]!, written[index]!))
	const leaders: number[][] = blocks.map(() => [])
	for (const [index, each] of followers.entries())
		if (!isCall[index]) for (const follower of each) leaders[follower]!.push(index)
	const own = blocks.map((block, index) => union(trapped[index]!, readIn(block)))
	const below = solve(
		blocks.length,
		(index, flowTo) => {
			for (const leader of leaders[index]!) flowTo(leader)
		},
		(index, at) => union(own[index]!, difference(at, written[index]!)),
	)
	return blocks.map(({instructions}, index) => ({
		dirty: dirty[index]!,
		trapped: trapped[index]!,
		needed: union(own[index]!, difference(below[index]!, written[index]!)),
		loads: noRegisters,
		stores: instructions.map(() => false),
	}))
}

/**
 * Data flow: the smallest sets such that a node's contains all that flows into it.
 * @returns what arrives at each node.
 */
function solve(
	count: number,
	flow: (node: number, flowTo: (to: number) => void) => void,
	leaving: (node: number, arriving: RegisterSet) => RegisterSet,
): RegisterSet[] {
	const arriving = new Array<RegisterSet>(count).fill(noRegisters)
	const queue = Array.from({length: count}, (_, index) => index)
	for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
		const out = leaving(node, arriving[node]!)
		flow(node, (to) => {
			if (contains(arriving[to]!, out)) return
			arriving[to] = union(arriving[to]!, out)
			queue.push(to)
		})
	}
	return arriving
}
