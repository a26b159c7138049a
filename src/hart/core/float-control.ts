/**
 * Floating-point control: fcsr, the rounding mode in force, and mstatus.FS. Unprivileged spec, "Floating-Point Control
 * and Status Register".
 */
import {HART_FFLAGS, HART_FRM, HART_MSTATUS, STATUS_FS} from '../../../build/hart/offsets'
import {hart} from './hart'

/** The rm field that stands for frm. */
const DYNAMIC: i32 = 7
const LAST_ROUNDING_MODE: i32 = 4

export function floatEnabled(): bool {
	return (load<u64>(hart, HART_MSTATUS) & STATUS_FS) != 0
}

export function dirtyFloat(): void {
	store<u64>(hart, load<u64>(hart, HART_MSTATUS) | STATUS_FS, HART_MSTATUS)
}

export function fflags(): u64 {
	return load<u32>(hart, HART_FFLAGS)
}

export function frm(): u64 {
	return load<u32>(hart, HART_FRM)
}

export function fcsr(): u64 {
	return (frm() << 5) | fflags()
}

export function setFflags(value: u64): void {
	store<u32>(hart, <u32>value & 0x1f, HART_FFLAGS)
}

export function setFrm(value: u64): void {
	store<u32>(hart, <u32>value & 7, HART_FRM)
}

/** @param rm an instruction's rm field. @returns 0–4, or −1 if the instruction is illegal. */
export function roundingMode(rm: i32): i32 {
	const mode = rm == DYNAMIC ? load<i32>(hart, HART_FRM) : rm
	return mode <= LAST_ROUNDING_MODE ? mode : -1
}
