/** The page walk. Step numbers are those of the privileged spec's "Virtual Address Translation Process". */
import {
	COUNT_PAGE_WALKS,
	DOORBELL_CODE_CHANGED,
	ENVCFG_ADUE,
	ENVCFG_PBMTE,
	HART_MENVCFG,
	HART_SATP,
	PAGE_MASK,
	PAGE_SHIFT,
	PTE_A,
	PTE_D,
	PTE_G,
	PTE_N,
	PTE_PBMT,
	PTE_PPN,
	PTE_PPN_SHIFT,
	PTE_R,
	PTE_RESERVED,
	PTE_U,
	PTE_V,
	PTE_W,
	PTE_X,
	SATP_MODE_SHIFT,
	SATP_PPN,
	SATP_SV39,
} from '../../../build/hart/offsets'
import {ACCESS_STORE, accessBit, accessFault, pageFault} from './access'
import {announceChange, guestPageOf, isCode, ringOwn} from './guest-pages'
import {hart, ramAt} from './hart'
import {pmpAccess} from './pmp'
import {MAY_READ, MAY_WRITE, permitted} from './regimes'

/** The leaf PTE of the last successful walk(), with A and D up to date. */
export let walkedPte: u64 = 0
/** The guest-physical address that it found. */
export let walkedGpa: u64 = 0
/** Whether its leaf, or a pointer to it, has G: then it belongs to all address spaces. */
export let walkedGlobal: bool = false
/** Bytes that the leaf maps: 4 KiB, Svnapot's 64 KiB, or a superpage's. */
export let walkedSpan: u64 = 0

/** Levels of Sv39; each further mode has one more. */
const FEWEST_LEVELS: u64 = 3
const NAPOT_BYTES: u64 = 1 << 16
/** In a 64 KiB PTE's physical page number: the low four bits encode that size, the only one. */
const NAPOT_MASK: u64 = 0xf
const NAPOT_64_KIB: u64 = 8

/**
 * @param regime not bare. @param access ACCESS_FETCH, ACCESS_LOAD or ACCESS_STORE.
 * @returns 0, or the cause of the fault.
 */
export function walk(gva: u64, access: u32, regime: u32): i32 {
	store<u64>(hart, load<u64>(hart, COUNT_PAGE_WALKS) + 1, COUNT_PAGE_WALKS)
	const satp = load<u64>(hart, HART_SATP)
	const levels = FEWEST_LEVELS + (satp >> SATP_MODE_SHIFT) - SATP_SV39
	const environment = load<u64>(hart, HART_MENVCFG)
	const reserved = PTE_RESERVED | (environment & ENVCFG_PBMTE ? 0 : PTE_PBMT)
	const unused = 64 - (PAGE_SHIFT + 9 * levels)
	if (<u64>(<i64>(gva << unused) >> unused) != gva) return pageFault(access)

	// 1. a = satp.ppn × PAGESIZE, i = LEVELS − 1.
	let table = (satp & SATP_PPN) << PAGE_SHIFT
	let level = levels - 1
	let pointers: u64 = 0
	while (true) {
		// 2. The PTE at a + va.vpn[i] × PTESIZE.
		const shift = PAGE_SHIFT + 9 * level
		const pteGpa = table + ((gva >> shift) & 0x1ff) * 8
		const place = ramAt(pteGpa)
		const protection = pmpAccess(pteGpa, 8, 0)
		if (place == 0 || !(protection & MAY_READ)) return accessFault(access)
		// Sequentially consistent: ordered after the store of trailer.filled in openTable(), so that a flusher either
		// sees that word set or has its changed PTE seen here. Also orders the PTEs of one walk.
		const pte = atomic.load<u64>(place)
		// 3. Not valid, reserved encodings, reserved bits.
		if (!(pte & PTE_V) || (pte & (PTE_R | PTE_W)) == PTE_W || pte & reserved) return pageFault(access)
		// 4. A pointer to the next level; its A, D, U, memory type and N are reserved.
		if (!(pte & (PTE_R | PTE_X))) {
			if (pte & (PTE_A | PTE_D | PTE_U | PTE_PBMT | PTE_N) || level == 0) return pageFault(access)
			pointers |= pte
			table = ((pte >> PTE_PPN_SHIFT) & PTE_PPN) << PAGE_SHIFT
			level--
			continue
		}
		// 5. A leaf; a superpage has to be aligned.
		if ((pte & PTE_PBMT) == PTE_PBMT) return pageFault(access)
		let span = (<u64>1) << shift
		let page = (pte >> PTE_PPN_SHIFT) & PTE_PPN
		if (pte & PTE_N) {
			if (level != 0 || (page & NAPOT_MASK) != NAPOT_64_KIB) return pageFault(access)
			page &= ~NAPOT_MASK
			span = NAPOT_BYTES
		}
		const base = page << PAGE_SHIFT
		if (base & (span - 1)) return pageFault(access)
		// 6. Permissions.
		if (!(permitted(pte, regime) & accessBit(access))) return pageFault(access)
		// 7. A, and D for a store: without Svadu the page-fault handler sets them. If the PTE is no longer what was
		// checked, back to step 2.
		const marked = pte | PTE_A | (access == ACCESS_STORE ? PTE_D : 0)
		if (marked != pte) {
			if (!(environment & ENVCFG_ADUE)) return pageFault(access)
			if (!(protection & MAY_WRITE)) return accessFault(access)
			// Compare-and-swap: never undoes another hart's write to the PTE. Pairs with the guest's stores and AMOs to it.
			if (atomic.cmpxchg<u64>(place, pte, marked) != pte) continue
			noteTableWrite(place)
		}
		// 8. Success.
		walkedPte = marked
		walkedGlobal = ((marked | pointers) & PTE_G) != 0
		walkedGpa = base | (gva & (span - 1))
		walkedSpan = span
		return 0
	}
}

/** @returns the address of gva's page. */
export function pageOf(address: u64): u64 {
	return address & ~PAGE_MASK
}

/** A PTE in a page of code: this hart, too, compares the page at its next safepoint. */
function noteTableWrite(place: u32): void {
	const page = guestPageOf(place)
	if (page == 0 || !isCode(page)) return
	announceChange(page)
	ringOwn(DOORBELL_CODE_CHANGED)
}
