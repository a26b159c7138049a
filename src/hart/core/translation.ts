/** Translation of one guest-virtual address: the TLB for data accesses, then page walk, PMP and the memory behind. */
import {
	ACTIVITY_PAGE_WALK,
	LARGE_PAGE_SHIFT,
	PAGE_BYTES,
	PAGE_MASK,
	PTE_D,
	REGIME_BARE,
	REGIME_MACHINE,
	RUN_DATA_REGIME,
	TLB_ENTRY_ADDEND,
	TLB_ENTRY_READ_TAG,
	TLB_ENTRY_WRITE_TAG,
	TLB_LARGE_PAGE_ADDEND,
	TLB_LARGE_PAGE_BASE,
	TLB_LARGE_PAGE_MAY,
	TRACKED_BIT,
} from '../../../build/hart/offsets'
import {noteSuperpage} from '../../tlb/core/superpages'
import {changeWriteTag, noteLocalPage, openTable} from '../../tlb/core/table'
import {keepsLargePages} from '../../tlb/core/vcpu-tables'
import {takeVictim} from '../../tlb/core/victims'
import {ACCESS_LOAD, ACCESS_STORE, accessBit, accessFault} from './access'
import {beginActivity, endActivity} from './activity'
import {guestPageOf} from './guest-pages'
import {hart, raise, ramAt, romAt} from './hart'
import {pageOf, walk, walkedGlobal, walkedGpa, walkedPte, walkedSpan} from './page-walk'
import {PMP_SPLIT, pmpAccess, pmpPage, pmpRange} from './pmp'
import {MAY_ALL, MAY_WRITE, permitted} from './regimes'
import {SLOW, slowWork} from './slow'
import {
	entryFor,
	fill,
	fillLargePage,
	largePageName,
	largePageOf,
	loadDescriptor,
	mayWriteFast,
	noteClearings,
	tagOf,
	writeIsFast,
} from './tlb-fill'

const LARGE_PAGE_MASK: u64 = ((<u64>1) << LARGE_PAGE_SHIFT) - 1

/** Offset in shared memory of the last translated address; 0 = it is not memory. */
export let place: u32 = 0
/** For a store: the GuestPage where the page may hold code, so that the store has to be noted (code-stores.ts), or 0. */
export let trackedPage: u32 = 0
/** Its guest-physical address; valid only if `place` is 0. */
export let gpa: u64 = 0

/**
 * Sets `place`, `gpa` and `trackedPage`.
 * @param bytes of the access, all in one page. @param access ACCESS_LOAD or ACCESS_STORE. @returns 1, or 0 with the
 * exception raised.
 */
export function translate(gva: u64, bytes: u32, access: u32): i32 {
	const regime = load<u32>(hart, RUN_DATA_REGIME)
	const descriptor = loadDescriptor(regime)
	const page = pageOf(gva)
	trackedPage = 0
	// Misaligned accesses come here even if their page is in the table.
	const entry = entryFor(descriptor, page)
	const tag = access == ACCESS_LOAD ? load<u64>(entry, TLB_ENTRY_READ_TAG) : load<u64>(entry, TLB_ENTRY_WRITE_TAG)
	const wanted = tagOf(descriptor, page)
	if (tag == wanted) {
		place = <u32>gva + load<u32>(entry, TLB_ENTRY_ADDEND)
		return 1
	}
	if (access == ACCESS_STORE && tag == (wanted | TRACKED_BIT)) {
		place = <u32>gva + load<u32>(entry, TLB_ENTRY_ADDEND)
		if (mayWriteFast(place)) changeWriteTag(entry, tag, wanted)
		else trackedPage = guestPageOf(place)
		return 1
	}
	const kind = access == ACCESS_LOAD ? TLB_ENTRY_READ_TAG : TLB_ENTRY_WRITE_TAG
	if (takeVictim(descriptor, entry, wanted, kind)) {
		place = <u32>gva + load<u32>(entry, TLB_ENTRY_ADDEND)
		return 1
	}
	const large = largePageOf(descriptor, gva)
	const may =
		load<u64>(large, TLB_LARGE_PAGE_BASE) == largePageName(descriptor, gva & ~LARGE_PAGE_MASK)
			? load<u32>(large, TLB_LARGE_PAGE_MAY)
			: 0
	if (may & accessBit(access)) {
		// No openTable(): the large page came from a walk since the table was last empty, which announced it.
		place = <u32>gva + load<u32>(large, TLB_LARGE_PAGE_ADDEND)
		fill(descriptor, page, place - <u32>(gva & PAGE_MASK), may, 0)
		if (access == ACCESS_STORE && !writeIsFast) trackedPage = guestPageOf(place)
		return 1
	}
	const walked = locate(gva, bytes, access, regime, descriptor)
	if (walked == 0) return 0
	if (place == 0) return 1
	const split = (walked & PMP_SPLIT) != 0
	if (!split) fill(descriptor, page, place - <u32>(gva & PAGE_MASK), walked, 0)
	if (access == ACCESS_STORE && (split || !writeIsFast)) trackedPage = guestPageOf(place)
	return 1
}

