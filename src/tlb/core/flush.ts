/**
 * Flushes of a vCPU's own tables in place, on its thread: an empty table stays, one with few entries is undone by its
 * log, a single page is invalidated. Each function returns the regimes whose tables are left (bit n = regime n) for the
 * flush policy: emptyOwn() in src/tlb/flush-policy.ts.
 *
 * Plain accesses to entries and trailers: only the owner reads and writes those of a table until it is retired. If
 * another thread swaps the table away meanwhile, it stays the owner's until its next quiescent state, and emptying it
 * is harmless. The table that was swapped in is empty too: the owner is here, not filling it.
 */
import {
	FLUSH_CAUSE_CODE_CACHE_RESET,
	FLUSH_CAUSE_PMP_WRITE,
	FLUSH_CAUSE_RESET,
	FLUSH_CAUSE_SFENCE_PAGE,
	PAGE_SHIFT,
	REGIME_COUNT,
	REGIME_MACHINE,
	REGIME_SUPERVISOR,
	TLB_ELIDED,
	TLB_FLUSHES,
	TLB_PAGE_FLUSHES,
	TLB_UNDONE,
} from '../../../build/hart/offsets'
import {invalidatePage, isInsideLargePages, isOpen, isUndoable, undoTable} from './table'
import {descriptorOf, tagBiasOf, undoLimitOf} from './vcpu-tables'

/**
 * Empties tables and counts the cause. Privileged spec, "Supervisor Memory-Management Fence Instruction".
 * @returns the regimes that are left.
 */
export function flushTables(block: u32, cause: u32): u32 {
	countCause(block, cause)
	return emptyInPlace(block, voidsUntranslated(cause) ? REGIME_MACHINE : REGIME_SUPERVISOR)
}

/**
 * Empties the tables of the regimes that translate, for a cause that was counted already.
 * @returns the regimes that are left.
 */
export function flushTranslations(block: u32): u32 {
	return emptyInPlace(block, REGIME_SUPERVISOR)
}

/** Invalidates a page and counts the cause. @param page gva, page-aligned. @returns the regimes that are left. */
export function flushPage(block: u32, page: u64): u32 {
	countCause(block, FLUSH_CAUSE_SFENCE_PAGE)
	return forgetPage(block, page)
}

/** The same for a cause that was counted already. @param low, high the words of gva >> 12. */
export function flushPageNumber(block: u32, low: u32, high: u32): u32 {
	return forgetPage(block, (((<u64>high) << 32) | low) << PAGE_SHIFT)
}

/** Whether the cause makes entries of the regimes that do not translate stale, too. */
function voidsUntranslated(cause: u32): bool {
	return cause == FLUSH_CAUSE_PMP_WRITE || cause == FLUSH_CAUSE_RESET || cause == FLUSH_CAUSE_CODE_CACHE_RESET
}

function emptyInPlace(block: u32, first: u32): u32 {
	let left: u32 = 0
	let undone: u32 = 0
	let elided: u32 = 0
	for (let regime = first; regime < REGIME_COUNT; regime++) {
		const descriptor = descriptorOf(block, regime)
		if (!isOpen(descriptor)) elided++
		else if (undo(block, descriptor)) undone++
		else left |= 1 << regime
	}
	countUndone(block, undone)
	// Statistics: orders nothing. Atomic, because remote flushes count here too.
	atomic.add<u32>(block, elided, TLB_ELIDED)
	return left
}

function forgetPage(block: u32, page: u64): u32 {
	// Plain: only the owner counts.
	store<u32>(block, load<u32>(block, TLB_PAGE_FLUSHES) + 1, TLB_PAGE_FLUSHES)
	let left: u32 = 0
	for (let regime = REGIME_SUPERVISOR; regime < REGIME_COUNT; regime++) {
		const descriptor = descriptorOf(block, regime)
		if (!isOpen(descriptor)) continue
		if (!isInsideLargePages(descriptor, page)) invalidatePage(descriptor, page, tagBiasOf(block))
		else if (undo(block, descriptor)) countUndone(block, 1)
		else left |= 1 << regime
	}
	return left
}

/** Undoes a table if it has few enough entries. @returns whether it did. */
function undo(block: u32, descriptor: u32): bool {
	if (!isUndoable(descriptor, undoLimitOf(block))) return false
	undoTable(descriptor, tagBiasOf(block))
	return true
}

/** Plain, as countCause(). */
function countUndone(block: u32, tables: u32): void {
	store<u32>(block, load<u32>(block, TLB_UNDONE) + tables, TLB_UNDONE)
}

/** Plain: of these causes only the owner counts. */
function countCause(block: u32, cause: u32): void {
	const counter = block + (cause << 2)
	store<u32>(counter, load<u32>(counter, TLB_FLUSHES) + 1, TLB_FLUSHES)
}
