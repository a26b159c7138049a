/**
 * Emptying tables of a vCPU in place, on its thread: an empty table stays, one with few entries is undone by its log, and
 * others are emptied as the flush policy says (src/tlb/flush-policy.ts).
 *
 * Plain accesses to entries and trailers: only the owner reads and writes those of a table until it is retired. If
 * another thread swaps the table away meanwhile, it stays the owner's until its next quiescent state, and emptying it
 * is harmless. The table that was swapped in is empty too: the owner is here, not filling it.
 */
import {
	EMPTYING_CLEAR,
	EMPTYING_CLEAR_ATOMICALLY,
	EMPTYING_NEXT_GENERATION,
	FAULTS,
	GENERATION_MASK,
	GENERATION_STEP,
	POINT_EMPTY,
	TLB_CLEARED,
	TLB_ELIDED,
	TLB_FLUSH_CAUSE,
	TLB_FLUSHES,
	TLB_GENERATIONS,
	TLB_OWN_GENERATIONS,
	TLB_UNDONE,
} from '../../../build/hart/offsets'
import {passTurn} from './env'
import {noteEmptied} from './shadow'
import {changesSize} from './sizing'
import {clearEntries, clearTable, closeTable, isOpen, isUndoable, undoTable} from './table'
import {descriptorOf, emptyingOf, placeOfDescriptor, tagBiasOf, undoLimitOf} from './vcpu-tables'

/** @param end behind the last regime. @returns the regimes whose tables are left: bit n = regime n. */
export function emptyInPlace(block: u32, first: u32, end: u32): u32 {
	let left: u32 = 0
	let elided: u32 = 0
	for (let regime = first; regime < end; regime++) {
		if (!isOpen(descriptorOf(block, regime))) elided++
		else if (!emptyTableOf(block, regime)) left |= 1 << regime
	}
	// Statistics: orders nothing. Atomic, because remote flushes count here too.
	if (elided != 0) atomic.add<u32>(block, elided, TLB_ELIDED)
	return left
}

/** Empties the regime's table in place, if the policy does. @returns whether it did. */
export function emptyTableOf(block: u32, regime: u32): bool {
	const descriptor = descriptorOf(block, regime)
	if (FAULTS) passTurn(POINT_EMPTY)
	noteEmptied(block, descriptor)
	if (changesSize(block, regime, descriptor)) return false
	if (isUndoable(descriptor, undoLimitOf(block))) {
		undoTable(descriptor, tagBiasOf(block))
		// Plain, as countCause().
		store<u32>(block, load<u32>(block, TLB_UNDONE) + 1, TLB_UNDONE)
		return true
	}
	switch (emptyingOf(block)) {
		case EMPTYING_CLEAR:
			clearTable(descriptor, tagBiasOf(block))
			count(block, TLB_CLEARED)
			return true
		case EMPTYING_CLEAR_ATOMICALLY:
			clearEntries(descriptor, tagBiasOf(block))
			closeTable(descriptor)
			count(block, TLB_CLEARED)
			return true
		case EMPTYING_NEXT_GENERATION:
			return beginGeneration(block, regime, descriptor)
		default:
			return false
	}
}

/** @returns false if the table has had all generations. */
function beginGeneration(block: u32, regime: u32, descriptor: u32): bool {
	if ((descriptor & GENERATION_MASK) == GENERATION_MASK) return false
	// An exchange, because another thread may begin a generation or swap the table at the same time: the owner then goes on
	// with that, and has filled nothing since. Pairs with publish() and advanceOther() in src/tlb/flush-policy.ts.
	const before = atomic.cmpxchg<u32>(placeOfDescriptor(block, regime), descriptor, descriptor + GENERATION_STEP)
	closeTable(descriptor)
	if (before == descriptor) countOwnGeneration(block, regime)
	count(block, TLB_GENERATIONS)
	return true
}

/** Statistics: orders nothing. Atomic, because remote flushes count here too. */
function count(block: u32, counter: u32): void {
	atomic.add<u32>(block + counter, 1)
}

/** Plain: only the owner counts, and reads it. */
function countOwnGeneration(block: u32, regime: u32): void {
	const counter = block + (regime << 2)
	store<u32>(counter, load<u32>(counter, TLB_OWN_GENERATIONS) + 1, TLB_OWN_GENERATIONS)
}

/** Plain: of the owner's causes only the owner counts. */
export function countCause(block: u32, cause: u32): void {
	const counter = block + (cause << 2)
	store<u32>(counter, load<u32>(counter, TLB_FLUSHES) + 1, TLB_FLUSHES)
	setCause(block, cause)
}

/** The cause of the flush under way, for noteEmptied() and noteForgotten(): one that was counted already. */
export function setCause(block: u32, cause: u32): void {
	store<u32>(block, cause, TLB_FLUSH_CAUSE)
}