/** @returns 0, with the access fault raised. */
export function refuse(gva: u64, access: u32): u32 {
	raise(accessFault(access), gva)
	return 0
}

/**
 * Sets `place` and `gpa`.
 * @returns what every byte of the page permits (MAY_ bits); PMP_SPLIT if only this access is known to be permitted, so
 * that the page gets no entry; or 0 with the exception raised.
 */
export function locate(gva: u64, bytes: u32, access: u32, regime: u32, descriptor: u32): u32 {
	slowWork(SLOW)
	const before = beginActivity(ACTIVITY_PAGE_WALK, gva)
	const may = walkTo(gva, bytes, access, regime, descriptor)
	endActivity(before)
	return may
}

function walkTo(gva: u64, bytes: u32, access: u32, regime: u32, descriptor: u32): u32 {
	openTable(descriptor)
	noteClearings(descriptor)
	const translated = regime != REGIME_MACHINE && regime != REGIME_BARE
	let may = MAY_ALL
	gpa = gva
	if (translated) {
		const cause = walk(gva, access, regime)
		if (cause != 0) {
			raise(cause, gva)
			return 0
		}
		gpa = walkedGpa
		may = permitted(walkedPte, regime)
		// A page that is not dirty gets no write tag: its first store has to come here to set D.
		if (!(walkedPte & PTE_D)) may &= ~MAY_WRITE
		if (!walkedGlobal) noteLocalPage(descriptor)
	}
	const machine: u32 = regime == REGIME_MACHINE ? 1 : 0
	const mapped = may
	const protection = pmpPage(gpa, machine)
	const split = protection == PMP_SPLIT
	if (!((split ? pmpAccess(gpa, bytes, machine) : protection) & accessBit(access))) return refuse(gva, access)
	may = split ? PMP_SPLIT : may & protection
	place = ramAt(gpa)
	if (place == 0) {
		place = romAt(gpa)
		if (place != 0 && access == ACCESS_STORE) return refuse(gva, access)
		may &= ~MAY_WRITE
	}
	// A device's page gets no entry, so that a flush need not find its superpage.
	if (place != 0 && translated && walkedSpan != PAGE_BYTES) {
		noteSuperpage(descriptor, gva, walkedSpan)
	}
	if (!translated || walkedSpan > LARGE_PAGE_MASK) keepLargePage(gva, descriptor, mapped, machine)
	return may
}

/**
 * Keeps gva's megapage, all of which translates as gva does, if it is guest RAM and PMP treats it as one.
 * @param may what its PTE permits.
 */
function keepLargePage(gva: u64, descriptor: u32, may: u32, machine: u32): void {
	if (!keepsLargePages(hart)) return
	const before = gva & LARGE_PAGE_MASK
	const first = ramAt(gpa - before)
	if (place == 0 || first == 0 || ramAt(gpa - before + LARGE_PAGE_MASK) == 0) return
	const protection = pmpRange(gpa - before, LARGE_PAGE_MASK + 1, machine)
	if (protection != PMP_SPLIT) fillLargePage(descriptor, gva - before, first, may & protection)
}
