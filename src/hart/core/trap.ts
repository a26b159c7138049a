/** Traps: entry into M and S, return from them, and the instructions that cause one. */
import {
	CAUSE_BREAKPOINT,
	CAUSE_INTERRUPT,
	CAUSE_LEAVE_REGION,
	CAUSE_MACHINE_ECALL,
	CAUSE_SUPERVISOR_ECALL,
	CAUSE_USER_ECALL,
	CODE_PAGE_SLOTS,
	COUNT_TRAPS,
	HANDLER_REGION,
	HART_MCAUSE,
	HART_MEDELEG,
	HART_MEPC,
	HART_MSTATUS,
	HART_MTVAL,
	HART_MTVEC,
	HART_PC,
	HART_PRIVILEGE,
	HART_SCAUSE,
	HART_SEPC,
	HART_STVAL,
	HART_STVEC,
	PAGE_MASK,
	PARCEL_BYTES,
	PRIVILEGE_MACHINE,
	PRIVILEGE_SUPERVISOR,
	PRIVILEGE_USER,
	RUN_BUILT_IN_SBI,
	RUN_FIRST_TRAP_CAUSE,
	RUN_FIRST_TRAP_PC,
	RUN_INTERPRET_AT,
	RUN_LAST_TRAP_RETIRED,
	RUN_RESERVATION_OFFSET,
	RUN_TRAP_CAUSE,
	RUN_TRAP_TVAL,
	SLOT_HANDLER,
	SLOT_SIZE,
	STATUS_MIE,
	STATUS_MPIE,
	STATUS_MPP,
	STATUS_MPP_SHIFT,
	STATUS_MPRV,
	STATUS_SIE,
	STATUS_SPIE,
	STATUS_SPP,
	STATUS_TSR,
} from '../../../build/hart/offsets'
import {fetch} from './fetch'
import {hart, raise} from './hart'
import {invalidatePending} from './invalidations'
import {updateRegimes} from './regimes'
import {retired} from './retired'

/** Takes the exception that was raised: HART_PC is the faulting instruction's on entry, the handler's on return. */
export function takeTrap(): void {
	const cause = load<u64>(hart, RUN_TRAP_CAUSE)
	if (cause == CAUSE_LEAVE_REGION) return interpretNext()
	const tval = load<u64>(hart, RUN_TRAP_TVAL)
	store<u64>(hart, load<u64>(hart, COUNT_TRAPS) + 1, COUNT_TRAPS)
	noteFirst(cause)
	const delegated = (load<u64>(hart, HART_MEDELEG) >> cause) & 1
	if (delegated && load<u32>(hart, HART_PRIVILEGE) != PRIVILEGE_MACHINE) enterSupervisor(cause, tval)
	else enterMachine(cause, tval)
}

/** No exception: the instruction at HART_PC, which a region has left undone, is interpreted once, even where a region begins. */
function interpretNext(): void {
	const pc = load<u64>(hart, HART_PC)
	const code = fetch(pc)
	// Unmapped by now: the next fetch raises that.
	if (code == 0) return
	const slot = code + CODE_PAGE_SLOTS + (<u32>(pc & PAGE_MASK) / PARCEL_BYTES) * SLOT_SIZE
	if (load<u16>(slot, SLOT_HANDLER) == HANDLER_REGION) store<u64>(slot, 0)
	if (load<u64>(slot) == 0) store<u32>(hart, slot, RUN_INTERPRET_AT)
}

/** Remembers where a row of traps without an instruction between them began, for the report of a hart that is stuck. */
function noteFirst(cause: u64): void {
	// One more than the count, so that 0 means none.
	const count = retired() + 1
	if (count == load<u64>(hart, RUN_LAST_TRAP_RETIRED)) return
	store<u64>(hart, count, RUN_LAST_TRAP_RETIRED)
	store<u64>(hart, cause, RUN_FIRST_TRAP_CAUSE)
	store<u64>(hart, load<u64>(hart, HART_PC), RUN_FIRST_TRAP_PC)
}

/** Privileged spec, "Supervisor Status (sstatus) Register" and the S-mode trap registers. */
export function enterSupervisor(cause: u64, tval: u64): void {
	store<u64>(hart, load<u64>(hart, HART_PC), HART_SEPC)
	store<u64>(hart, cause, HART_SCAUSE)
	store<u64>(hart, tval, HART_STVAL)
	const status = load<u64>(hart, HART_MSTATUS)
	let next = status & ~(STATUS_SIE | STATUS_SPIE | STATUS_SPP)
	if (status & STATUS_SIE) next |= STATUS_SPIE
	if (load<u32>(hart, HART_PRIVILEGE) == PRIVILEGE_SUPERVISOR) next |= STATUS_SPP
	goTo(PRIVILEGE_SUPERVISOR, next, vector(load<u64>(hart, HART_STVEC), cause))
}

