/** Filling the TLB: always the table whose descriptor was loaded before the page walk. */
import {
	EMPTYING_CLEAR_ATOMICALLY,
	FAULT_FILL_NEW_TABLE,
	FAULTS,
	GENERATION_MASK,
	LARGE_PAGE_COUNT,
	LARGE_PAGE_SHIFT,
	LOG_CAPACITY,
	NEVER_TAG,
	POINT_FILL,
	RUN_DATA_REGIME,
	RUN_FETCH_REGIME,
	TLB_ENTRY_ADDEND,
	TLB_ENTRY_CODE,
	TLB_ENTRY_EXEC_TAG,
	TLB_ENTRY_READ_TAG,
	TLB_ENTRY_SIZE,
	TLB_ENTRY_WRITE_TAG,
	TLB_FILLS,
	TLB_LARGE_PAGE_ADDEND,
	TLB_LARGE_PAGE_BASE,
	TLB_LARGE_PAGE_MAY,
	TLB_LARGE_PAGE_SIZE,
	TLB_TRAILER_LARGE_PAGES,
	TLB_TRAILER_LOG,
	TLB_TRAILER_LOGGED,
	TRACKED_BIT,
} from '../../../build/hart/offsets'
import {passTurn} from '../../tlb/core/env'
import {brokenRule} from '../../tlb/core/faults'
import {noteMiss, shadowOf} from '../../tlb/core/shadow'
import {noteFill} from '../../tlb/core/sizing'
import {noteSize} from '../../tlb/core/superpages'
import {
	clearingsAfterFill,
	clearingsOf,
	entryOf,
	hasGenerations,
	hasPoison,
	invalidateEntry,
	isDisplaced,
	isUsed,
	tableOf,
	tagIn,
	trailerOf,
} from '../../tlb/core/table'
import {changesSizes, descriptorOf, emptyingOf, indexHashOf, keepsVictims, tagBiasOf} from '../../tlb/core/vcpu-tables'
import {keepVictim} from '../../tlb/core/victims'
import {findCodePage, isStale} from './code-cache'
import {announceWriter, guestPageOf, lifeOf, pageStart} from './guest-pages'
import {hart} from './hart'
import {MAY_EXECUTE, MAY_READ, MAY_WRITE} from './regimes'

/** Whether the last fill gave the page a write entry that accesses match. */
export let writeIsFast: bool = false

/** How often other threads had cleared the table before the last walk. */
let clearingsSeen: u32 = 0

/** After openTable(), before the walk. */
export function noteClearings(descriptor: u32): void {
	clearingsSeen = clearingsOf(descriptor)
}

/**
 * Announces a write entry, unless the page holds code that stores must not change unnoticed.
 * @param place of the page in shared memory. @returns whether the entry may be made.
 */
export function mayWriteFast(place: u32): bool {
	const page = guestPageOf(place)
	if (page == 0) return true
	if (!announceWriter(page)) return false
	// Once given up as code, it may be so since a moment ago, and this hart may not have been told.
	const life = lifeOf(page)
	if (life == 0) return true
	const code = findCodePage(pageStart(place))
	return (life & 1) == 0 && (code == 0 || !isStale(code))
}

/** @returns the descriptor of this vCPU's table for the regime. */
export function loadDescriptor(regime: u32): u32 {
	return descriptorOf(hart, regime)
}

/** @returns the page's tag in the table. */
export function tagOf(descriptor: u32, page: u64): u64 {
	return tagIn(descriptor, page, tagBiasOf(hart))
}

/** @returns the place of the page's entry. @param page gva, page-aligned. */
export function entryFor(descriptor: u32, page: u64): u32 {
	return entryOf(descriptor, page, indexHashOf(hart))
}

/**
 * Plain accesses throughout: only the owner reads and writes the entries of a table until it is retired, and a retired
 * one is cleared only after this vCPU's next quiescent state.
 * @param page gva, page-aligned. @param place of the page in shared memory.
 * @param may MAY_ bits; MAY_WRITE only if the page is dirty. @param code page or 0.
 */
