/** Interrupts: which are pending, which may be taken, and in which order. */
import {
	CAUSE_INTERRUPT,
	COUNT_INTERRUPTS,
	ENVCFG_STCE,
	HART_MENVCFG,
	HART_MIDELEG,
	HART_MIE,
	HART_MIP_SOFTWARE,
	HART_MSTATUS,
	HART_PRIVILEGE,
	MIP_SEIP,
	MIP_SSIP,
	MIP_STIP,
	PRIVILEGE_MACHINE,
	PRIVILEGE_SUPERVISOR,
	STATUS_MIE,
	STATUS_SIE,
	WORDS_PENDING_INTERRUPTS,
} from '../../../build/hart/offsets'
import {hart} from './hart'
import {enterMachine, enterSupervisor} from './trap'

/** @returns mip. */
export function pending(): u64 {
	// Acquire: the device state that a bit stands for is visible once the bit is. Pairs with VcpuBlocks.raise().
	return atomic.load<u32>(hart, WORDS_PENDING_INTERRUPTS) | load<u64>(hart, HART_MIP_SOFTWARE)
}

/** @returns 1 if an interrupt is pending and enabled in mie, takeable or not: WFI ends. */
export function interruptPending(): i32 {
	return pending() & load<u64>(hart, HART_MIE) ? 1 : 0
}

/**
 * Privileged spec, "Machine Interrupt (mip and mie) Registers".
 * @returns the takeable interrupts of M, else those of S.
 */
export function takeable(): u64 {
	const enabled = pending() & load<u64>(hart, HART_MIE)
	if (enabled == 0) return 0
	const privilege = load<u32>(hart, HART_PRIVILEGE)
	const status = load<u64>(hart, HART_MSTATUS)
	const delegated = load<u64>(hart, HART_MIDELEG)
	const machine = enabled & ~delegated
	if (machine != 0 && (privilege != PRIVILEGE_MACHINE || status & STATUS_MIE)) return machine
	if (privilege == PRIVILEGE_MACHINE || (privilege == PRIVILEGE_SUPERVISOR && !(status & STATUS_SIE))) return 0
	return enabled & delegated
}

/** HART_PC is the next instruction's on entry, the handler's on return. @returns 1 when an interrupt was taken. */
export function takeInterrupt(): i32 {
	const interrupts = takeable()
	if (interrupts == 0) return 0
	const code = firstOf(interrupts)
	store<u64>(hart, load<u64>(hart, COUNT_INTERRUPTS) + 1, COUNT_INTERRUPTS)
	if ((load<u64>(hart, HART_MIDELEG) >> code) & 1) enterSupervisor(CAUSE_INTERRUPT | code, 0)
	else enterMachine(CAUSE_INTERRUPT | code, 0)
	return 1
}

/** Decreasing priority: MEI, MSI, MTI, SEI, SSI, STI. */
function firstOf(interrupts: u64): u64 {
	if (interrupts & (1 << 11)) return 11
	if (interrupts & (1 << 3)) return 3
	if (interrupts & (1 << 7)) return 7
	if (interrupts & (1 << 9)) return 9
	if (interrupts & (1 << 1)) return 1
	return 5
}

/** Sets and clears bits of mip; only those that software may write change: SSIP, STIP without Sstc, and SEIP. */
export function changePending(set: u64, clear: u64): void {
	// Atomic, one bit, because another hart may set SSIP at the same time, and a device SEIP; orders nothing.
	if (set & MIP_SSIP) atomic.or<u32>(hart, <u32>MIP_SSIP, WORDS_PENDING_INTERRUPTS)
	if (clear & MIP_SSIP) atomic.and<u32>(hart, ~(<u32>MIP_SSIP), WORDS_PENDING_INTERRUPTS)
	const own = MIP_SEIP | (load<u64>(hart, HART_MENVCFG) & ENVCFG_STCE ? 0 : MIP_STIP)
	const software = (load<u64>(hart, HART_MIP_SOFTWARE) | (set & own)) & ~(clear & own)
	store<u64>(hart, software, HART_MIP_SOFTWARE)
}
