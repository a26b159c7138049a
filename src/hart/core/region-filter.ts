/**
 * Whether a translated region may begin where an instruction is decoded: a Bloom filter, so that few of them ask the region cache
 * (src/translate/region-cache.ts), which is TypeScript. It holds the places of regions, and how regions of earlier runs begin, whose
 * place is not known. Plain: private to this vCPU.
 */
import {
	CODE_PAGE_PAGE,
	LAST_PARCEL,
	PARCEL_BYTES,
	REGION_FILTER_BYTES,
	REGION_FILTER_SHIFT,
} from '../../../build/hart/offsets'
import {findRegion} from './env'

let filter: u32 = 0

/** @param place of regionFilterBytes zeroes. */
export function attachRegionFilter(place: u32): void {
	filter = place
}

/** @returns the table index of the region that runs at an offset of a code page, or −1. */
export function regionAt(code: u32, offset: u32): i32 {
	const page = load<u32>(code, CODE_PAGE_PAGE)
	// The scratch page.
	if (page == 0) return -1
	if (!has(ofPlace(page, offset)) && !has(ofStart(offset, startAt(page, offset)))) return -1
	return findRegion(code, offset)
}

/** A region begins at this offset of a page. @param page offset in shared memory. */
export function notePlace(page: u32, offset: u32): void {
	add(ofPlace(page, offset))
}

/** A region begins with these bytes at this offset of whichever page. @param start as from startAt(). */
export function noteStart(offset: u32, start: u32): void {
	add(ofStart(offset, start))
}

export function forgetRegionNotes(): void {
	memory.fill(filter, 0, REGION_FILTER_BYTES)
}

/** Four bytes of the page, or the last two. Plain reads of guest code, as in code-cache.ts: who finds a region compares all of it. */
function startAt(page: u32, offset: u32): u32 {
	const first: u32 = load<u16>(page + offset)
	return offset == LAST_PARCEL ? first : first | ((<u32>load<u16>(page + offset + PARCEL_BYTES)) << 16)
}

/** Fibonacci hashing; the second factor is MurmurHash3's. */
function ofPlace(page: u32, offset: u32): u32 {
	return (((page | offset) >>> 1) * 0x9e37_79b1) >>> REGION_FILTER_SHIFT
}

function ofStart(offset: u32, start: u32): u32 {
	return (((start * 0x9e37_79b1) ^ offset) * 0x85eb_ca6b) >>> REGION_FILTER_SHIFT
}

function has(bit: u32): bool {
	return ((load<u8>(filter + (bit >>> 3)) >>> (bit & 7)) & 1) != 0
}

function add(bit: u32): void {
	const place = filter + (bit >>> 3)
	store<u8>(place, load<u8>(place) | ((<u8>1) << (<u8>(bit & 7))))
}
