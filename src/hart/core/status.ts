/** mstatus and sstatus. HART_MSTATUS holds the writable fields; reads add UXL, SXL and SD. */
import {
	CSR_STATUS_RESTART,
	FLUSH_CAUSE_STATUS_CHANGE,
	HART_MSTATUS,
	STATUS_FS,
	STATUS_MIE,
	STATUS_MPIE,
	STATUS_MPP,
	STATUS_MPP_SHIFT,
	STATUS_MPRV,
	STATUS_MXR,
	STATUS_SD,
	STATUS_SIE,
	STATUS_SPIE,
	STATUS_SPP,
	STATUS_SUM,
	STATUS_SXL_64,
	STATUS_TSR,
	STATUS_TVM,
	STATUS_TW,
	STATUS_UXL_64,
} from '../../../build/hart/offsets'
import {doneUnlessInterrupt} from './csr-value'
import {hart} from './hart'
import {refreshRegimes} from './regimes'
import {flushTables} from './tlb-flush'

const SUPERVISOR_FIELDS: u64 = STATUS_SIE | STATUS_SPIE | STATUS_SPP | STATUS_FS | STATUS_SUM | STATUS_MXR
const MACHINE_FIELDS: u64 =
	SUPERVISOR_FIELDS | STATUS_MIE | STATUS_MPIE | STATUS_MPP | STATUS_MPRV | STATUS_TVM | STATUS_TW | STATUS_TSR
/** The value of MPP that is no privilege. */
const MPP_RESERVED: u64 = 2 << STATUS_MPP_SHIFT

export function mstatus(): u64 {
	const status = load<u64>(hart, HART_MSTATUS)
	return (status & MACHINE_FIELDS) | STATUS_UXL_64 | STATUS_SXL_64 | stateDirty(status)
}

export function sstatus(): u64 {
	const status = load<u64>(hart, HART_MSTATUS)
	return (status & SUPERVISOR_FIELDS) | STATUS_UXL_64 | stateDirty(status)
}

function stateDirty(status: u64): u64 {
	return (status & STATUS_FS) == STATUS_FS ? STATUS_SD : 0
}

export function writeMstatus(value: u64): i32 {
	// MPP is WARL: a reserved value leaves it unchanged.
	const fields = (value & STATUS_MPP) == MPP_RESERVED ? MACHINE_FIELDS & ~STATUS_MPP : MACHINE_FIELDS
	return writeFields(fields, value)
}

export function writeSstatus(value: u64): i32 {
	return writeFields(SUPERVISOR_FIELDS, value)
}

function writeFields(fields: u64, value: u64): i32 {
	const before = load<u64>(hart, HART_MSTATUS)
	const after = (before & ~fields) | (value & fields)
	store<u64>(hart, after, HART_MSTATUS)
	const moved = refreshRegimes()
	if ((before ^ after) & STATUS_MXR) {
		// Read permissions in the tables come from the old MXR.
		flushTables(FLUSH_CAUSE_STATUS_CHANGE)
		return CSR_STATUS_RESTART
	}
	return moved ? CSR_STATUS_RESTART : doneUnlessInterrupt()
}
