/** Which events of one hart stay in program order. */
import {type FenceEvent, guestEvents, type HartEvent, hostEvents, type MemoryEvent} from './events.ts'
import type {Program} from './program.ts'

/**
 * Whether the second event is performed after the first, which comes before it in the program; `between`: the fences
 * there.
 */
export type Order = (first: MemoryEvent, second: MemoryEvent, between: readonly FenceEvent[]) => boolean

export type Model = Readonly<{events(program: Program): HartEvent[][]; order(program: Program): Order}>

const kindsOf = ({reads, write}: MemoryEvent): string => `${reads ? 'r' : ''}${write ? 'w' : ''}`
const overlap = (kinds: string, set: string): boolean => [...kinds].some((kind) => set.includes(kind))

/** Same variable: to a write, and from read to read. From write to read there is forwarding instead. */
const isCoherent = (first: MemoryEvent, second: MemoryEvent): boolean =>
	first.variable === second.variable && (second.write !== undefined || !first.write)

/**
 * Whether the second depends on what the first reads. A dependency begins at the hart's last read before its access.
 * @param isKept whether the host has such a dependency at all.
 */
function depends(
	{harts}: Program,
	[first, second]: readonly [MemoryEvent, MemoryEvent],
	isKept: (isReal: boolean) => boolean,
): boolean {
	if (!first.reads) return false
	const steps = harts.find((each) => each.includes(first.step))!
	return steps.some(({link}, index) => {
		if (link?.kind !== 'addr' && link?.kind !== 'data' && link?.kind !== 'ctrl') return false
		if (!isKept(link.isReal)) return false
		const source = steps.slice(0, index).findLastIndex(({access}) => access.kind === 'read')
		if (source !== first.index) return false
		if (link.kind === 'ctrl') return index <= second.index && second.write !== undefined
		return index === second.index && (link.kind === 'addr' || second.write !== undefined)
	})
}

/** Unprivileged spec, "RVWMO Memory Consistency Model", "Preserved Program Order". */
export const rvwmo: Model = {
	events: guestEvents,
	order: (program) => (first, second, between) => {
		// Rules 1, 2 and 3.
		if (isCoherent(first, second)) return true
		if (first.variable === second.variable && first.isAtomicStore) return true
		// Rule 4.
		if (between.some((fence) => fences(fence, kindsOf(first), kindsOf(second)))) return true
		// Rules 5, 6 and 7.
		if (first.acquires || second.releases) return true
		if ((first.acquires || first.releases) && (second.acquires || second.releases)) return true
		// Rule 8: the pair is of one variable. Rules 9, 10 and 11; the loop of lr and sc branches on what sc returns.
		if (first.pair === 'closes' && first.index < second.index && second.write) return true
		return depends(program, [first, second], () => true)
	},
}

function fences({before, after, isTso}: FenceEvent, first: string, second: string): boolean {
	if (isTso) return first.includes('r') || second.includes('w')
	return overlap(first, before) && overlap(second, after)
}

/** x86: a store may be overtaken by a later load. An atomic is one locked instruction, and every fence is mfence. */
export const totalStoreOrder: Model = {
	events: (program) => hostEvents(program, {atomics: 'whole', fenceAfterStore: false}),
	order: () => (first, second, between) => {
		if (first.isAtomicStore || second.isAtomicStore || between.length > 0) return true
		return !first.write || second.write !== undefined
	},
}

export type WeakHost = Readonly<{
	/** ARMv8.1's atomic instructions, which are barriers; or ARMv8.0's exclusive pairs. */
	atomics: 'whole' | 'exclusive pair'
	/** Whether generated code has a fence after AMOs and SCs. */
	fenceAfterStore: boolean
	/** Whether the compiler of Wasm sees through dependencies that make no difference. */
	folds: boolean
}>

/**
 * ARMv8, as V8 uses it. Arm Architecture Reference Manual, "Definition of the Armv8 memory model": barrier-,
 * dependency- and atomic-ordered-before.
 */
export const armv8 = ({folds, ...atomics}: WeakHost): Model => ({
	events: (program) => hostEvents(program, atomics),
	order: (program) => (first, second, between) => {
		if (isCoherent(first, second) || between.length > 0) return true
		const isWhole = ({isAtomicStore, reads}: MemoryEvent) => isAtomicStore && reads
		if (isWhole(first) || isWhole(second)) return true
		if (first.reads && first.acquires) return true
		if (second.write && second.releases) return true
		if (first.releases && second.acquires) return true
		return depends(program, [first, second], (isReal) => isReal || !folds)
	},
})
