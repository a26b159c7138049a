/** CSR instructions: privilege, then read, then the legalized write. The CSRs are in csr-*.ts, a file per privilege. */
import {
	CSR_STATUS_DONE,
	CSR_STATUS_ILLEGAL,
	CSR_STATUS_RESTART,
	HART_PRIVILEGE,
	RUN_SCRATCH,
} from '../../../build/hart/offsets'
import {readMachineCsr, writeMachineCsr} from './csr-machine'
import {CSR_MIP, CSR_SIP, delegatedSsip, readSupervisorCsr, writeSupervisorCsr} from './csr-supervisor'
import {CSR_SEED, readSeed, readUserCsr, writeUserCsr} from './csr-user'
import {doneUnlessInterrupt} from './csr-value'
import {hart} from './hart'
import {changePending} from './interrupts'
import {isRung, SLOW, slowWork} from './slow'

const HOW_WRITE: i32 = 0
const HOW_SET: i32 = 1

/**
 * Returns the old value in RUN_SCRATCH. Zicsr, and the privileged spec's "CSR Address Mapping Conventions".
 * @param how 0 writes the operand, 1 sets its bits, 2 clears them. @param readOnly not 0: only reads.
 * @returns a CsrStatus.
 */
export function csrAccess(number: i32, how: i32, operand: u64, readOnly: i32): i32 {
	slowWork(SLOW)
	const status = access(number, how, operand, readOnly)
	// Translated code looks at the doorbell only between rations.
	return status == CSR_STATUS_DONE && isRung() ? CSR_STATUS_RESTART : status
}

function access(number: i32, how: i32, operand: u64, readOnly: i32): i32 {
	// Bits 9–8: the lowest privilege; bits 11–10: 3 = read-only.
	const lowest = (number >> 8) & 3
	if (<u32>lowest > load<u32>(hart, HART_PRIVILEGE)) return CSR_STATUS_ILLEGAL
	if (number >> 10 == 3 && readOnly == 0) return CSR_STATUS_ILLEGAL
	// The value written is ignored, but the access has to write.
	if (number == CSR_SEED) return readOnly != 0 ? CSR_STATUS_ILLEGAL : readSeed()
	if (!readCsr(number, lowest)) return CSR_STATUS_ILLEGAL
	if (readOnly != 0) return CSR_STATUS_DONE
	if (number == CSR_MIP || number == CSR_SIP) return writePending(number, how, operand)
	const old = load<u64>(hart, RUN_SCRATCH)
	const value = how == HOW_WRITE ? operand : how == HOW_SET ? old | operand : old & ~operand
	if (lowest == 0) return writeUserCsr(number, value)
	if (lowest == 1) return writeSupervisorCsr(number, value)
	return writeMachineCsr(number, value)
}

function readCsr(number: i32, lowest: i32): i32 {
	if (lowest == 0) return readUserCsr(number)
	if (lowest == 1) return readSupervisorCsr(number)
	return lowest == 3 ? readMachineCsr(number) : CSR_STATUS_ILLEGAL
}

/**
 * mip and sip: only the named bits change. Writing back the old value of the others would undo another hart's change,
 * and copy a device's SEIP into software's.
 */
function writePending(number: i32, how: i32, operand: u64): i32 {
	const writable = number == CSR_SIP ? delegatedSsip() : u64.MAX_VALUE
	const set = how == HOW_WRITE || how == HOW_SET ? operand : 0
	const clear = how == HOW_WRITE ? ~operand : how == HOW_SET ? 0 : operand
	changePending(set & writable, clear & writable)
	return doneUnlessInterrupt()
}
