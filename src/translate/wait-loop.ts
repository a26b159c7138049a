/**
 * Loops that can only wait: no turn writes memory or a device, and each begins with the same registers as the one before. So
 * a turn differs from the last one only after another hart, a device or an interrupt has changed something. Programs without
 * `pause`, and older kernels, wait for locks like that.
 */
import {expressionsOf, type Instruction, traitsOf} from '../isa/index.ts'
import type {Block} from './region.ts'
import {
	contains,
	difference,
	everyRegister,
	intersection,
	noRegisters,
	type RegisterSet,
	readFirst,
	union,
	writtenIn,
} from './register-set.ts'

type Graph = Readonly<{
	blocks: readonly Block[]
	/** Indices of blocks. */
	successors(index: number): readonly number[]
}>

/** Whether the loop that an edge back to its header closes only waits. Loops in it belong to it. */
export function isWaitLoop(graph: Graph, from: number, header: number): boolean {
	const {blocks} = graph
	const loop = loopOf(graph, from, header)
	const all = [...loop].flatMap((index) => blocks[index]!.instructions)
	return (
		[...loop].every((index) => staysInside(blocks[index]!)) &&
		all.every(({decoded}) => writesNothing(decoded.instruction)) &&
		all.some(({decoded}) => reads(decoded.instruction)) &&
		!carriesRegisters(graph, loop, header)
	)
}

const staysInside = ({terminator: {kind}}: Block): boolean =>
	kind === 'fall' || kind === 'branch' || kind === 'jump' || kind === 'dispatch'

function writesNothing(instruction: Instruction): boolean {
	const {memory, accessesCsr, system} = traitsOf(instruction)
	if (system !== undefined) return system === 'fence' || system === 'pause'
	if (accessesCsr || memory.has('store') || memory.has('block')) return false
	return !memory.has('atomic') || isLoadReserved(instruction)
}

const reads = (instruction: Instruction): boolean =>
	traitsOf(instruction).memory.has('load') || isLoadReserved(instruction)

const isLoadReserved = ({effects}: Instruction): boolean =>
	effects.flatMap(expressionsOf).some(({op}) => op === 'loadReserved')

/** The blocks from which control comes to `from`, and so to the header, without passing the header. */
function loopOf({blocks, successors}: Graph, from: number, header: number): ReadonlySet<number> {
	const loop = new Set([header, from])
	for (let size = 0; size !== loop.size; ) {
		size = loop.size
		for (const index of blocks.keys())
			if (successors(index).some((to) => to !== header && loop.has(to))) loop.add(index)
	}
	return loop
}

/** Whether a turn reads a register that the turn before it may have written. */
function carriesRegisters({blocks, successors}: Graph, loop: ReadonlySet<number>, header: number): boolean {
	// Written in this turn before each block's start, on all paths.
	const before = new Map<number, RegisterSet>([...loop].map((index) => [index, everyRegister]))
	before.set(header, noRegisters)
	const queue = [...loop]
	for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
		const after = union(before.get(index)!, writtenIn(blocks[index]!))
		for (const to of successors(index)) {
			const known = before.get(to)
			if (to === header || known === undefined || contains(after, known)) continue
			before.set(to, intersection(known, after))
			queue.push(to)
		}
	}
	const written = [...loop].map((index) => writtenIn(blocks[index]!)).reduce(union, noRegisters)
	const carried = [...loop]
		.map((index) => difference(readFirst(blocks[index]!), before.get(index)!))
		.reduce(union, noRegisters)
	const both = intersection(carried, written)
	return both.x !== 0 || both.f !== 0
}
