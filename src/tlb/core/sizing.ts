/**
 * When a table shall have another size. Plain accesses: only the owner reads and writes these words of its tables and of
 * its TlbState, `milliseconds` apart, which its run loop writes.
 */
import {
	ADAPTIVE_LOG2_ENTRIES,
	DISPLACED_COUNT,
	DOORBELL_FLUSH,
	FEWEST_LOG2_ENTRIES,
	MOST_LOG2_ENTRIES,
	PAGE_MASK,
	PAGE_SHIFT,
	RESIZE_BIT,
	RETURNS_TO_GROW,
	SIZING_ADAPTIVE,
	SIZING_FIXED,
	SIZING_QEMU,
	TLB_MILLISECONDS,
	TLB_REQUEST_BITS,
	TLB_SIZING,
	TLB_TRAILER_DISPLACED,
	TLB_TRAILER_RETURNED,
	TLB_TRAILER_USED,
	TLB_WANTED_LOG2,
	TLB_WINDOW_BEGAN,
	TLB_WINDOW_MOST,
	WORDS_DOORBELL,
} from '../../../build/hart/offsets'
import {entriesOf, isDisplaced, isUsed, log2Of, trailerOf} from './table'

/** QEMU's: accel/tcg/cputlb.c, tlb_mmu_resize_locked(). Milliseconds, per cent. */
const WINDOW: u32 = 100
const GROWS_ABOVE: u32 = 70
const SHRINKS_BELOW: u32 = 30
/** A larger table whose flush finds this share of it used, 1 / 2^n, is given back. */
const GIVES_BACK_SHIFT: u32 = 5
const GOLDEN: u32 = 0x9e37_79b1

/** Before the table is emptied. @returns whether the run loop shall replace it by one of the size in `wantedLog2`. */
export function changesSize(block: u32, regime: u32, descriptor: u32): bool {
	const sizing = load<u32>(block, TLB_SIZING)
	if (sizing == SIZING_FIXED) return false
	const used = load<u32>(trailerOf(descriptor), TLB_TRAILER_USED)
	const log2 = log2Of(descriptor)
	let wanted = log2
	if (sizing == SIZING_QEMU) wanted = sizeByWindow(block, regime, used, log2)
	else if (sizing == SIZING_ADAPTIVE && log2 > ADAPTIVE_LOG2_ENTRIES && used >> (log2 - GIVES_BACK_SHIFT) == 0)
		wanted = ADAPTIVE_LOG2_ENTRIES
	if (wanted == log2) return false
	store<u32>(block + (regime << 2), wanted, TLB_WANTED_LOG2)
	return true
}

function sizeByWindow(block: u32, regime: u32, used: u32, log2: u32): u32 {
	const words = block + (regime << 2)
	const now = load<u32>(block, TLB_MILLISECONDS)
	const isOver = now - load<u32>(words, TLB_WINDOW_BEGAN) > WINDOW
	const before = load<u32>(words, TLB_WINDOW_MOST)
	const most = used > before ? used : before
	store<u32>(words, most, TLB_WINDOW_MOST)
	let wanted = log2
	const rate = (most * 100) >> log2
	if (rate > GROWS_ABOVE) wanted = min<u32>(log2 + 1, MOST_LOG2_ENTRIES)
	else if (rate < SHRINKS_BELOW && isOver) wanted = max<u32>(roomFor(most), FEWEST_LOG2_ENTRIES)
	if (wanted != log2 || isOver) {
		store<u32>(words, now, TLB_WINDOW_BEGAN)
		store<u32>(words, wanted != log2 ? 0 : used, TLB_WINDOW_MOST)
	}
	return wanted
}

/** @returns log2 of the least size that so many entries fill up to GROWS_ABOVE. */
function roomFor(entries: u32): u32 {
	const log2 = entries <= 1 ? 0 : 32 - clz<u32>(entries - 1)
	return (entries * 100) >> log2 > GROWS_ABOVE ? log2 + 1 : log2
}

/**
 * Counts what a fill shows of the table. A page that comes back although it was displaced is a conflict: of those of a
 * sample, and as long as the few displaced pages that are remembered include it.
 * @param old the entry's read tag before. @param tag the page's.
 */
export function noteFill(block: u32, descriptor: u32, old: u64, tag: u64): void {
	const trailer = trailerOf(descriptor)
	if (!isUsed(old, tag)) store<u32>(trailer, load<u32>(trailer, TLB_TRAILER_USED) + 1, TLB_TRAILER_USED)
	if (load<u32>(block, TLB_SIZING) != SIZING_ADAPTIVE) return
	// One page in an eighth of the entries: as many samples in any table.
	const mask = (entriesOf(descriptor) >> 3) - 1
	if (isDisplaced(old, tag)) {
		const hash = hashOf(old)
		if ((hash & mask) == 0) store<u16>(placeOf(trailer, hash), nameOf(hash), TLB_TRAILER_DISPLACED)
	}
	const hash = hashOf(tag)
	if ((hash & mask) != 0 || load<u16>(placeOf(trailer, hash), TLB_TRAILER_DISPLACED) != nameOf(hash)) return
	store<u16>(placeOf(trailer, hash), 0, TLB_TRAILER_DISPLACED)
	const returned = load<u32>(trailer, TLB_TRAILER_RETURNED) + 1
	store<u32>(trailer, returned, TLB_TRAILER_RETURNED)
	// Again and again: the table may have been that of a kept space at the safepoint, or its pool without one.
	if ((returned & (RETURNS_TO_GROW - 1)) == 0 && log2Of(descriptor) < MOST_LOG2_ENTRIES) requestGrowth(block)
}

/** The run loop replaces the table at the next safepoint. */
function requestGrowth(block: u32): void {
	// The owner's own request and bell: order nothing.
	atomic.or<u32>(block, RESIZE_BIT, TLB_REQUEST_BITS)
	atomic.or<u32>(block, DOORBELL_FLUSH, WORDS_DOORBELL)
}

function hashOf(tag: u64): u32 {
	const page = <u32>((tag & ~PAGE_MASK) >> PAGE_SHIFT)
	const mixed = page * GOLDEN
	return mixed ^ (mixed >> 15)
}

function placeOf(trailer: u32, hash: u32): u32 {
	return trailer + (((hash >> 24) & (DISPLACED_COUNT - 1)) << 1)
}

/** Never 0. */
function nameOf(hash: u32): u16 {
	return <u16>(hash >> 13) | 1
}
