/**
 * Superpages in one TLB table, Svnapot's 64 KiB among them: their pages are filled as entries of 4 KiB, and a fence of any
 * address in one concerns all of these. So the table's trailer names the superpages that were filled, each at the place
 * that its address and size lead to. Of two that share a place the second is not named; a bit says that there are such, and
 * a fence then takes any address that leads there for one of theirs. That costs entries, never a stale one.
 *
 * Plain accesses: only the owner reads and writes entries and trailer of a table until it is retired.
 */
import {
	LARGE_PAGE_COUNT,
	LARGE_PAGE_SHIFT,
	NEVER_TAG,
	PAGE_MASK,
	PAGE_SHIFT,
	SUPERPAGE_COUNT,
	TLB_ENTRY_EXEC_TAG,
	TLB_ENTRY_READ_TAG,
	TLB_ENTRY_SIZE,
	TLB_LARGE_PAGE_BASE,
	TLB_LARGE_PAGE_MAY,
	TLB_LARGE_PAGE_SIZE,
	TLB_TRAILER_LARGE_PAGES,
	TLB_TRAILER_LOG,
	TLB_TRAILER_LOGGED,
	TLB_TRAILER_SUPERPAGE_SIZES,
	TLB_TRAILER_SUPERPAGES,
	TLB_TRAILER_SUPERPAGES_UNNAMED,
} from '../../../build/hart/offsets'
import {entriesOf, entryOf, hasPoison, hasWholeLog, invalidateEntry, tableOf, trailerOf} from './table'

/** Entries that a fence of a superpage looks at, at most; emptying the table by the flush policy is cheaper then. */
const MOST_VISITED: u32 = 1024
/** 2^64 divided by the golden ratio: multiples of it spread evenly. */
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15
const PLACE_BITS: u64 = ctz<u32>(SUPERPAGE_COUNT)

/** Before its first piece is filled. @param gva any in it. @param span bytes, a power of two. */
export function noteSuperpage(descriptor: u32, gva: u64, span: u64): void {
	const trailer = trailerOf(descriptor)
	const log2 = <u32>ctz(span)
	const base = gva & ~(span - 1)
	const name = nameOf(base, log2)
	const place = placeOf(base, log2)
	const named = load<u64>(trailer + (place << 3), TLB_TRAILER_SUPERPAGES)
	if (named == name) return
	noteSize(descriptor, log2)
	if (named == 0) store<u64>(trailer + (place << 3), name, TLB_TRAILER_SUPERPAGES)
	else store<u64>(trailer, unnamed(trailer) | ((<u64>1) << place), TLB_TRAILER_SUPERPAGES_UNNAMED)
}

/** Notes that there may be superpages of a size, or large pages. */
export function noteSize(descriptor: u32, log2: u32): void {
	const trailer = trailerOf(descriptor)
	store<u64>(trailer, load<u64>(trailer, TLB_TRAILER_SUPERPAGE_SIZES) | ((<u64>1) << log2), TLB_TRAILER_SUPERPAGE_SIZES)
}

/**
 * Invalidates all pieces of the superpages that some pages may belong to; not what translated code keeps.
 * @param first gva, page-aligned.
 * @returns false if the whole table has to be emptied, and was not.
 */
export function forgetSuperpages(descriptor: u32, first: u64, pages: u32, tagBias: u32, indexHash: u32): bool {
	const trailer = trailerOf(descriptor)
	for (let sizes = load<u64>(trailer, TLB_TRAILER_SUPERPAGE_SIZES); sizes != 0; sizes &= sizes - 1) {
		const log2 = <u32>ctz(sizes)
		const offset = first & (((<u64>1) << log2) - 1)
		const more = (offset + ((<u64>(pages - 1)) << PAGE_SHIFT)) >> log2
		for (let index: u64 = 0; index <= more; index++) {
			const base = first - offset + (index << log2)
			if (takeName(trailer, base, log2) && !invalidateSpan(descriptor, base, log2, tagBias, indexHash)) return false
		}
	}
	return true
}

