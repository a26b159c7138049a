/** Translation of one guest-virtual address: TLB, else walk and fill. */
import {
	HART_DATA_REGIME,
	HART_FETCH_REGIME,
	REGIME_BARE,
	TLB_ENTRY_ADDEND,
	TLB_ENTRY_CODE,
	TLB_ENTRY_EXEC_TAG,
	TLB_ENTRY_READ_TAG,
	TLB_ENTRY_WRITE_TAG,
} from '../../../build/hart/offsets'
import {ACCESS_FETCH, ACCESS_LOAD, ACCESS_STORE, accessFault} from './access'
import {PAGE_BYTES, PAGE_MASK, PTE_D} from './architecture'
import {codePage, verifyCodePage} from './code-cache'
import {hart, raise, ramAt, romAt} from './hart'
import {pageOf, walk, walkedGpa, walkedPte, walkedSpan} from './page-walk'
import {MAY_ALL, MAY_WRITE, permitted} from './regimes'
import {entryOf, fill, loadDescriptor, openTable, widenLarge} from './tlb-fill'

/** Where the last translated address lies in shared memory; 0 = it is no memory. */
export let place: u32 = 0
/** Its guest-physical address; only where `place` is 0. */
export let gpa: u64 = 0

/**
 * Sets `place` and `gpa`.
 * @param access ACCESS_LOAD or ACCESS_STORE. @returns 1, or 0 with the exception raised.
 */
export function translate(gva: u64, access: u32): i32 {
	const regime = load<u32>(hart, HART_DATA_REGIME)
	const descriptor = loadDescriptor(regime)
	const page = pageOf(gva)
	// Misaligned accesses come here although their page is in the table.
	const entry = entryOf(descriptor, page)
	const tag = access == ACCESS_LOAD ? load<u64>(entry, TLB_ENTRY_READ_TAG) : load<u64>(entry, TLB_ENTRY_WRITE_TAG)
	if (tag == page) {
		place = <u32>gva + load<u32>(entry, TLB_ENTRY_ADDEND)
		return 1
	}
	const may = locate(gva, access, regime, descriptor)
	if (may == 0) return 0
	if (place != 0) fill(descriptor, page, place - <u32>(gva & PAGE_MASK), may, 0)
	return 1
}

/** @returns the code page of gva's page, or 0 with the exception raised. */
export function fetch(gva: u64): u32 {
	const regime = load<u32>(hart, HART_FETCH_REGIME)
	const descriptor = loadDescriptor(regime)
	const page = pageOf(gva)
	const entry = entryOf(descriptor, page)
	if (load<u64>(entry, TLB_ENTRY_EXEC_TAG) == page) return verifyCodePage(load<u32>(entry, TLB_ENTRY_CODE))
	const may = locate(gva, ACCESS_FETCH, regime, descriptor)
	if (may == 0) return 0
	if (place == 0) {
		raise(accessFault(ACCESS_FETCH), gva)
		return 0
	}
	const physicalPage = place - <u32>(gva & PAGE_MASK)
	// May flush when the cache is full; the fill then goes to the retired table, which costs a second miss and no more.
	const code = codePage(physicalPage)
	fill(descriptor, page, physicalPage, may, code)
	return code
}

/** Sets `place` and `gpa`. @returns what the page permits (MAY_ bits), or 0 with the exception raised. */
function locate(gva: u64, access: u32, regime: u32, descriptor: u32): u32 {
	openTable(descriptor)
	let may = MAY_ALL
	gpa = gva
	if (regime != REGIME_BARE) {
		const cause = walk(gva, access, regime)
		if (cause != 0) {
			raise(cause, gva)
			return 0
		}
		gpa = walkedGpa
		may = permitted(walkedPte, regime)
		// A page that is not dirty gets no write entry: the first store has to come here to set D.
		if (!(walkedPte & PTE_D)) may &= ~MAY_WRITE
	}
	place = ramAt(gpa)
	if (place == 0) {
		place = romAt(gpa)
		if (place != 0 && access == ACCESS_STORE) {
			raise(accessFault(access), gva)
			return 0
		}
		may &= ~MAY_WRITE
	}
	// A device's page gets no entry, so its superpage need not be found.
	if (place != 0 && regime != REGIME_BARE && walkedSpan != PAGE_BYTES) {
		widenLarge(descriptor, gva & ~(walkedSpan - 1), walkedSpan)
	}
	return may
}
