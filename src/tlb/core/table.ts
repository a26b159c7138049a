/**
 * One TLB table: what may be done to its bytes, given its descriptor. The layout is declared in src/tlb/tlb-layout.ts.
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
	TLB_TRAILER_LOG,
	TLB_TRAILER_LOGGED,
} from '../../../build/hart/offsets'

export function tableOf(descriptor: u32): u32 {
	return descriptor & ~DESCRIPTOR_LOG2_MASK
}

export function trailerOf(descriptor: u32): u32 {
	return tableOf(descriptor) + (TLB_ENTRY_SIZE << (descriptor & DESCRIPTOR_LOG2_MASK))
}

/** @param page gva, page-aligned. */
export function entryOf(descriptor: u32, page: u64): u32 {
	const entries: u32 = 1 << (descriptor & DESCRIPTOR_LOG2_MASK)
	return tableOf(descriptor) + (<u32>(page >> PAGE_SHIFT) & (entries - 1)) * TLB_ENTRY_SIZE
}

/** Whether an empty table's slot 0 is not zero, since page 0's tag is. */
export function hasPoison(tagBias: u32): bool {
	return tagBias == 0
}

/** Announces a fill of this table; before the walk. */
export function openTable(descriptor: u32): void {
	const trailer = trailerOf(descriptor)
	// Plain read: only the owner sets the word. Atomic store: ordered before the walk's PTE loads, and pairs with the
	// flusher that reads it after the guest changed a PTE: one of the two sees the other.
	if (load<i32>(trailer, TLB_TRAILER_FILLED) == 0) atomic.store<i32>(trailer, 1, TLB_TRAILER_FILLED)
}

/** Whether a fill of this table is announced still: false once it was emptied in place. Plain: only the owner sets the word. */
export function isOpen(descriptor: u32): bool {
	return load<i32>(trailerOf(descriptor), TLB_TRAILER_FILLED) != 0
}

/** Whether the log names all entries to zero, and they are at most `limit`. Plain: the caller alone has the table's entries. */
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

/** The same as clearTable(), entry by entry, where isUndoable(). Plain, as there. */
export function undoTable(descriptor: u32, tagBias: u32): void {
	const table = tableOf(descriptor)
	const trailer = trailerOf(descriptor)
	const logged = load<u32>(trailer, TLB_TRAILER_LOGGED)
	for (let index: u32 = 0; index < logged; index++) {
		writeEntry(table + <u32>load<u16>(trailer + (index << 1), TLB_TRAILER_LOG) * TLB_ENTRY_SIZE, 0)
	}
	poisonSlotZero(descriptor, tagBias)
	// Large pages lie inside [largeFirst, largeLast]: where that is empty, none is kept.
	resetTrailer(descriptor, load<u64>(trailer, TLB_TRAILER_LARGE_LAST) != 0 ? TLB_TRAILER_LOG : TLB_TRAILER_LARGE_PAGES)
}

/** Empties a table the quicker way. Plain, as clearTable(). */
export function emptyTable(descriptor: u32, tagBias: u32): void {
	if (isUndoable(descriptor, LOG_CAPACITY)) undoTable(descriptor, tagBias)
	else clearTable(descriptor, tagBias)
}

/**
 * Makes slot 0 of a table match nothing, where its zeroes would match page 0; the other slots do not match while they are
 * zero. Slot 0 is then not in the log. Plain: nobody else can find the table yet, or the caller owns it; publishing orders these.
 */
export function poisonSlotZero(descriptor: u32, tagBias: u32): void {
	if (hasPoison(tagBias)) writeEntry(tableOf(descriptor), NEVER_TAG)
}

/** @param end offset in the trailer. The log stays in any case: nobody reads it behind `logged`. */
function resetTrailer(descriptor: u32, end: u32): void {
	const trailer = trailerOf(descriptor)
	memory.fill(trailer + TLB_TRAILER_LOGGED, 0, end - TLB_TRAILER_LOGGED)
	// The entries are ordered before: a flusher that reads 0 (isFilled() in src/tlb/table.ts) takes the table for empty, and
	// it is; what is filled next is announced by openTable() first, and walked after that.
	atomic.store<i32>(trailer, 0, TLB_TRAILER_FILLED)
}

/** Invalidates a page's entry. Owner only, thus plain. @param page gva, page-aligned. */
export function invalidatePage(descriptor: u32, page: u64, tagBias: u32): void {
	// Last pages outlive their entries: one may be this page though its entry is another's by now. All are dropped.
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
