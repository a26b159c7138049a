/** S-level CSRs. Privileged spec, "Supervisor CSRs"; Sstc. */
import {
	CSR_STATUS_DONE,
	CSR_STATUS_ILLEGAL,
	CSR_STATUS_RESTART,
	ENVCFG_CBCFE,
	ENVCFG_CBIE,
	ENVCFG_CBIE_RESERVED,
	ENVCFG_CBZE,
	ENVCFG_FIOM,
	HART_MIDELEG,
	HART_MIE,
	HART_MSTATUS,
	HART_PRIVILEGE,
	HART_SATP,
	HART_SCAUSE,
	HART_SCOUNTEREN,
	HART_SENVCFG,
	HART_SEPC,
	HART_SSCRATCH,
	HART_STIMECMP,
	HART_STVAL,
	HART_STVEC,
	MIP_SSIP,
	PRIVILEGE_SUPERVISOR,
	SATP_BARE,
	SATP_MODE_SHIFT,
	SATP_SV39,
	SATP_SV57,
	STATUS_TVM,
} from '../../../build/hart/offsets'
import {COUNTERS, setTimer, timerAccessible} from './counters'
import {doneUnlessInterrupt, found} from './csr-value'
import {hart} from './hart'
import {pending} from './interrupts'
import {invalidatePending} from './invalidations'
import {refreshRegimes} from './regimes'
import {sstatus, writeSstatus} from './status'
import {switchSpace} from './tlb-flush'

export const CSR_SIP: i32 = 0x144
export const CSR_MIP: i32 = 0x344
/** The fields of senvcfg; menvcfg has them, too. */
export const ENVCFG_BELOW: u64 = ENVCFG_FIOM | ENVCFG_CBIE | ENVCFG_CBCFE | ENVCFG_CBZE

export function readSupervisorCsr(number: i32): i32 {
	switch (number) {
		case 0x100: // sstatus
			return found(sstatus())
		case 0x104: // sie
			return found(load<u64>(hart, HART_MIE) & load<u64>(hart, HART_MIDELEG))
		case 0x105: // stvec
			return found(load<u64>(hart, HART_STVEC))
		case 0x106: // scounteren
			return found(load<u64>(hart, HART_SCOUNTEREN))
		case 0x10a: // senvcfg
			return found(load<u64>(hart, HART_SENVCFG))
		case 0x140: // sscratch
			return found(load<u64>(hart, HART_SSCRATCH))
		case 0x141: // sepc
			return found(load<u64>(hart, HART_SEPC))
		case 0x142: // scause
			return found(load<u64>(hart, HART_SCAUSE))
		case 0x143: // stval
			return found(load<u64>(hart, HART_STVAL))
		case CSR_SIP:
			return found(pending() & load<u64>(hart, HART_MIDELEG))
		case 0x14d: // stimecmp
			return timerAccessible() ? found(load<u64>(hart, HART_STIMECMP)) : CSR_STATUS_ILLEGAL
		case 0x180: // satp
			return satpAccessible() ? found(load<u64>(hart, HART_SATP)) : CSR_STATUS_ILLEGAL
		default:
			return CSR_STATUS_ILLEGAL
	}
}

/** After readSupervisorCsr() found the CSR. */
export function writeSupervisorCsr(number: i32, value: u64): i32 {
	switch (number) {
		case 0x100: // sstatus
			return writeSstatus(value)
		case 0x104: // sie: the delegated bits of mie
			return writeSie(value)
		case 0x105: // stvec
			if (legalVector(value)) store<u64>(hart, value, HART_STVEC)
			return CSR_STATUS_DONE
		case 0x106: // scounteren
			store<u64>(hart, value & COUNTERS, HART_SCOUNTEREN)
			return CSR_STATUS_DONE
		case 0x10a: // senvcfg
			store<u64>(hart, legalEnvironment(load<u64>(hart, HART_SENVCFG), value, ENVCFG_BELOW), HART_SENVCFG)
			return CSR_STATUS_DONE
		case 0x140: // sscratch
			store<u64>(hart, value, HART_SSCRATCH)
			return CSR_STATUS_DONE
		case 0x141: // sepc
			store<u64>(hart, legalPc(value), HART_SEPC)
			return CSR_STATUS_DONE
		case 0x142: // scause
			store<u64>(hart, value, HART_SCAUSE)
			return CSR_STATUS_DONE
		case 0x143: // stval
			store<u64>(hart, value, HART_STVAL)
			return CSR_STATUS_DONE
		case 0x14d: // stimecmp
			return setTimer(value)
		default:
			return writeSatp(value)
	}
}

/** @returns the part of sip that S may write: SSIP, once it is delegated. */
export function delegatedSsip(): u64 {
	return load<u64>(hart, HART_MIDELEG) & MIP_SSIP
}

/** mtvec and stvec: modes 2 and 3 are reserved; such a write is ignored. */
export function legalVector(value: u64): bool {
	return (value & 2) == 0
}

/** @returns the new value of menvcfg or senvcfg. CBIE = 2 is reserved and leaves that field unchanged. */
export function legalEnvironment(before: u64, value: u64, fields: u64): u64 {
	const legal = (value & ENVCFG_CBIE) == ENVCFG_CBIE_RESERVED ? (value & ~ENVCFG_CBIE) | (before & ENVCFG_CBIE) : value
	return legal & fields
}

/** mepc and sepc: bit 0 is always 0 (IALIGN is 16). */
export function legalPc(value: u64): u64 {
	return value & ~(<u64>1)
}

function writeSie(value: u64): i32 {
	const delegated = load<u64>(hart, HART_MIDELEG)
	store<u64>(hart, (load<u64>(hart, HART_MIE) & ~delegated) | (value & delegated), HART_MIE)
	return doneUnlessInterrupt()
}

function satpAccessible(): bool {
	return load<u32>(hart, HART_PRIVILEGE) != PRIVILEGE_SUPERVISOR || !(load<u64>(hart, HART_MSTATUS) & STATUS_TVM)
}

/** A write with an unsupported mode has no effect. ASID has all 16 bits. */
function writeSatp(value: u64): i32 {
	const mode = value >> SATP_MODE_SHIFT
	if (mode != SATP_BARE && (mode < SATP_SV39 || mode > SATP_SV57)) return CSR_STATUS_DONE
	const before = load<u64>(hart, HART_SATP)
	if (value == before) return CSR_STATUS_DONE
	invalidatePending()
	publishSatp(value)
	refreshRegimes()
	switchSpace(before, value)
	return CSR_STATUS_RESTART
}

/**
 * Remote fences read the ASID. Sequentially consistent: every access and walk in the old address space is ordered
 * before; walks in the new one, whose loads of PTEs are atomic, after. Pairs with #currentAsid() in src/tlb/tlb.ts,
 * which loads this half alone: place and size of store and load must be the same.
 */
function publishSatp(value: u64): void {
	// Plain: only this vCPU reads the lower half.
	store<u32>(hart, <u32>value, HART_SATP)
	atomic.store<u32>(hart, <u32>(value >> 32), HART_SATP + 4)
}
