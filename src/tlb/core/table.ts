/**
 * Operations on the bytes of one TLB table, given its descriptor. src/tlb/tlb-layout.ts declares the layout.
 *
 * `tagBias` is that of the machine's encoding (src/tlb/tag-encoding.ts).
 */
import {
	DESCRIPTOR_LOG2_MASK,
	FAULT_SKIP_POISON,
	FAULTS,
	GENERATION_MASK,
	INDEX_FOLD,
	LAST_PAGE_COUNT,
	LOG_CAPACITY,
	NEVER_TAG,
	PAGE_MASK,
	PAGE_SHIFT,
	TLB_ENTRY_ADDEND,
	TLB_ENTRY_EXEC_TAG,
	TLB_ENTRY_READ_TAG,
	TLB_ENTRY_SIZE,
	TLB_ENTRY_WRITE_TAG,
	TLB_LAST_PAGE_SIZE,
	TLB_TRAILER_CLEARINGS,
	TLB_TRAILER_FILLED,
	TLB_TRAILER_LAST_PAGES,
	TLB_TRAILER_LOCAL,
	TLB_TRAILER_LOG,
	TLB_TRAILER_LOGGED,
	TLB_TRAILER_SUPERPAGE_SIZES,
	TLB_TRAILER_SUPERPAGES,
	TLB_TRAILER_VICTIM_NEXT,
	TLB_TRAILER_VICTIMS,
} from '../../../build/hart/offsets'
import {brokenRule} from './faults'

export function tableOf(descriptor: u32): u32 {
	return descriptor & ~(DESCRIPTOR_LOG2_MASK | GENERATION_MASK)
}

/** @param page gva, page-aligned. @returns its tag. */
export function tagIn(descriptor: u32, page: u64, tagBias: u32): u64 {
	return page + <u64>(tagBias + (descriptor & GENERATION_MASK))
}

export function trailerOf(descriptor: u32): u32 {
	return tableOf(descriptor) + (TLB_ENTRY_SIZE << (descriptor & DESCRIPTOR_LOG2_MASK))
}

/** @param page gva, page-aligned. @param indexHash all ones if the index is hashed, else 0. */
export function entryOf(descriptor: u32, page: u64, indexHash: u32): u32 {
	const folded = <u32>(page >> PAGE_SHIFT) ^ (<u32>(page >> (PAGE_SHIFT + INDEX_FOLD)) & indexHash)
	return tableOf(descriptor) + (folded & (entriesOf(descriptor) - 1)) * TLB_ENTRY_SIZE
}

/** @returns how many there are. */
export function entriesOf(descriptor: u32): u32 {
	return 1 << log2Of(descriptor)
}

export function log2Of(descriptor: u32): u32 {
	return descriptor & DESCRIPTOR_LOG2_MASK
}

/** Whether an entry holds a page of the present generation. @param read its read tag. @param tag any page's, for the generation. */
export function isUsed(read: u64, tag: u64): bool {
	return read != 0 && read != NEVER_TAG && ((read ^ tag) & PAGE_MASK) == 0
}

