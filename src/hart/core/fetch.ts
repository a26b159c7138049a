/**
 * Instruction fetch: the code page of an address, from the TLB or by walk and fill. Instructions across two pages, and
 * those in a page that PMP splits, are fetched one by one into the scratch code page.
 */
import {
	CODE_PAGE_SNAPSHOT,
	LAST_PARCEL,
	PAGE_MASK,
	PARCEL_BYTES,
	RUN_FETCH_REGIME,
	TLB_ENTRY_CODE,
	TLB_ENTRY_EXEC_TAG,
} from '../../../build/hart/offsets'
import {isOpen} from '../../tlb/core/table'
import {takeVictim} from '../../tlb/core/victims'
import {ACCESS_FETCH} from './access'
import {codePage, coverBytes, onlyInstruction, verifyCodePage} from './code-cache'
import {hart} from './hart'
import {pageOf} from './page-walk'
import {PMP_SPLIT} from './pmp'
import {entryFor, fill, loadDescriptor, tagOf} from './tlb-fill'
import {locate, place, refuse} from './translation'

/** @returns the code page of gva's page, or 0 with the exception raised. */
export function fetch(gva: u64): u32 {
	const regime = load<u32>(hart, RUN_FETCH_REGIME)
	const descriptor = loadDescriptor(regime)
	const page = pageOf(gva)
	const entry = entryFor(descriptor, page)
	if (load<u64>(entry, TLB_ENTRY_EXEC_TAG) == tagOf(descriptor, page))
		return verifyCodePage(load<u32>(entry, TLB_ENTRY_CODE))
	if (takeVictim(descriptor, entry, tagOf(descriptor, page), TLB_ENTRY_EXEC_TAG))
		return verifyCodePage(load<u32>(entry, TLB_ENTRY_CODE))
	const may = locate(gva, PARCEL_BYTES, ACCESS_FETCH, regime, descriptor)
	if (may == 0) return 0
	if (place == 0) return refuse(gva, ACCESS_FETCH)
	if (may & PMP_SPLIT) return fetchOne(gva, load<u16>(place))
	const physicalPage = place - <u32>(gva & PAGE_MASK)
	// Flushes if the cache is full. After a swap the fill goes to the retired table, which only costs a second miss. A
	// table that was emptied in place must not be filled, since a flusher takes it for empty.
	const code = codePage(physicalPage)
	if (isOpen(descriptor)) fill(descriptor, page, physicalPage, may, code)
	return code
}

/** @returns the two bytes of an instruction at gva, or −1 with the exception raised. Fills no entry. */
export function fetchParcel(gva: u64): i32 {
	const regime = load<u32>(hart, RUN_FETCH_REGIME)
	if (locate(gva, PARCEL_BYTES, ACCESS_FETCH, regime, loadDescriptor(regime)) == 0) return -1
	if (place != 0) return load<u16>(place)
	refuse(gva, ACCESS_FETCH)
	return -1
}

/**
 * @param gva of a 32-bit instruction at page offset 0xffe.
 * @returns the scratch code page, or 0 with the exception raised.
 */
export function fetchAcross(gva: u64): u32 {
	const first = fetch(gva)
	if (first == 0) return 0
	// Before the second fetch, which may reset the cache.
	coverBytes(first, LAST_PARCEL, PARCEL_BYTES)
	const low = load<u16>(first + LAST_PARCEL, CODE_PAGE_SNAPSHOT)
	return fetchSecond(gva, low)
}

function fetchSecond(gva: u64, low: u32): u32 {
	const second = fetch(gva + 2)
	if (second == 0) return 0
	coverBytes(second, 0, PARCEL_BYTES)
	// The first halfword of the page, also if that is the scratch page.
	return onlyInstruction(LAST_PARCEL, low | ((<u32>load<u16>(second, CODE_PAGE_SNAPSHOT)) << 16))
}

/**
 * One instruction of a page that PMP splits.
 * @param low its first halfword, which may be fetched. @returns the scratch code page, or 0 with the exception raised.
 */
export function fetchOne(gva: u64, low: u32): u32 {
	const offset = <u32>(gva & PAGE_MASK)
	if ((low & 3) != 3) return onlyInstruction(offset, low)
	if (offset == LAST_PARCEL) return fetchSecond(gva, low)
	const high = fetchParcel(gva + 2)
	return high < 0 ? 0 : onlyInstruction(offset, low | (high << 16))
}
