/**
 * Operations on the bytes of one TLB table, given its descriptor. src/tlb/tlb-layout.ts declares the layout.
 *
 * `tagBias` is that of the machine's encoding (src/tlb/tag-encoding.ts).
 */
import {
	DESCRIPTOR_LOG2_MASK,
	LAST_PAGE_COUNT,
	LOG_CAPACITY,
	NEVER_TAG,
	PAGE_SHIFT,
	TLB_ENTRY_ADDEND,
	TLB_ENTRY_EXEC_TAG,
	TLB_ENTRY_READ_TAG,
	TLB_ENTRY_SIZE,
	TLB_ENTRY_WRITE_TAG,
	TLB_LAST_PAGE_SIZE,
	TLB_TRAILER_FILLED,
	TLB_TRAILER_LARGE_FIRST,
	TLB_TRAILER_LARGE_LAST,
	TLB_TRAILER_LARGE_PAGES,
	TLB_TRAILER_LAST_PAGES,
	TLB_TRAILER_LOCAL,
	TLB_TRAILER_LOG,
	TLB_TRAILER_LOGGED,
} from '../../../build/hart/offsets'

export function tableOf(descriptor: u32): u32 {
	return descriptor & ~DESCRIPTOR_LOG2_MASK
}

export function trailerOf(descriptor: u32): u32 {
	return tableOf(descriptor) + (TLB_ENTRY_SIZE << (descriptor & DESCRIPTOR_LOG2_MASK))
}

export function entriesOf(descriptor: u32): u32 {
	return 1 << (descriptor & DESCRIPTOR_LOG2_MASK)
}

/** @param page gva, page-aligned. */
export function entryOf(descriptor: u32, page: u64): u32 {
	return tableOf(descriptor) + (<u32>(page >> PAGE_SHIFT) & (entriesOf(descriptor) - 1)) * TLB_ENTRY_SIZE
}

/** Whether slot 0 of an empty table is poisoned, because page 0's tag is zero. */
export function hasPoison(tagBias: u32): bool {
	return tagBias == 0
}

/** Announces a fill of this table, before the walk. */
export function openTable(descriptor: u32): void {
	const trailer = trailerOf(descriptor)
	// Plain read: only the owner sets the word. Atomic store: ordered before the walk's PTE loads. Pairs with isFilled()
	// in src/tlb/table.ts, which a flusher calls after the guest changed a PTE: one of the two sees the other.
	if (load<i32>(trailer, TLB_TRAILER_FILLED) == 0) atomic.store<i32>(trailer, 1, TLB_TRAILER_FILLED)
}

/**
 * Whether a fill is still announced: false once the table was emptied in place. Plain: only the owner sets the word.
 */
export function isOpen(descriptor: u32): bool {
	return load<i32>(trailerOf(descriptor), TLB_TRAILER_FILLED) != 0
}

/** Notes that a page without PTE.G is about to be filled. Plain, as holdsLocalPages(): only the owner uses the word. */
export function noteLocalPage(descriptor: u32): void {
	store<i32>(trailerOf(descriptor), 1, TLB_TRAILER_LOCAL)
}

/** Whether a page without PTE.G may have been filled since the table was empty. */
export function holdsLocalPages(descriptor: u32): bool {
	return load<i32>(trailerOf(descriptor), TLB_TRAILER_LOCAL) != 0
}

/** Whether the log names every nonzero entry, and there are at most `limit`. Plain: only the caller uses the table. */
export function isUndoable(descriptor: u32, limit: i32): bool {
	return load<i32>(trailerOf(descriptor), TLB_TRAILER_LOGGED) <= limit
}

/** Zeroes entries and trailer. Plain: the caller is the only thread that reads or writes the entries. */
export function clearTable(descriptor: u32, tagBias: u32): void {
	const table = tableOf(descriptor)
	memory.fill(table, 0, trailerOf(descriptor) - table)
	poisonSlotZero(descriptor, tagBias)
	resetTrailer(descriptor, TLB_TRAILER_LOG)
}

