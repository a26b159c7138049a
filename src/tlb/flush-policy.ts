/**
 * Flush policies: how a table is emptied, by its owner and from outside. Chosen per machine (`--tlb policy=…`), so that
 * they can be compared.
 */
import type {SharedMemory} from '../memory/index.ts'
import type {GracePeriod} from '../rcu/index.ts'
import {passTurn} from '../turns.ts'
import {postLastPages} from './flush-requests.ts'
import {type Publication, type PublicationJournal, PublishStep} from './publication.ts'
import {noteEmptied} from './shadow.ts'
import {resizeCause} from './shadow-layout.ts'
import {isFilled, tableGeneration, tableLog2Entries, trailerWord} from './table.ts'
import type {TableOperations} from './table-operations.ts'
import {noTable, type TablePool, type Zeroing} from './table-pool.ts'
import type {TlbDesign} from './tlb-design.ts'
import {
	adaptiveStep,
	Emptying,
	FlushCause,
	generationMask,
	generationStep,
	logCapacity,
	mostLog2Entries,
	regimeCount,
	returnsToGrow,
	TlbState,
} from './tlb-layout.ts'

/** A machine's tables, as the policies see them. */
export type Tables = Readonly<{
	memory: SharedMemory
	/** Indexed by log2 of the entries. */
	pools: readonly (TablePool | undefined)[]
	operations: TableOperations
	policy: FlushPolicy
	/** Of the machine's encoding. */
	tagBias: number
	/** Descriptors that this thread has swapped out and not yet retired: a flush retires all of its tables at once. */
	swappedOut: number[]
	/** With debug=on. */
	journal: PublicationJournal | undefined
	observer: TlbObserver | undefined
}>

/** FlushCause, or resizeCause. */
type Emptied = Readonly<{state: number; regime: number; cause: number}>

/** Told what this thread does to tables, for traces. `state` is the offset of their owner's TlbState. */
export type TlbObserver = Readonly<{
	/** A fence is about to ring a target. */
	fenceRings(target: number): void
	/** A table has taken another's place. @param epoch how many have, of this regime. */
	swapped(emptied: Emptied, epoch: number): void
	/** A table has begun a generation, but for those that its owner's hart core counts: TlbState.ownGenerations. */
	advanced(emptied: Emptied, generation: number): void
}>

export type FlushPolicy = Readonly<{
	/** The owner undoes a table with at most so many entries by its log, first of all; -1 = none. */
	undoLimit: number
	/** What the owner does with other tables, in its hart core. */
	emptying: Emptying
	/**
	 * On any thread: from its next quiescent state on, the owner finds the regime's table empty.
	 * @param state offset of the owner's TlbState. @returns false if the owner has to empty it itself.
	 */
	flushOther(tables: Tables, state: number, regime: number): boolean
	zeroing: Zeroing
}>

const swapped = {emptying: Emptying.replace, flushOther: swapOther, zeroing: 'ahead'} as const
const inPlace = {undoLimit: -1, flushOther: askOwner, zeroing: 'ahead'} as const

export const flushPolicies: Readonly<Record<TlbDesign['policy'], FlushPolicy>> = {
	clear: {...inPlace, emptying: Emptying.clear},
	'atomic-clear': {...inPlace, emptying: Emptying.clearAtomically, flushOther: clearOther},
	undo: {...inPlace, emptying: Emptying.clear, undoLimit: logCapacity},
	'swap-clear': {...swapped, undoLimit: -1, zeroing: 'by taker'},
	'swap-pool': {...swapped, undoLimit: -1},
	'swap-undo': {...swapped, undoLimit: 512},
	'epoch-tag': {...inPlace, emptying: Emptying.nextGeneration, flushOther: advanceOther},
}

/** Takes another table for one that the owner's hart core has left. On the owner's thread, online; it reloads the descriptor. */
export function replaceOwn(tables: Tables, state: number, regime: number): void {
	if (takeWantedSize(tables, state, regime)) return
	const descriptor = loadDescriptor(tables, state, regime)
	const pool = poolOf(tables, descriptor)
	const fresh = pool.holdsBack() ? noTable : takeTable(tables, pool, state)
	if (fresh !== noTable) return publish(tables, {state, regime, fresh, step: PublishStep.flush})
	tables.operations.emptyTable(descriptor, tables.tagBias)
	if ((descriptor & generationMask) === 0) return
	// As beginGeneration() in core/in-place.ts: another thread may have swapped the table meanwhile.
	const word = descriptorWord(state, regime)
	const first = (descriptor & ~generationMask) | generationStep
	if (Atomics.compareExchange(tables.memory.i32, word, descriptor, first) !== descriptor) return
	tables.observer?.advanced({state, regime, cause: causeOf(tables, {state, step: PublishStep.flush})}, 1)
}

