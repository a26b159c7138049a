/**
 * Flushes of this vCPU's own tables as far as they need no other table: what is empty stays, what has few entries is emptied by its
 * log, a page is invalidated in place. All else is the run loop's (src/tlb/tlb.ts), which does these things in the same way.
 *
 * Plain accesses to entries and trailers, as in fill(): where another thread swaps the table away meanwhile, it is this vCPU's
 * nevertheless until the next quiescent state, and nobody minds that it is empty by then.
 */
import {
	FLUSH_CAUSE_SFENCE_PAGE,
	LAST_PAGE_COUNT,
	NEVER_TAG,
	PAGE_SHIFT,
	REGIME_COUNT,
	REGIME_SUPERVISOR,
	TLB_ELIDED,
	TLB_ENTRY_ADDEND,
	TLB_ENTRY_EXEC_TAG,
	TLB_ENTRY_READ_TAG,
	TLB_ENTRY_SIZE,
	TLB_ENTRY_WRITE_TAG,
	TLB_FLUSHES,
	TLB_LAST_PAGE_SIZE,
	TLB_PAGE_FLUSHES,
	TLB_TRAILER_FILLED,
	TLB_TRAILER_LARGE_FIRST,
	TLB_TRAILER_LARGE_LAST,
	TLB_TRAILER_LARGE_PAGES,
	TLB_TRAILER_LAST_PAGES,
	TLB_TRAILER_LOG,
	TLB_TRAILER_LOGGED,
	TLB_UNDONE,
	TLB_UNDO_LIMIT,
} from '../../../build/hart/offsets'
import {tlbFlush} from './env'
import {hart} from './hart'
import {pageOf} from './page-walk'
import {entryOf, hasPoison, isOpen, loadDescriptor, tableOf, tagOf, trailerOf} from './tlb-fill'

/** Empties the tables of the regimes that translate. @param cause one that leaves the others as they are. */
export function flushTranslations(cause: u32): void {
	for (let regime = REGIME_SUPERVISOR; regime < REGIME_COUNT; regime++) {
		if (!isUndoable(loadDescriptor(regime))) {
			tlbFlush(cause, 0, 0)
			return
		}
	}
	countCause(cause)
	let undone: u32 = 0
	for (let regime = REGIME_SUPERVISOR; regime < REGIME_COUNT; regime++) {
		// Anew: another thread may have swapped the table, and the new one is empty.
		const descriptor = loadDescriptor(regime)
		if (!isOpen(descriptor)) continue
		undoTable(descriptor)
		undone++
	}
	store<u32>(hart, load<u32>(hart, TLB_UNDONE) + undone, TLB_UNDONE)
	// Atomic, since those who flush from outside count here too; orders nothing.
	atomic.add<u32>(hart, REGIME_COUNT - REGIME_SUPERVISOR - undone, TLB_ELIDED)
}

/** Forgets the page of gva, in the regimes that translate. */
export function flushPage(gva: u64): void {
	const page = pageOf(gva)
	for (let regime = REGIME_SUPERVISOR; regime < REGIME_COUNT; regime++) {
		const descriptor = loadDescriptor(regime)
		if (isOpen(descriptor) && isInsideLargePages(descriptor, page) && !isUndoable(descriptor)) {
			const number = page >> PAGE_SHIFT
			tlbFlush(FLUSH_CAUSE_SFENCE_PAGE, <i32>number, <i32>(number >> 32))
			return
		}
	}
	countCause(FLUSH_CAUSE_SFENCE_PAGE)
	store<u32>(hart, load<u32>(hart, TLB_PAGE_FLUSHES) + 1, TLB_PAGE_FLUSHES)
	for (let regime = REGIME_SUPERVISOR; regime < REGIME_COUNT; regime++) {
		const descriptor = loadDescriptor(regime)
		if (!isOpen(descriptor)) continue
		if (!isInsideLargePages(descriptor, page)) {
			invalidatePage(descriptor, page)
			continue
		}
		undoTable(descriptor)
		store<u32>(hart, load<u32>(hart, TLB_UNDONE) + 1, TLB_UNDONE)
	}
}

/** Whether the table is empty, or has so few entries that its log is the way to empty it. With a limit of -1 none is. */
function isUndoable(descriptor: u32): bool {
	return load<i32>(trailerOf(descriptor), TLB_TRAILER_LOGGED) <= load<i32>(hart, TLB_UNDO_LIMIT)
}

/**
 * Zeroes the entries that the log names, and the trailer but for the log. Where isUndoable(), of a regime that translates: there
 * megapages are kept inside the range of large pages only.
 */
function undoTable(descriptor: u32): void {
	const table = tableOf(descriptor)
	const trailer = trailerOf(descriptor)
	const logged = load<u32>(trailer, TLB_TRAILER_LOGGED)
	for (let index: u32 = 0; index < logged; index++) {
		writeEntry(table + <u32>load<u16>(trailer + (index << 1), TLB_TRAILER_LOG) * TLB_ENTRY_SIZE, 0)
	}
	// Slot 0 may match nothing, and is not in the log.
	if (hasPoison()) writeEntry(table, NEVER_TAG)
	const end = load<u64>(trailer, TLB_TRAILER_LARGE_LAST) != 0 ? TLB_TRAILER_LOG : TLB_TRAILER_LARGE_PAGES
	memory.fill(trailer + TLB_TRAILER_LOGGED, 0, end - TLB_TRAILER_LOGGED)
	// The entries are ordered before: a flusher that reads 0 takes the table for empty, and it is; what is filled next is
	// announced by openTable() first, and walked after that.
	atomic.store<i32>(trailer, 0, TLB_TRAILER_FILLED)
}

function invalidatePage(descriptor: u32, page: u64): void {
	// Last pages outlive their entries: one may be this page though its entry is another's by now. All are dropped.
	memory.fill(trailerOf(descriptor) + TLB_TRAILER_LAST_PAGES, 0, LAST_PAGE_COUNT * TLB_LAST_PAGE_SIZE)
	const entry = entryOf(descriptor, page)
	const tag = tagOf(page)
	if (
		load<u64>(entry, TLB_ENTRY_READ_TAG) == tag ||
		load<u64>(entry, TLB_ENTRY_WRITE_TAG) == tag ||
		load<u64>(entry, TLB_ENTRY_EXEC_TAG) == tag
	) {
		writeEntry(entry, NEVER_TAG)
	}
}

/** @param tag of all three kinds. */
function writeEntry(entry: u32, tag: u64): void {
	store<u64>(entry, tag, TLB_ENTRY_READ_TAG)
	store<u64>(entry, tag, TLB_ENTRY_WRITE_TAG)
	store<u64>(entry, tag, TLB_ENTRY_EXEC_TAG)
	// And `code`, which follows.
	store<u64>(entry, 0, TLB_ENTRY_ADDEND)
}

/** Whether the page may have been filled as a piece of a superpage. */
function isInsideLargePages(descriptor: u32, page: u64): bool {
	const trailer = trailerOf(descriptor)
	const last = load<u64>(trailer, TLB_TRAILER_LARGE_LAST)
	return last != 0 && page >= load<u64>(trailer, TLB_TRAILER_LARGE_FIRST) && page <= last
}

/** Plain: of these causes only the owner counts. */
function countCause(cause: u32): void {
	const counter = hart + (cause << 2)
	store<u32>(counter, load<u32>(counter, TLB_FLUSHES) + 1, TLB_FLUSHES)
}
