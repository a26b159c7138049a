/**
 * Flush policies: how a table is emptied if core/flush.ts has not emptied it in place. Selected by name, so that they
 * can be compared.
 */
import type {SharedMemory} from '../memory/index.ts'
import type {GracePeriod} from '../rcu/index.ts'
import {noteEmptied} from './shadow.ts'
import {isFilled, tableLog2Entries} from './table.ts'
import type {TableOperations} from './table-operations.ts'
import {noTable, type TablePool} from './table-pool.ts'
import {FlushCause, TlbState} from './tlb-layout.ts'

export type FlushPolicyName = 'swap-pool' | 'clear'

/** A machine's tables, as the policies see them. */
export type Tables = Readonly<{
	memory: SharedMemory
	/** Indexed by log2 of the entries. */
	pools: readonly (TablePool | undefined)[]
	operations: TableOperations
	/** Of the machine's encoding. */
	tagBias: number
	/** Descriptors that this thread has swapped out and not yet retired: a flush retires all of its tables at once. */
	swappedOut: number[]
}>

export interface FlushPolicy {
	readonly name: FlushPolicyName
	/** Whether the owner first undoes a table with few entries in place: TlbState.undoLimit. */
	readonly undoes: boolean
	/**
	 * Empties a table that the flush in place has left. On the owner's thread, online; the owner reloads the descriptor
	 * afterwards. @param state offset of its TlbState.
	 */
	emptyOwn(tables: Tables, state: number, regime: number): void
	/**
	 * On any thread: from its next quiescent state on, the owner finds the regime's table empty.
	 * @returns false if the owner has to flush it itself.
	 */
	flushOther(tables: Tables, state: number, regime: number): boolean
}

/**
 * A table with few entries is undone by its log. Otherwise a cleared table from the pool replaces it, and it is
 * retired: that costs the same at every size.
 */
const swapPool: FlushPolicy = {
	name: 'swap-pool',
	undoes: true,
	emptyOwn(tables, state, regime) {
		const descriptor = loadDescriptor(tables, state, regime)
		const fresh = takeTable(tables, poolOf(tables, descriptor), state)
		if (fresh !== noTable) publish(tables, state, regime, fresh)
		// In place, as in core/flush.ts.
		else tables.operations.emptyTable(descriptor, tables.tagBias)
	},
	flushOther(tables, state, regime) {
		const descriptor = loadDescriptor(tables, state, regime)
		if (isElided(tables, state, descriptor)) return true
		const fresh = takeTable(tables, poolOf(tables, descriptor), state)
		if (fresh === noTable) return false
		publish(tables, state, regime, fresh)
		return true
	},
}

/** The owner zeroes its table in place: the cost that swapping avoids. */
const clear: FlushPolicy = {
	name: 'clear',
	undoes: false,
	emptyOwn(tables, state, regime) {
		tables.operations.clearTable(loadDescriptor(tables, state, regime), tables.tagBias)
	},
	flushOther(tables, state, regime) {
		return isElided(tables, state, loadDescriptor(tables, state, regime))
	},
}

export const flushPolicies: Readonly<Record<FlushPolicyName, FlushPolicy>> = {'swap-pool': swapPool, clear}

/** Swaps the regime's table; the old one, if any, is left to retireSwappedOut(). @param fresh of a cleared table. */
export function publish(tables: Tables, state: number, regime: number, fresh: number): void {
	const words = tables.memory.i32
	// Publish: clearing (and poison, if the encoding has it) is ordered before the descriptor. Pairs with the owner's
	// load of the descriptor after a quiescent state. An exchange, so that two threads that swap each retire the table
	// they took out.
	const old = Atomics.exchange(words, descriptorWord(state, regime), fresh)
	// Statistics: orders nothing.
	Atomics.add(words, (state + TlbState.offset.epoch + regime * 4) >>> 2, 1)
	if (old === noTable) return
	count(tables, state, 'swaps')
	// Its owner has noted its own cause before.
	noteEmptied(tables.memory, state, old, FlushCause.remoteAll)
	tables.swappedOut.push(old)
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
function count(tables: Tables, state: number, field: 'swaps' | 'elided' | 'poolDry'): void {
	Atomics.add(tables.memory.i32, (state + TlbState.offset[field]) >>> 2, 1)
}