export function fill(descriptor: u32, page: u64, place: u32, may: u32, code: u32): void {
	if (FAULTS) passTurn(POINT_FILL)
	if (FAULTS && brokenRule == FAULT_FILL_NEW_TABLE) descriptor = descriptorAfterAWhile(code != 0)
	const entry = entryFor(descriptor, page)
	// A filled entry's read tag is not 0, except page 0's in slot 0 of a table with poison.
	const before = load<u64>(entry, TLB_ENTRY_READ_TAG)
	// Where instructions are fetched, the decoder is about to mark code.
	const isFetch = code != 0
	const addend = place - <u32>page
	const tag = tagOf(descriptor, page)
	if (before == 0 || (hasGenerations(descriptor) && !isUsed(before, tag))) logEntry(descriptor, entry)
	if (shadowOf(hart) != 0) {
		const regime = isFetch ? load<u32>(hart, RUN_FETCH_REGIME) : load<u32>(hart, RUN_DATA_REGIME)
		noteMiss(hart, regime, descriptor, page, place)
	}
	if (changesSizes(hart)) noteFill(hart, descriptor, before, tag)
	if (keepsVictims(hart) && isDisplaced(before, tag)) keepVictim(descriptor, entry)
	// A data access has no code page: keep the one that a fetch found for the same translation.
	if (code == 0 && load<u64>(entry, TLB_ENTRY_EXEC_TAG) == tag && load<u32>(entry, TLB_ENTRY_ADDEND) == addend) {
		code = load<u32>(entry, TLB_ENTRY_CODE)
	}
	const executable = code != 0 && may & MAY_EXECUTE
	store<u64>(entry, may & MAY_READ ? tag : <u64>NEVER_TAG, TLB_ENTRY_READ_TAG)
	writeIsFast = (may & MAY_WRITE) != 0 && !isFetch && mayWriteFast(place)
	const writeTag = writeIsFast ? tag : tag | TRACKED_BIT
	store<u64>(entry, may & MAY_WRITE ? writeTag : <u64>NEVER_TAG, TLB_ENTRY_WRITE_TAG)
	store<u64>(entry, executable ? tag : <u64>NEVER_TAG, TLB_ENTRY_EXEC_TAG)
	store<u32>(entry, addend, TLB_ENTRY_ADDEND)
	store<u32>(entry, executable ? code : 0, TLB_ENTRY_CODE)
	store<u64>(hart, load<u64>(hart, TLB_FILLS) + 1, TLB_FILLS)
	if (emptyingOf(hart) == EMPTYING_CLEAR_ATOMICALLY) revokeIfCleared(descriptor, entry)
}

/** Long enough for a fence between the walk and the fill. The loads order nothing; they are not optimized away. */
function descriptorAfterAWhile(isFetch: bool): u32 {
	for (let looks = 0; looks < 3000; looks++) atomic.load<u32>(hart)
	return loadDescriptor(isFetch ? load<u32>(hart, RUN_FETCH_REGIME) : load<u32>(hart, RUN_DATA_REGIME))
}

/** The walk may have come before another thread's change of the page table, and the fill after its clearing. */
function revokeIfCleared(descriptor: u32, entry: u32): void {
	if (clearingsAfterFill(descriptor) == clearingsSeen) return
	invalidateEntry(entry)
	writeIsFast = false
}

/** Logs an entry that comes into use. A poisoned slot 0 is never logged. */
function logEntry(descriptor: u32, entry: u32): void {
	const slot = (entry - tableOf(descriptor)) / TLB_ENTRY_SIZE
	if (slot == 0 && hasPoison(tagBiasOf(hart))) return
	const trailer = trailerOf(descriptor)
	const logged = load<u32>(trailer, TLB_TRAILER_LOGGED)
	if (logged < LOG_CAPACITY) store<u16>(trailer + (logged << 1), <u16>slot, TLB_TRAILER_LOG)
	store<u32>(trailer, logged + 1, TLB_TRAILER_LOGGED)
}

/** @param gva of a megapage. @returns how the table names it: TlbLargePage.base. */
export function largePageName(descriptor: u32, gva: u64): u64 {
	return gva | <u64>(descriptor & GENERATION_MASK)
}

/** @returns the place for gva's megapage. */
export function largePageOf(descriptor: u32, gva: u64): u32 {
	const index = <u32>(gva >> LARGE_PAGE_SHIFT) & (LARGE_PAGE_COUNT - 1)
	return trailerOf(descriptor) + TLB_TRAILER_LARGE_PAGES + index * TLB_LARGE_PAGE_SIZE
}

/**
 * Keeps a megapage that lies entirely in guest RAM. Plain, as fill(); after openTable().
 * @param base gva. @param first its place in shared memory. @param may MAY_ bits.
 */
export function fillLargePage(descriptor: u32, base: u64, first: u32, may: u32): void {
	const large = largePageOf(descriptor, base)
	store<u64>(large, largePageName(descriptor, base), TLB_LARGE_PAGE_BASE)
	store<u32>(large, first - <u32>base, TLB_LARGE_PAGE_ADDEND)
	store<u32>(large, may, TLB_LARGE_PAGE_MAY)
	noteSize(descriptor, LARGE_PAGE_SHIFT)
}
