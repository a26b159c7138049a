/** Instructions that M-mode may forbid to S: wfi, sfence.vma and Svinval's; and fence.i. */
import {
	FENCE_STATUS_DONE,
	FENCE_STATUS_FLUSHED,
	FENCE_STATUS_ILLEGAL,
	FLUSH_CAUSE_SFENCE_ALL,
	HART_MSTATUS,
	HART_PRIVILEGE,
	PRIVILEGE_SUPERVISOR,
	PRIVILEGE_USER,
	RUN_CODE_GENERATION,
	RUN_FENCED_GENERATION,
	SATP_ASID,
	STATUS_TVM,
	STATUS_TW,
	WFI_STATUS_DONE,
	WFI_STATUS_ILLEGAL,
	WFI_STATUS_WAIT,
} from '../../../build/hart/offsets'
import {EVERY_ASID} from '../../tlb/core/flush'
import {announceStored} from './code-stores'
import {hart} from './hart'
import {interruptPending} from './interrupts'
import {invalidatePending, nameInvalid} from './invalidations'
import {pageOf} from './page-walk'
import {SLOW, SLOWER, slowWork} from './slow'
import {flushPage, flushSpace, flushTables} from './tlb-flush'

/** @returns a WfiStatus. */
export function wfi(): i32 {
	if (forbidden(STATUS_TW)) return WFI_STATUS_ILLEGAL
	return interruptPending() ? WFI_STATUS_DONE : WFI_STATUS_WAIT
}

/**
 * sfence.vma; as register number, 0 (x0) means "all". Privileged spec, "Supervisor Memory-Management
 * Fence Instruction". @returns 1 done, 0 if the instruction is illegal.
 */
export function sfence(rs1Register: i32, rs2Register: i32, gva: u64, asid: u64): i32 {
	if (forbidden(STATUS_TVM)) return 0
	slowWork(SLOW)
	invalidatePending()
	const ofAll = rs2Register == 0
	if (rs1Register != 0) flushPage(gva, ofAll ? EVERY_ASID : <i32>(asid & SATP_ASID))
	else if (ofAll) flushTables(FLUSH_CAUSE_SFENCE_ALL)
	else flushSpace(<u32>(asid & SATP_ASID))
	return 1
}

/** sinval.vma; operands as sfence(). All addresses are flushed at once. Privileged spec, "Svinval". @returns a FenceStatus. */
export function sinval(rs1Register: i32, rs2Register: i32, gva: u64, asid: u64): i32 {
	if (rs1Register == 0) return sfence(rs1Register, rs2Register, gva, asid) ? FENCE_STATUS_FLUSHED : FENCE_STATUS_ILLEGAL
	if (forbidden(STATUS_TVM)) return FENCE_STATUS_ILLEGAL
	const flushed = nameInvalid(pageOf(gva), rs2Register == 0 ? EVERY_ASID : <i32>(asid & SATP_ASID))
	return flushed ? FENCE_STATUS_FLUSHED : FENCE_STATUS_DONE
}

/** sfence.inval.ir. @returns a FenceStatus. */
export function sfenceInvalIr(): i32 {
	if (!mayFenceTranslations()) return FENCE_STATUS_ILLEGAL
	return invalidatePending() ? FENCE_STATUS_FLUSHED : FENCE_STATUS_DONE
}

/**
 * sfence.w.inval, and sfence.inval.ir: illegal in U; TVM does not matter. What comes before sfence.w.inval is ordered before
 * later walks anyway. @returns 0 if illegal.
 */
export function mayFenceTranslations(): i32 {
	return load<u32>(hart, HART_PRIVILEGE) != PRIVILEGE_USER ? 1 : 0
}

/**
 * Begins a new code generation: each decoded page is compared with memory before it runs again, where there are other harts. No
 * translation changes, so no TLB is flushed.
 */
export function fenceI(): void {
	const generation = load<u32>(hart, RUN_CODE_GENERATION) + 1
	store<u32>(hart, generation, RUN_CODE_GENERATION)
	store<u32>(hart, generation, RUN_FENCED_GENERATION)
	slowWork(SLOWER)
}

/** Answers Doorbell.codeChanged: decoded pages whose version is another one are compared before they run again. */
export function codeChanged(): void {
	announceStored()
	store<u32>(hart, load<u32>(hart, RUN_CODE_GENERATION) + 1, RUN_CODE_GENERATION)
	store<u32>(hart, load<u32>(hart, RUN_CODE_GENERATION) + 1, RUN_CODE_GENERATION)
}

/** Always in U; in S if the mstatus bit is set. */
function forbidden(statusBit: u64): bool {
	const privilege = load<u32>(hart, HART_PRIVILEGE)
	return (
		privilege == PRIVILEGE_USER ||
		(privilege == PRIVILEGE_SUPERVISOR && (load<u64>(hart, HART_MSTATUS) & statusBit) != 0)
	)
}
