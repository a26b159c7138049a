/** U-level CSRs: floating-point control, the entropy source, and the unprivileged counters. */
import {
	CSR_STATUS_DONE,
	CSR_STATUS_ILLEGAL,
	HART_MSECCFG,
	HART_PRIVILEGE,
	PRIVILEGE_MACHINE,
	PRIVILEGE_SUPERVISOR,
	SECCFG_SSEED,
	SECCFG_USEED,
} from '../../../build/hart/offsets'
import {readCounter} from './counters'
import {found} from './csr-value'
import {random} from './env'
import {dirtyFloat, fcsr, fflags, floatEnabled, frm, setFflags, setFrm} from './float-control'
import {hart} from './hart'

export const CSR_FFLAGS: i32 = 0x001
export const CSR_FRM: i32 = 0x002
export const CSR_FCSR: i32 = 0x003
export const CSR_SEED: i32 = 0x015

/** OPST = ES16: the low 16 bits are entropy. Zkr, "The seed CSR". */
const SEED_ES16: u64 = (<u64>2) << 30

export function readUserCsr(number: i32): i32 {
	switch (number) {
		case CSR_FFLAGS:
			return floatEnabled() ? found(fflags()) : CSR_STATUS_ILLEGAL
		case CSR_FRM:
			return floatEnabled() ? found(frm()) : CSR_STATUS_ILLEGAL
		case CSR_FCSR:
			return floatEnabled() ? found(fcsr()) : CSR_STATUS_ILLEGAL
		default:
			return readCounter(number)
	}
}

/** The access has to write as well: csrAccess() refuses one that only reads. */
export function readSeed(): i32 {
	return seedEnabled() ? found(SEED_ES16 | (<u64>random() & 0xffff)) : CSR_STATUS_ILLEGAL
}

function seedEnabled(): bool {
	const privilege = load<u32>(hart, HART_PRIVILEGE)
	if (privilege == PRIVILEGE_MACHINE) return true
	const enable = privilege == PRIVILEGE_SUPERVISOR ? SECCFG_SSEED : SECCFG_USEED
	return (load<u64>(hart, HART_MSECCFG) & enable) != 0
}

/** Only the floating-point CSRs keep a value; readUserCsr() has checked that they are enabled. */
export function writeUserCsr(number: i32, value: u64): i32 {
	if (number != CSR_FRM) setFflags(value)
	if (number == CSR_FRM) setFrm(value)
	if (number == CSR_FCSR) setFrm(value >> 5)
	dirtyFloat()
	return CSR_STATUS_DONE
}
