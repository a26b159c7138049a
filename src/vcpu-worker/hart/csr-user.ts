/** U-level CSRs: floating-point control and the unprivileged counters. */
import {readCounter} from './counters'
import {DONE, found, ILLEGAL} from './csr-value'
import {dirtyFloat, fcsr, floatEnabled, fflags, frm, setFflags, setFrm} from './float-control'

export const CSR_FFLAGS: i32 = 0x001
export const CSR_FRM: i32 = 0x002
export const CSR_FCSR: i32 = 0x003

export function readUserCsr(number: i32): i32 {
	switch (number) {
		case CSR_FFLAGS:
			return floatEnabled() ? found(fflags()) : ILLEGAL
		case CSR_FRM:
			return floatEnabled() ? found(frm()) : ILLEGAL
		case CSR_FCSR:
			return floatEnabled() ? found(fcsr()) : ILLEGAL
		default:
			return readCounter(number)
	}
}

/** Only the floating-point ones can be written; readUserCsr() has checked that they are enabled. */
export function writeUserCsr(number: i32, value: u64): i32 {
	if (number != CSR_FRM) setFflags(value)
	if (number == CSR_FRM) setFrm(value)
	if (number == CSR_FCSR) setFrm(value >> 5)
	dirtyFloat()
	return DONE
}