/** The same as clearTable(), by the log; only if isUndoable(). Plain, as there. */
export function undoTable(descriptor: u32, tagBias: u32): void {
	const table = tableOf(descriptor)
	const trailer = trailerOf(descriptor)
	const logged = load<u32>(trailer, TLB_TRAILER_LOGGED)
	for (let index: u32 = 0; index < logged; index++) {
		writeEntry(table + <u32>load<u16>(trailer + (index << 1), TLB_TRAILER_LOG) * TLB_ENTRY_SIZE, 0)
	}
	poisonSlotZero(descriptor, tagBias)
	// Large pages lie inside [largeFirst, largeLast]: if that is empty, there are none.
	resetTrailer(descriptor, load<u64>(trailer, TLB_TRAILER_LARGE_LAST) != 0 ? TLB_TRAILER_LOG : TLB_TRAILER_LARGE_PAGES)
}

/** Empties a table the quicker way. Plain, as clearTable(). */
export function emptyTable(descriptor: u32, tagBias: u32): void {
	if (isUndoable(descriptor, LOG_CAPACITY)) undoTable(descriptor, tagBias)
	else clearTable(descriptor, tagBias)
}

/**
 * Makes slot 0 match nothing, if its zeroes would match page 0; zeroes in other slots match nothing. A poisoned slot 0
 * is never logged. Plain: no other thread can find the table yet, or the caller owns it; publishing orders these
 * stores.
 */
export function poisonSlotZero(descriptor: u32, tagBias: u32): void {
	if (hasPoison(tagBias)) writeEntry(tableOf(descriptor), NEVER_TAG)
}

/** @param end offset in the trailer. The log itself stays: it is read only up to `logged`. */
function resetTrailer(descriptor: u32, end: u32): void {
	const trailer = trailerOf(descriptor)
	memory.fill(trailer + TLB_TRAILER_LOCAL, 0, end - TLB_TRAILER_LOCAL)
	// Ordered after the stores to the entries. Pairs with isFilled() in src/tlb/table.ts: a flusher that reads 0 takes
	// the table for empty, and it is. openTable() announces the next fill before its walk.
	atomic.store<i32>(trailer, 0, TLB_TRAILER_FILLED)
}

/** Invalidates a page's entry. Owner only, thus plain. @param page gva, page-aligned. */
export function invalidatePage(descriptor: u32, page: u64, tagBias: u32): void {
	// Last pages outlive their entries: one may be this page although the entry is another's by now. All are dropped.
	memory.fill(trailerOf(descriptor) + TLB_TRAILER_LAST_PAGES, 0, LAST_PAGE_COUNT * TLB_LAST_PAGE_SIZE)
	const entry = entryOf(descriptor, page)
	const tag = page + <u64>tagBias
	if (
		load<u64>(entry, TLB_ENTRY_READ_TAG) == tag ||
		load<u64>(entry, TLB_ENTRY_WRITE_TAG) == tag ||
		load<u64>(entry, TLB_ENTRY_EXEC_TAG) == tag
	) {
		writeEntry(entry, NEVER_TAG)
	}
}

/** Whether the page may have been filled as a piece of a superpage. Owner only, thus plain. */
export function isInsideLargePages(descriptor: u32, page: u64): bool {
	const trailer = trailerOf(descriptor)
	const last = load<u64>(trailer, TLB_TRAILER_LARGE_LAST)
	return last != 0 && page >= load<u64>(trailer, TLB_TRAILER_LARGE_FIRST) && page <= last
}

/** @param tag of all three kinds. */
function writeEntry(entry: u32, tag: u64): void {
	store<u64>(entry, tag, TLB_ENTRY_READ_TAG)
	store<u64>(entry, tag, TLB_ENTRY_WRITE_TAG)
	store<u64>(entry, tag, TLB_ENTRY_EXEC_TAG)
	// And `code`, which follows.
	store<u64>(entry, 0, TLB_ENTRY_ADDEND)
}
