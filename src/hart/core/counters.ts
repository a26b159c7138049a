/** Counters and the supervisor timer. One cycle per retired instruction. */
import {
	COUNTER_CY,
	COUNTER_IR,
	COUNTER_TM,
	CSR_STATUS_ILLEGAL,
	ENVCFG_STCE,
	HART_MCOUNTEREN,
	HART_MCOUNTINHIBIT,
	HART_MCYCLE_OFFSET,
	HART_MENVCFG,
	HART_MINSTRET_OFFSET,
	HART_PRIVILEGE,
	HART_SCOUNTEREN,
	HART_STIMECMP,
	MIP_STIP,
	PRIVILEGE_MACHINE,
	PRIVILEGE_USER,
	WORDS_PENDING_INTERRUPTS,
} from '../../../build/hart/offsets'
import {doneUnlessInterrupt, found} from './csr-value'
import {timerChanged} from './env'
import {hart} from './hart'
import {mtime} from './mtime'
import {retired} from './retired'

/** cycle, time, instret, hpmcounter3–31, in this order. Unprivileged spec, "Zicntr and Zihpm". */
const CSR_CYCLE: i32 = 0xc00

/** mcounteren and scounteren: all 32 counters. Zihpm's, 3–31, are read-only zero. */
export const COUNTERS: u64 = 0xffff_ffff

export function readCounter(number: i32): i32 {
	if (number < CSR_CYCLE || number > CSR_CYCLE + 31) return CSR_STATUS_ILLEGAL
	if (!counterEnabled((<u64>1) << (number - CSR_CYCLE))) return CSR_STATUS_ILLEGAL
	if (number == CSR_CYCLE) return found(cycles())
	if (number == CSR_CYCLE + 1) return found(mtime())
	if (number == CSR_CYCLE + 2) return found(instructions())
	return found(0)
}

/** @param bit of mcounteren. @returns whether this privilege may read the counter. */
export function counterEnabled(bit: u64): bool {
	const privilege = load<u32>(hart, HART_PRIVILEGE)
	if (privilege == PRIVILEGE_MACHINE) return true
	if (!(load<u64>(hart, HART_MCOUNTEREN) & bit)) return false
	return privilege != PRIVILEGE_USER || (load<u64>(hart, HART_SCOUNTEREN) & bit) != 0
}

/** While mcountinhibit stops a counter, its offset is its value. */
function base(inhibitBit: u64): u64 {
	return load<u64>(hart, HART_MCOUNTINHIBIT) & inhibitBit ? 0 : retired()
}

export function cycles(): u64 {
	return base(COUNTER_CY) + load<u64>(hart, HART_MCYCLE_OFFSET)
}

export function instructions(): u64 {
	return base(COUNTER_IR) + load<u64>(hart, HART_MINSTRET_OFFSET)
}

/** A write replaces the instruction's own count: the next one reads the value written. Unprivileged spec, "Zicsr". */
export function setCycles(value: u64): void {
	store<u64>(hart, value - base(COUNTER_CY) - ownCount(COUNTER_CY), HART_MCYCLE_OFFSET)
}

export function setInstructions(value: u64): void {
	store<u64>(hart, value - base(COUNTER_IR) - ownCount(COUNTER_IR), HART_MINSTRET_OFFSET)
}

function ownCount(inhibitBit: u64): u64 {
	return load<u64>(hart, HART_MCOUNTINHIBIT) & inhibitBit ? 0 : 1
}

/** The counters keep their values across the change. */
export function setInhibit(value: u64): void {
	const cyclesBefore = cycles()
	const instructionsBefore = instructions()
	store<u64>(hart, value & (COUNTER_CY | COUNTER_IR), HART_MCOUNTINHIBIT)
	store<u64>(hart, cyclesBefore - base(COUNTER_CY), HART_MCYCLE_OFFSET)
	store<u64>(hart, instructionsBefore - base(COUNTER_IR), HART_MINSTRET_OFFSET)
}

/** Sstc, "Supervisor Timer Register": below M, stimecmp needs menvcfg.STCE and mcounteren.TM. */
export function timerAccessible(): bool {
	if (load<u32>(hart, HART_PRIVILEGE) == PRIVILEGE_MACHINE) return true
	return timerInForce() && (load<u64>(hart, HART_MCOUNTEREN) & COUNTER_TM) != 0
}

function timerInForce(): bool {
	return (load<u64>(hart, HART_MENVCFG) & ENVCFG_STCE) != 0
}

export function setTimer(value: u64): i32 {
	store<u64>(hart, value, HART_STIMECMP)
	return refreshTimer()
}

/** After a write of stimecmp or menvcfg.STCE: STIP is correct at once; the run loop keeps it so. */
export function refreshTimer(): i32 {
	const due = timerInForce() && mtime() >= load<u64>(hart, HART_STIMECMP)
	// Atomic, one bit, because devices and other harts set theirs in the same word; orders nothing.
	if (due) atomic.or<u32>(hart, <u32>MIP_STIP, WORDS_PENDING_INTERRUPTS)
	else atomic.and<u32>(hart, ~(<u32>MIP_STIP), WORDS_PENDING_INTERRUPTS)
	timerChanged()
	return doneUnlessInterrupt()
}
