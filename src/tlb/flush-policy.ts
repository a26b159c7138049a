/** Flush policies: how one table becomes empty where that is not done in place (core/flush.ts). Selected by name, so that they can be compared in one run. */
import type {SharedMemory} from '../memory/index.ts'
import type {GracePeriod} from '../rcu/index.ts'
import {isFilled, tableLog2Entries} from './table.ts'
import type {TableOperations} from './table-operations.ts'
import {noTable, type TablePool} from './table-pool.ts'
import {TlbState} from './tlb-layout.ts'

export type FlushPolicyName = 'swap-pool' | 'clear'

/** Where the tables are. */
export type Tables = Readonly<{
	memory: SharedMemory
	/** By log2 of the entries. */
	pools: readonly (TablePool | undefined)[]
	operations: TableOperations
	/** Of the machine's encoding. */
	tagBias: number
	/** Descriptors of the tables that this thread has taken out and not yet retired: a flush retires all of its at once. */
	swappedOut: number[]
}>

export interface FlushPolicy {
	readonly name: FlushPolicyName
	/** Whether the owner undoes a table with few entries in place first: TlbState.undoLimit. */
	readonly undoes: boolean
	/**
	 * On the owner's thread, online, for a table that the flush in place has left: the regime's table is empty when it returns.
	 * The owner then loads the descriptor afresh. @param state offset of its TlbState.
	 */
	emptyOwn(tables: Tables, state: number, regime: number): void
	/**
	 * On any thread: the regime's table will be empty to the owner from its next quiescent state on.
	 * @returns false when the owner has to do it itself.
	 */
	flushOther(tables: Tables, state: number, regime: number): boolean
}

/**
 * A table with few entries is emptied by its log; else a cleared table from the pool takes the place of the old one, which
 * is retired, and that costs the same at every size.
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

/** The owner zeroes its table in place: what swapping saves. */
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

/** Replaces the regime's table; the old one, if there was one, is to be retired. @param fresh the descriptor of a cleared table from the pool. */
export function publish(tables: Tables, state: number, regime: number, fresh: number): void {
	const words = tables.memory.i32
	// Publish: clearing (and poisoning, where the encoding has it) is ordered before the descriptor; it pairs with the owner's
	// load of the descriptor after a quiescent state. An exchange, so that of two threads that swap each retires the table that
	// it alone took out.
	const old = Atomics.exchange(words, descriptorWord(state, regime), fresh)
	// Statistics: orders nothing.
	Atomics.add(words, (state + TlbState.offset.epoch + regime * 4) >>> 2, 1)
	if (old === noTable) return
	count(tables, state, 'swaps')
	tables.swappedOut.push(old)
}

/** Retires what this thread has swapped out. @param gracePeriod one that began after the last swap. */
export function retireSwappedOut(tables: Tables, gracePeriod: GracePeriod): void {
	for (const descriptor of tables.swappedOut) poolOf(tables, descriptor).retire(descriptor, gracePeriod)
	tables.swappedOut.length = 0
}

/** A vCPU without tables has nothing to flush, nor has a table that its owner has not filled. */
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
