/** Translation regimes: which TLB table, and so which permissions, data accesses and fetches use. */
import {
	HART_MSTATUS,
	HART_PRIVILEGE,
	HART_SATP,
	PRIVILEGE_MACHINE,
	PRIVILEGE_USER,
	PTE_R,
	PTE_U,
	PTE_W,
	PTE_X,
	REGIME_BARE,
	REGIME_MACHINE,
	REGIME_SUPERVISOR,
	REGIME_SUPERVISOR_SUM,
	REGIME_USER,
	RUN_DATA_REGIME,
	RUN_FETCH_REGIME,
	SATP_BARE,
	SATP_MODE_SHIFT,
	STATUS_MPP,
	STATUS_MPP_SHIFT,
	STATUS_MPRV,
	STATUS_MXR,
	STATUS_SUM,
} from '../../../build/hart/offsets'
import {hart} from './hart'

// What a page permits; bits.
export const MAY_READ: u32 = 1
export const MAY_WRITE: u32 = 2
export const MAY_EXECUTE: u32 = 4
export const MAY_ALL: u32 = 7

/** Call after each write of privilege, mstatus or satp. @returns 1 if a regime changed. */
export function refreshRegimes(): i32 {
	const status = load<u64>(hart, HART_MSTATUS)
	const privilege = load<u32>(hart, HART_PRIVILEGE)
	const dataPrivilege = status & STATUS_MPRV ? <u32>((status & STATUS_MPP) >> STATUS_MPP_SHIFT) : privilege
	const data = regimeOf(dataPrivilege, status)
	// SUM never permits a fetch, so supervisor fetches use one table, whatever SUM is.
	const fetch = regimeOf(privilege, 0)
	const changed = data != load<u32>(hart, RUN_DATA_REGIME) || fetch != load<u32>(hart, RUN_FETCH_REGIME)
	store<u32>(hart, data, RUN_DATA_REGIME)
	store<u32>(hart, fetch, RUN_FETCH_REGIME)
	return changed ? 1 : 0
}

export function updateRegimes(): void {
	refreshRegimes()
}

function regimeOf(privilege: u32, status: u64): u32 {
	if (privilege == PRIVILEGE_MACHINE) return REGIME_MACHINE
	if (load<u64>(hart, HART_SATP) >> SATP_MODE_SHIFT == SATP_BARE) return REGIME_BARE
	if (privilege == PRIVILEGE_USER) return REGIME_USER
	return status & STATUS_SUM ? REGIME_SUPERVISOR_SUM : REGIME_SUPERVISOR
}

/** Privileged spec, "Addressing and Memory Protection"; MXR, SUM. @returns what a leaf PTE permits, D aside. */
export function permitted(pte: u64, regime: u32): u32 {
	const userPage = (pte & PTE_U) != 0
	const data = userPage ? regime != REGIME_SUPERVISOR : regime != REGIME_USER
	const execute = userPage == (regime == REGIME_USER)
	const readable = PTE_R | (load<u64>(hart, HART_MSTATUS) & STATUS_MXR ? PTE_X : 0)
	let may: u32 = 0
	if (data && pte & readable) may |= MAY_READ
	if (data && pte & PTE_W) may |= MAY_WRITE
	if (execute && pte & PTE_X) may |= MAY_EXECUTE
	return may
}