/** Takes a table of the size that the owner's hart core wants, if it wants another and there is one. */
function takeWantedSize(tables: Tables, state: number, regime: number): boolean {
	const word = (state + TlbState.offset.wantedLog2 + regime * 4) >>> 2
	// Plain: only the owner reads and writes it.
	const wanted = tables.memory.i32[word] ?? 0
	tables.memory.i32[word] = 0
	return wanted !== 0 && takeSize(tables, {state, regime, log2Entries: wanted})
}

/** Replaces tables that shall grow, since displaced pages came back to them. As replaceOwn(). */
export function growOwn(tables: Tables, state: number): void {
	for (let regime = 0; regime < regimeCount; regime++) {
		const descriptor = loadDescriptor(tables, state, regime)
		// Plain: only the owner writes it.
		const returned = tables.memory.i32[trailerWord(descriptor, 'returned')] ?? 0
		const log2Entries = tableLog2Entries(descriptor) + adaptiveStep
		if (returned >= returnsToGrow && log2Entries <= mostLog2Entries) takeSize(tables, {state, regime, log2Entries})
	}
}

function takeSize(
	tables: Tables,
	{state, regime, log2Entries}: {state: number; regime: number; log2Entries: number},
): boolean {
	const pool = tables.pools[log2Entries]
	if (!pool || pool.holdsBack()) return false
	const fresh = pool.take() || pool.takeRetired()
	if (fresh === noTable) return false
	// Unless a flush took the chance, and has noted its own cause.
	noteEmptied(tables.memory, state, loadDescriptor(tables, state, regime), resizeCause)
	publish(tables, {state, regime, fresh, step: PublishStep.resize})
	count(tables, state, 'resizes')
	return true
}

function askOwner(tables: Tables, state: number, regime: number): boolean {
	return isElided(tables, state, loadDescriptor(tables, state, regime))
}

function swapOther(tables: Tables, state: number, regime: number): boolean {
	const descriptor = loadDescriptor(tables, state, regime)
	if (isElided(tables, state, descriptor)) return true
	const fresh = takeTable(tables, poolOf(tables, descriptor), state)
	if (fresh === noTable) return false
	POINT: passTurn('swap')
	publish(tables, {state, regime, fresh, step: PublishStep.fence})
	return true
}

function clearOther(tables: Tables, state: number, regime: number): boolean {
	const descriptor = loadDescriptor(tables, state, regime)
	if (isElided(tables, state, descriptor)) return true
	// The owner may take a table of another size meanwhile: what it fills there comes from walks after the caller's change of
	// the page table, and clearing the old one, even in another's hands, only loses entries.
	tables.operations.clearEntries(descriptor, tables.tagBias)
	noteEmptied(tables.memory, state, descriptor, FlushCause.remoteAll)
	postLastPages(tables.memory, state)
	count(tables, state, 'cleared')
	return true
}

/** Begins a generation, or swaps a table that has had all. */
function advanceOther(tables: Tables, state: number, regime: number): boolean {
	const descriptor = loadDescriptor(tables, state, regime)
	if (isElided(tables, state, descriptor)) return true
	if ((descriptor & generationMask) === generationMask) return swapOther(tables, state, regime)
	// The owner finds the new generation when it loads the descriptor after a quiescent state; what it fills until then
	// belongs to the one that it has loaded. Pairs with the owner's loads, and with its own exchanges.
	const word = descriptorWord(state, regime)
	POINT: passTurn('swap')
	const before = Atomics.compareExchange(tables.memory.i32, word, descriptor, descriptor + generationStep)
	POINT: passTurn('advance')
	// Once is enough. An exchange that came first came after the load above, thus after the caller's stores to page tables: what
	// it brought, a generation or an empty table, is filled by walks that read these tables as they are now. If the owner went to
	// another space, it compares the count of fences after that exchange, and the caller has counted before the load.
	if (before === descriptor) {
		noteEmptied(tables.memory, state, descriptor, FlushCause.remoteAll)
		count(tables, state, 'generations')
		tables.observer?.advanced({state, regime, cause: FlushCause.remoteAll}, tableGeneration(descriptor) + 1)
	}
	// In either case: a thread whose exchange came first may not have posted it yet.
	postLastPages(tables.memory, state)
	return true
}