/** @returns whether the superpage may have been filled. It is named no more: its pieces are about to go. */
function takeName(trailer: u32, base: u64, log2: u32): bool {
	const place = placeOf(base, log2)
	if (load<u64>(trailer + (place << 3), TLB_TRAILER_SUPERPAGES) != nameOf(base, log2))
		return ((unnamed(trailer) >> place) & 1) != 0
	store<u64>(trailer + (place << 3), 0, TLB_TRAILER_SUPERPAGES)
	return true
}

/** Of the slots that may hold the superpage's pages, and those that the log names, visits the fewer. @returns as above. */
function invalidateSpan(descriptor: u32, base: u64, log2: u32, tagBias: u32, indexHash: u32): bool {
	const table = tableOf(descriptor)
	const trailer = trailerOf(descriptor)
	const span = ((<u64>1) << log2) - 1
	const entries = entriesOf(descriptor)
	const pages = span >> PAGE_SHIFT
	const slots = pages < entries ? <u32>pages + 1 : entries
	const logged = load<u32>(trailer, TLB_TRAILER_LOGGED)
	const byLog = hasWholeLog(descriptor) && logged < slots
	if (!byLog && slots > MOST_VISITED) return false
	dropLargePages(trailer, base, span)
	// Its zero tag is page 0's, and no log names it.
	if (hasPoison(tagBias)) invalidateInside(table, base, span)
	if (byLog) {
		for (let index: u32 = 0; index < logged; index++) {
			invalidateFilled(table + <u32>load<u16>(trailer + (index << 1), TLB_TRAILER_LOG) * TLB_ENTRY_SIZE, base, span)
		}
	} else {
		// An index that is hashed permutes the slots of 2 MiB among themselves; a larger superpage takes all slots.
		const start = table + ((entryOf(descriptor, base, indexHash) - table) & ~(slots * TLB_ENTRY_SIZE - 1))
		for (let slot: u32 = 0; slot < slots; slot++) invalidateFilled(start + slot * TLB_ENTRY_SIZE, base, span)
	}
	return true
}

/** A zeroed entry stays so: the log names entries that are not. */
function invalidateFilled(entry: u32, base: u64, span: u64): void {
	if (load<u64>(entry, TLB_ENTRY_READ_TAG) != 0) invalidateInside(entry, base, span)
}

function invalidateInside(entry: u32, base: u64, span: u64): void {
	const read = load<u64>(entry, TLB_ENTRY_READ_TAG)
	// A page that cannot be read cannot be written.
	const tag = read != NEVER_TAG ? read : load<u64>(entry, TLB_ENTRY_EXEC_TAG)
	if (tag != NEVER_TAG && (tag & ~PAGE_MASK) - base <= span) invalidateEntry(entry)
}

function dropLargePages(trailer: u32, base: u64, span: u64): void {
	if (span < ((<u64>1) << LARGE_PAGE_SHIFT) - 1) return
	for (let index: u32 = 0; index < LARGE_PAGE_COUNT; index++) {
		const large = trailer + TLB_TRAILER_LARGE_PAGES + index * TLB_LARGE_PAGE_SIZE
		// The generation in it is less than a page.
		if (load<u64>(large, TLB_LARGE_PAGE_BASE) - base <= span) store<u32>(large, 0, TLB_LARGE_PAGE_MAY)
	}
}

function unnamed(trailer: u32): u64 {
	return load<u64>(trailer, TLB_TRAILER_SUPERPAGES_UNNAMED)
}

/** @param log2 of the superpage's bytes. @returns its name, never 0. */
function nameOf(base: u64, log2: u32): u64 {
	return base | log2
}

/** Those that follow each other lie in different places mostly, and so do those at round addresses. */
function placeOf(base: u64, log2: u32): u32 {
	return <u32>((((base >> log2) + log2) * GOLDEN) >> (64 - PLACE_BITS))
}
