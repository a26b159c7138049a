/**
 * Emptying tables of a vCPU in place, on its thread: an empty table stays, and one with few entries is undone by its log.
 *
 * Plain accesses to entries and trailers: only the owner reads and writes those of a table until it is retired. If
 * another thread swaps the table away meanwhile, it stays the owner's until its next quiescent state, and emptying it
 * is harmless. The table that was swapped in is empty too: the owner is here, not filling it.
 */
import {TLB_ELIDED, TLB_FLUSH_CAUSE, TLB_FLUSHES, TLB_UNDONE} from '../../../build/hart/offsets'
import {noteEmptied} from './shadow'
import {isOpen, isUndoable, undoTable} from './table'
import {descriptorOf, tagBiasOf, undoLimitOf} from './vcpu-tables'

/** @param end behind the last regime. @returns the regimes whose tables are left: bit n = regime n. */
export function emptyInPlace(block: u32, first: u32, end: u32): u32 {
	let left: u32 = 0
	let undone: u32 = 0
	let elided: u32 = 0
	for (let regime = first; regime < end; regime++) {
		const descriptor = descriptorOf(block, regime)
		if (!isOpen(descriptor)) elided++
		else if (undo(block, descriptor)) undone++
		else left |= 1 << regime
	}
	countUndone(block, undone)
	// Statistics: orders nothing. Atomic, because remote flushes count here too.
	if (elided != 0) atomic.add<u32>(block, elided, TLB_ELIDED)
	return left
}

/** Undoes a table that has to be emptied, if it has few enough entries. @returns whether it did. */
export function undo(block: u32, descriptor: u32): bool {
	noteEmptied(block, descriptor)
	if (!isUndoable(descriptor, undoLimitOf(block))) return false
	undoTable(descriptor, tagBiasOf(block))
	return true
}

/** Plain, as countCause(). */
export function countUndone(block: u32, tables: u32): void {
	store<u32>(block, load<u32>(block, TLB_UNDONE) + tables, TLB_UNDONE)
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
