/**
 * Which registers a region holds in locals, and when it stores them to the vCPU block. A call stores the dirty ones
 * before it, and loads after it those that are needed up to the next call. So no local's value lives across a call.
 */
import {type Block, continuations, type Region} from './region.ts'
import {
	contains,
	difference,
	noRegisters,
	type RegisterSet,
	registersRead,
	registersWritten,
	union,
} from './register-set.ts'

export type RegisterFlow = Readonly<{
	/** Newer in locals than in the vCPU block at the basic block's start, on some path. */
	dirty: RegisterSet
	/** In locals at its start: those that it and its followers read, or may have to store. */
	needed: RegisterSet
	/** Stored by an exception in it: the locals of all of these are valid. */
	trapped: RegisterSet
}>

/** For each block of the region. */
export function analyzeRegisters({blocks, blockAt}: Region): RegisterFlow[] {
	const written = blocks.map(writtenIn)
	const followers = blocks.map(({terminator}) =>
		continuations(terminator).flatMap((to) => {
			const index = blockAt.get(to)
			return index === undefined ? [] : [index]
		}),
	)
	const isCall = blocks.map(({terminator}) => terminator.kind === 'call')
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
	return blocks.map((_, index) => ({
		dirty: dirty[index]!,
		trapped: trapped[index]!,
		needed: union(own[index]!, difference(below[index]!, written[index]!)),
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

const writtenIn = ({instructions}: Block): RegisterSet =>
	instructions.map(({decoded}) => registersWritten(decoded)).reduce(union, noRegisters)
const readIn = ({instructions}: Block): RegisterSet =>
	instructions.map(({decoded}) => registersRead(decoded)).reduce(union, noRegisters)