/** Whether a fill of a page displaces another one. @param read, tag of the entry before and after. */
export function isDisplaced(read: u64, tag: u64): bool {
	return read != tag && isUsed(read, tag)
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

/** Whether the log names every entry in use. Plain: only the caller uses the table. */
export function hasWholeLog(descriptor: u32): bool {
	return load<u32>(trailerOf(descriptor), TLB_TRAILER_LOGGED) <= LOG_CAPACITY
}

/** Whether the log names every nonzero entry, and there are at most `limit`. Plain, as above. */
export function isUndoable(descriptor: u32, limit: i32): bool {
	return !hasGenerations(descriptor) && load<i32>(trailerOf(descriptor), TLB_TRAILER_LOGGED) <= limit
}

/** Then there may be entries of earlier ones. */
export function hasGenerations(descriptor: u32): bool {
	return (descriptor & GENERATION_MASK) != 0
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
	resetTrailer(descriptor, endInUse(descriptor))
}

/**
 * The same by atomic stores, by any thread, while the owner may use the table: its fill looks at `clearings` afterwards.
 * The rest of the trailer is the owner's.
 */
export function clearEntries(descriptor: u32, tagBias: u32): void {
	const table = tableOf(descriptor)
	const end = trailerOf(descriptor)
	// Ordered before the stores below. Pairs with clearingsAfterFill(): the owner's fill sees the count, or its entry is cleared.
	atomic.add<u32>(end, 1, TLB_TRAILER_CLEARINGS)
	for (let entry = table; entry < end; entry += TLB_ENTRY_SIZE) {
		const tag: u64 = entry == table && hasPoison(tagBias) ? NEVER_TAG : 0
		// Race with the owner's plain loads and stores of whole tags, which do not tear.
		atomic.store<u64>(entry, tag, TLB_ENTRY_READ_TAG)
		atomic.store<u64>(entry, tag, TLB_ENTRY_WRITE_TAG)
		atomic.store<u64>(entry, tag, TLB_ENTRY_EXEC_TAG)
	}
}

/** How often other threads have cleared the table. Before a walk; pairs with clearEntries(). */
export function clearingsOf(descriptor: u32): u32 {
	return atomic.load<u32>(trailerOf(descriptor), TLB_TRAILER_CLEARINGS)
}

/** After clearEntries() by the owner, or after its generation has ended. Plain, as clearTable(). */
export function closeTable(descriptor: u32): void {
	resetTrailer(descriptor, endInUse(descriptor))
}

/**
 * The same after a fill: a read-modify-write, so that the entry is filled before. Pairs with clearEntries(), which counts
 * before it clears: it clears the entry, or this sees the count.
 */
export function clearingsAfterFill(descriptor: u32): u32 {
	return atomic.add<u32>(trailerOf(descriptor), 0, TLB_TRAILER_CLEARINGS)
}

/** @returns the offset in the trailer behind its last pages and, if there are any, its superpages, large pages and victims. */
function endInUse(descriptor: u32): u32 {
	// Without any, their places are zeroes.
	if (hasVictims(descriptor)) return TLB_TRAILER_LOG
	return hasSuperpages(descriptor) ? TLB_TRAILER_VICTIMS : TLB_TRAILER_SUPERPAGES
}

export function hasVictims(descriptor: u32): bool {
	return load<u32>(trailerOf(descriptor), TLB_TRAILER_VICTIM_NEXT) != 0
}

function hasSuperpages(descriptor: u32): bool {
	return load<u64>(trailerOf(descriptor), TLB_TRAILER_SUPERPAGE_SIZES) != 0
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
	if (FAULTS && brokenRule == FAULT_SKIP_POISON) return
	if (hasPoison(tagBias)) writeEntry(tableOf(descriptor), NEVER_TAG)
}

/** @param end offset in the trailer. The log itself stays: it is read only up to `logged`. */
function resetTrailer(descriptor: u32, end: u32): void {
	const trailer = trailerOf(descriptor)
	memory.fill(trailer + TLB_TRAILER_LOGGED, 0, end - TLB_TRAILER_LOGGED)
	// Ordered after the stores to the entries. Pairs with isFilled() in src/tlb/table.ts: a flusher that reads 0 takes
	// the table for empty, and it is. openTable() announces the next fill before its walk.
	atomic.store<i32>(trailer, 0, TLB_TRAILER_FILLED)
}

/**
 * Drops what translated code keeps of the table: last pages outlive their entries, so that one may be of a page whose
 * entry is another's by now. Owner only, thus plain.
 */
export function dropLastPages(descriptor: u32): void {
	memory.fill(trailerOf(descriptor) + TLB_TRAILER_LAST_PAGES, 0, LAST_PAGE_COUNT * TLB_LAST_PAGE_SIZE)
}

/** Invalidates a page's entry, but not last pages. Owner only, thus plain. @param page, indexHash as for entryOf(). */
export function invalidatePage(descriptor: u32, page: u64, tagBias: u32, indexHash: u32): void {
	const entry = entryOf(descriptor, page, indexHash)
	const tag = tagIn(descriptor, page, tagBias)
	if (
		load<u64>(entry, TLB_ENTRY_READ_TAG) == tag ||
		load<u64>(entry, TLB_ENTRY_WRITE_TAG) == tag ||
		load<u64>(entry, TLB_ENTRY_EXEC_TAG) == tag
	) {
		invalidateEntry(entry)
	}
}

/** Makes an entry match nothing; it stays logged. Owner only, thus plain. */
export function invalidateEntry(entry: u32): void {
	writeEntry(entry, NEVER_TAG)
}

/** @param tag of all three kinds. */
function writeEntry(entry: u32, tag: u64): void {
	store<u64>(entry, tag, TLB_ENTRY_READ_TAG)
	store<u64>(entry, tag, TLB_ENTRY_WRITE_TAG)
	store<u64>(entry, tag, TLB_ENTRY_EXEC_TAG)
	// And `code`, which follows.
	store<u64>(entry, 0, TLB_ENTRY_ADDEND)
}

/** Makes a write tag tracked, or untracked. */
export function changeWriteTag(entry: u32, from: u64, to: u64): void {
	// An exchange: another thread may clear the entry meanwhile, and it must stay cleared. Pairs with clearEntries().
	atomic.cmpxchg<u64>(entry, from, to, TLB_ENTRY_WRITE_TAG)
}
