/**
 * Write entries of pages that hold code: they become tracked entries, which no access matches, in every table that generated code
 * may use. Plain accesses to tables, as in tlb-fill.ts; no region may run meanwhile, since regions keep last pages in locals.
 */
import {
	DESCRIPTOR_LOG2_MASK,
	LAST_PAGE_COUNT,
	LOG_CAPACITY,
	REGIME_COUNT,
	REGIME_SUPERVISOR_SUM,
	RUN_DATA_MASK,
	RUN_DATA_TABLE,
	TLB_ENTRY_ADDEND,
	TLB_ENTRY_SIZE,
	TLB_ENTRY_WRITE_TAG,
	TLB_LAST_PAGE_ADDEND,
	TLB_LAST_PAGE_SIZE,
	TLB_LAST_PAGE_TAG_PLUS_ONE,
	TLB_SPACE_SIZE,
	TLB_TRAILER_LAST_PAGES,
	TLB_TRAILER_LOG,
	TLB_TRAILER_LOGGED,
	TRACKED_BIT,
	VICTIM_COUNT,
} from '../../../build/hart/offsets'
import {descriptorIn, endOfSpaces, firstSpace, isUsed} from '../../tlb/core/spaces'
import {changeWriteTag, hasVictims, isOpen, tableOf, trailerOf} from '../../tlb/core/table'
import {descriptorOf} from '../../tlb/core/vcpu-tables'
import {victimAt} from '../../tlb/core/victims'
import {announceChange, guestPageOf, isCode, noMoreEntries, pageStart} from './guest-pages'
import {hart} from './hart'

/** All pages of code. */
const EVERY_PAGE: u32 = 0

/** Makes this hart's write entries of a page tracked ones. @param physicalPage its place in shared memory. */
export function removeWriteEntries(physicalPage: u32): void {
	visitTables(physicalPage)
	noMoreEntries(guestPageOf(physicalPage))
}

/** After Doorbell.codeMade: the same for all pages of code. What was stored through such an entry nobody has noticed: it is announced. */
export function removeCodeEntries(): void {
	visitTables(EVERY_PAGE)
}

function visitTables(wanted: u32): void {
	// Another hart may have swapped the table away that generated code uses until its slice ends.
	const used = load<u32>(hart, RUN_DATA_TABLE)
	let isOwn = used == 0
	for (let regime: u32 = 0; regime < REGIME_COUNT; regime++) {
		const descriptor = descriptorOf(hart, regime)
		if (tableOf(descriptor) == used) isOwn = true
		if (isOpen(descriptor)) visitTable(descriptor, wanted)
	}
	for (let space = firstSpace(hart); space < endOfSpaces(hart); space += TLB_SPACE_SIZE) {
		if (isUsed(space)) visitSpace(space, wanted)
	}
	if (!isOwn) visitTable(used | ctz(load<u32>(hart, RUN_DATA_MASK) / TLB_ENTRY_SIZE + 1), wanted)
}

function visitSpace(space: u32, wanted: u32): void {
	for (let regime: u32 = REGIME_SUPERVISOR_SUM; regime < REGIME_COUNT; regime++) {
		const descriptor = descriptorIn(space, regime)
		if (isOpen(descriptor)) visitTable(descriptor, wanted)
	}
}

function visitTable(descriptor: u32, wanted: u32): void {
	const table = tableOf(descriptor)
	const trailer = trailerOf(descriptor)
	const logged = load<u32>(trailer, TLB_TRAILER_LOGGED)
	if (logged <= LOG_CAPACITY) {
		// Slot 0 is not always in the log.
		track(table, wanted)
		for (let index: u32 = 0; index < logged; index++) {
			track(table + <u32>load<u16>(trailer + (index << 1), TLB_TRAILER_LOG) * TLB_ENTRY_SIZE, wanted)
		}
	} else {
		const entries: u32 = 1 << (descriptor & DESCRIPTOR_LOG2_MASK)
		for (let index: u32 = 0; index < entries; index++) track(table + index * TLB_ENTRY_SIZE, wanted)
	}
	if (hasVictims(descriptor)) {
		for (let index: u32 = 0; index < VICTIM_COUNT; index++) track(victimAt(trailer, index), wanted)
	}
	// Those of loads go with them.
	for (let index: u32 = 0; index < LAST_PAGE_COUNT; index++) {
		const last = trailer + TLB_TRAILER_LAST_PAGES + index * TLB_LAST_PAGE_SIZE
		const tag = load<u64>(last, TLB_LAST_PAGE_TAG_PLUS_ONE)
		if (tag == 0) continue
		if (isWanted(<u32>(tag - 1) + load<u32>(last, TLB_LAST_PAGE_ADDEND), wanted)) {
			store<u64>(last, 0, TLB_LAST_PAGE_TAG_PLUS_ONE)
		}
	}
}

function track(entry: u32, wanted: u32): void {
	const tag = load<u64>(entry, TLB_ENTRY_WRITE_TAG)
	// Tracked already, or none: NEVER_TAG has the bit, and a zeroed entry leads to no memory.
	if (tag & TRACKED_BIT) return
	const place = pageStart(<u32>tag) + load<u32>(entry, TLB_ENTRY_ADDEND)
	if (!isWanted(place, wanted)) return
	changeWriteTag(entry, tag, tag | TRACKED_BIT)
	if (wanted != EVERY_PAGE) return
	const page = guestPageOf(place)
	// After the stores through the entry.
	announceChange(page)
	noMoreEntries(page)
}

function isWanted(place: u32, wanted: u32): bool {
	if (wanted != EVERY_PAGE) return pageStart(place) == wanted
	const page = guestPageOf(place)
	return page != 0 && isCode(page)
}
