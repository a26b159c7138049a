/** The accrued exception flags, fcsr bits 4–0. Unprivileged spec, "Floating-Point Control and Status Register". */
import {HART_FFLAGS} from '../../../../build/hart/offsets'
import {hart} from '../hart'

export const inexact: u32 = 1
export const underflow: u32 = 2
export const overflow: u32 = 4
export const divideByZero: u32 = 8
export const invalid: u32 = 16

/** Flags are only ever added; a write to the CSR clears them. */
export function raiseFlags(bits: u32): void {
	// Plain: only this vCPU writes its hart state.
	store<u32>(hart + HART_FFLAGS, load<u32>(hart + HART_FFLAGS) | bits)
}