/** Privileged spec, "Privilege and Global Interrupt-Enable Stack in mstatus register". */
export function enterMachine(cause: u64, tval: u64): void {
	store<u64>(hart, load<u64>(hart, HART_PC), HART_MEPC)
	store<u64>(hart, cause, HART_MCAUSE)
	store<u64>(hart, tval, HART_MTVAL)
	const status = load<u64>(hart, HART_MSTATUS)
	let next = status & ~(STATUS_MIE | STATUS_MPIE | STATUS_MPP)
	if (status & STATUS_MIE) next |= STATUS_MPIE
	next |= (<u64>load<u32>(hart, HART_PRIVILEGE)) << STATUS_MPP_SHIFT
	goTo(PRIVILEGE_MACHINE, next, vector(load<u64>(hart, HART_MTVEC), cause))
}

/** In mode 1 each interrupt has an entry of its own; exceptions go to the base. */
function vector(tvec: u64, cause: u64): u64 {
	const base = tvec & ~(<u64>3)
	return tvec & 1 && cause & CAUSE_INTERRUPT ? base + 4 * (cause & ~CAUSE_INTERRUPT) : base
}

function goTo(privilege: u32, status: u64, pc: u64): void {
	store<u64>(hart, status, HART_MSTATUS)
	store<u32>(hart, privilege, HART_PRIVILEGE)
	store<u64>(hart, pc, HART_PC)
	endReservation()
	updateRegimes()
}

/** At each trap and return, as in QEMU: else the SC of one context could succeed by what another has reserved. */
function endReservation(): void {
	store<u32>(hart, 0, RUN_RESERVATION_OFFSET)
}

/** @returns 1 with HART_PC set, or 0 if the instruction is illegal. */
export function mret(): i32 {
	if (load<u32>(hart, HART_PRIVILEGE) != PRIVILEGE_MACHINE) return 0
	invalidatePending()
	const status = load<u64>(hart, HART_MSTATUS)
	const privilege = <u32>((status & STATUS_MPP) >> STATUS_MPP_SHIFT)
	let next = (status & ~(STATUS_MIE | STATUS_MPP)) | STATUS_MPIE
	if (status & STATUS_MPIE) next |= STATUS_MIE
	if (privilege != PRIVILEGE_MACHINE) next &= ~STATUS_MPRV
	goTo(privilege, next, load<u64>(hart, HART_MEPC))
	return 1
}

/** @returns 1 with HART_PC set, or 0 if the instruction is illegal: in U, or in S with mstatus.TSR. */
export function sret(): i32 {
	const from = load<u32>(hart, HART_PRIVILEGE)
	const status = load<u64>(hart, HART_MSTATUS)
	if (from == PRIVILEGE_USER || (from == PRIVILEGE_SUPERVISOR && status & STATUS_TSR)) return 0
	invalidatePending()
	let next = (status & ~(STATUS_SIE | STATUS_SPP | STATUS_MPRV)) | STATUS_SPIE
	if (status & STATUS_SPIE) next |= STATUS_SIE
	goTo(status & STATUS_SPP ? PRIVILEGE_SUPERVISOR : PRIVILEGE_USER, next, load<u64>(hart, HART_SEPC))
	return 1
}

/** @returns 1 if it calls the built-in SBI; else 0 with the exception raised. */
export function ecall(): i32 {
	const privilege = load<u32>(hart, HART_PRIVILEGE)
	if (privilege == PRIVILEGE_SUPERVISOR && load<i32>(hart, RUN_BUILT_IN_SBI) != 0) {
		endReservation()
		return 1
	}
	raise(
		privilege == PRIVILEGE_USER
			? CAUSE_USER_ECALL
			: privilege == PRIVILEGE_SUPERVISOR
				? CAUSE_SUPERVISOR_ECALL
				: CAUSE_MACHINE_ECALL,
		0,
	)
	return 0
}

/** The tval is the instruction's own address. */
export function ebreak(): void {
	raise(CAUSE_BREAKPOINT, load<u64>(hart, HART_PC))
}