/** @property fresh descriptor of a cleared table. */
type Publishing = Readonly<{state: number; regime: number; fresh: number; step: PublishStep}>

/** With debug=on: notes a publication that is about to be made, in the table's record. */
export function notePublished(tables: Tables, {state, regime, fresh, step}: Publishing): Publication | undefined {
	const publication = tables.journal?.publication(state, regime, step)
	if (publication) poolOf(tables, fresh).notePublished(fresh, publication)
	return publication
}

/** Swaps the regime's table; the old one, if any, is left to retireSwappedOut(). */
export function publish(tables: Tables, publishing: Publishing): void {
	const {state, regime, fresh} = publishing
	const words = tables.memory.i32
	const publication = notePublished(tables, publishing)
	// Publish: clearing (and poison, if the encoding has it) is ordered before the descriptor. Pairs with the owner's
	// load of the descriptor after a quiescent state. An exchange, so that two threads that swap each retire the table
	// they took out.
	const old = Atomics.exchange(words, descriptorWord(state, regime), fresh)
	// Statistics: orders nothing.
	const epoch = Atomics.add(words, (state + TlbState.offset.epoch + regime * 4) >>> 2, 1) + 1
	POINT: passTurn('retire')
	if (old === noTable) return
	tables.observer?.swapped({state, regime, cause: causeOf(tables, publishing)}, epoch)
	count(tables, state, 'swaps')
	// Its owner has noted its own cause before.
	noteEmptied(tables.memory, state, old, FlushCause.remoteAll)
	if (publication) poolOf(tables, old).noteTakenOut(old, publication)
	tables.swappedOut.push(old)
}

/** Why the owner's latest flush was, or another's. A table of another size is of no flush. */
function causeOf({memory}: Tables, {state, step}: Pick<Publishing, 'state' | 'step'>): number {
	if (step === PublishStep.resize) return resizeCause
	// Plain: the owner's word, and this is its thread.
	return step === PublishStep.fence ? FlushCause.remoteAll : memory.i32[(state + TlbState.offset.flushCause) >>> 2]!
}

/** Retires the tables that this thread has swapped out. @param gracePeriod one that began after the last swap. */
export function retireSwappedOut(tables: Tables, gracePeriod: GracePeriod): void {
	for (const descriptor of tables.swappedOut) poolOf(tables, descriptor).retire(descriptor, gracePeriod)
	tables.swappedOut.length = 0
}

/** Whether there is nothing to flush: the vCPU has no table, or its owner has not filled it. */
function isElided(tables: Tables, state: number, descriptor: number): boolean {
	if (descriptor === noTable) return true
	if (isFilled(tables.memory, descriptor)) return false
	count(tables, state, 'elided')
	return true
}

function takeTable(tables: Tables, pool: TablePool, state: number): number {
	if (tables.policy.zeroing === 'by taker') return pool.takeRetired() || pool.take()
	const fresh = pool.take()
	if (fresh !== noTable) return fresh
	count(tables, state, 'poolDry')
	return pool.takeRetired()
}

function loadDescriptor(tables: Tables, state: number, regime: number): number {
	// Ordered before the reads of the table; pairs with the exchange in publish().
	return Atomics.load(tables.memory.i32, descriptorWord(state, regime))
}

function descriptorWord(state: number, regime: number): number {
	return (state + TlbState.offset.descriptor + regime * 4) >>> 2
}

function poolOf(tables: Tables, descriptor: number): TablePool {
	return tables.pools[tableLog2Entries(descriptor)]!
}

/** Statistics: orders nothing; atomic, because any thread may flush any vCPU. */
function count(
	tables: Tables,
	state: number,
	field: 'swaps' | 'elided' | 'poolDry' | 'resizes' | 'generations' | 'cleared',
): void {
	Atomics.add(tables.memory.i32, (state + TlbState.offset[field]) >>> 2, 1)
}
