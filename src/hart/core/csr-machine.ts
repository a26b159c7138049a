/** M-level CSRs. Privileged spec, "Machine-Level CSRs"; performance counters and triggers are read-only zero. */
import {
	CSR_STATUS_DONE,
	CSR_STATUS_ILLEGAL,
	CSR_STATUS_RESTART,
	ENVCFG_ADUE,
	ENVCFG_PBMTE,
	ENVCFG_STCE,
	FLUSH_CAUSE_STATUS_CHANGE,
	HART_HART_ID,
	HART_MCAUSE,
	HART_MCOUNTEREN,
	HART_MCOUNTINHIBIT,
	HART_MEDELEG,
	HART_MENVCFG,
	HART_MEPC,
	HART_MIDELEG,
	HART_MIE,
	HART_MIP_SOFTWARE,
	HART_MSCRATCH,
	HART_MSECCFG,
	HART_MTVAL,
	HART_MTVEC,
	MIP_ALL,
	MIP_STIP,
	MIP_SUPERVISOR,
	SECCFG_SSEED,
	SECCFG_USEED,
} from '../../../build/hart/offsets'
import {COUNTERS, cycles, instructions, refreshTimer, setCycles, setInhibit, setInstructions} from './counters'
import {CSR_PMPCFG0, readPmp, writePmp} from './csr-pmp'
import {CSR_MIP, ENVCFG_BELOW, legalEnvironment, legalPc, legalVector} from './csr-supervisor'
import {doneUnlessInterrupt, found} from './csr-value'
import {hart} from './hart'
import {pending} from './interrupts'
import {mstatus, writeMstatus} from './status'
import {flushTables} from './tlb-flush'

/** MXL = 2 (64 bits), extensions A C D F I M S U. */
const MISA: u64 =
	((<u64>2) << 62) | (1 << 0) | (1 << 2) | (1 << 3) | (1 << 5) | (1 << 8) | (1 << 12) | (1 << 18) | (1 << 20)
/** Exceptions 0–9, 12, 13 and 15. */
const DELEGABLE: u64 = 0xb3ff

const CSR_MCOUNTINHIBIT: i32 = 0x320
const CSR_MCYCLE: i32 = 0xb00
const CSR_MINSTRET: i32 = 0xb02

export function readMachineCsr(number: i32): i32 {
	switch (number) {
		case 0x300: // mstatus
			return found(mstatus())
		case 0x301: // misa
			return found(MISA)
		case 0x302: // medeleg
			return found(load<u64>(hart, HART_MEDELEG))
		case 0x303: // mideleg
			return found(load<u64>(hart, HART_MIDELEG))
		case 0x304: // mie
			return found(load<u64>(hart, HART_MIE))
		case 0x305: // mtvec
			return found(load<u64>(hart, HART_MTVEC))
		case 0x306: // mcounteren
			return found(load<u64>(hart, HART_MCOUNTEREN))
		case 0x30a: // menvcfg
			return found(load<u64>(hart, HART_MENVCFG))
		case CSR_MCOUNTINHIBIT:
			return found(load<u64>(hart, HART_MCOUNTINHIBIT))
		case 0x340: // mscratch
			return found(load<u64>(hart, HART_MSCRATCH))
		case 0x341: // mepc
			return found(load<u64>(hart, HART_MEPC))
		case 0x342: // mcause
			return found(load<u64>(hart, HART_MCAUSE))
		case 0x343: // mtval
			return found(load<u64>(hart, HART_MTVAL))
		case 0x747: // mseccfg
			return found(load<u64>(hart, HART_MSECCFG))
		case CSR_MIP:
			return found(pending())
		case CSR_MCYCLE:
			return found(cycles())
		case CSR_MINSTRET:
			return found(instructions())
		case 0xf14: // mhartid
			return found(load<u32>(hart, HART_HART_ID))
		default:
			if (number >= CSR_PMPCFG0 && number < 0x400) return readPmp(number)
			return isReadOnlyZero(number) ? found(0) : CSR_STATUS_ILLEGAL
	}
}

function isReadOnlyZero(number: i32): bool {
	if (number >= 0x323 && number <= 0x33f) return true // mhpmevent3–31
	if (number >= 0xb03 && number <= 0xb1f) return true // mhpmcounter3–31
	if (number >= 0x7a0 && number <= 0x7a3) return true // tselect, tdata1–3: no triggers
	return number >= 0xf11 && number <= 0xf15 // mvendorid, marchid, mimpid, (mhartid,) mconfigptr
}

/** After readMachineCsr() found the CSR. */
export function writeMachineCsr(number: i32, value: u64): i32 {
	switch (number) {
		case 0x300: // mstatus
			return writeMstatus(value)
		case 0x302: // medeleg
			store<u64>(hart, value & DELEGABLE, HART_MEDELEG)
			return CSR_STATUS_DONE
		case 0x303: // mideleg
			store<u64>(hart, value & MIP_SUPERVISOR, HART_MIDELEG)
			return doneUnlessInterrupt()
		case 0x304: // mie
			store<u64>(hart, value & MIP_ALL, HART_MIE)
			return doneUnlessInterrupt()
		case 0x305: // mtvec
			if (legalVector(value)) store<u64>(hart, value, HART_MTVEC)
			return CSR_STATUS_DONE
		case 0x306: // mcounteren
			store<u64>(hart, value & COUNTERS, HART_MCOUNTEREN)
			return CSR_STATUS_DONE
		case 0x30a: // menvcfg
			return writeEnvironment(value)
		case 0x747: // mseccfg
			store<u64>(hart, value & (SECCFG_SSEED | SECCFG_USEED), HART_MSECCFG)
			return CSR_STATUS_DONE
		case CSR_MCOUNTINHIBIT:
			setInhibit(value)
			return CSR_STATUS_DONE
		case 0x340: // mscratch
			store<u64>(hart, value, HART_MSCRATCH)
			return CSR_STATUS_DONE
		case 0x341: // mepc
			store<u64>(hart, legalPc(value), HART_MEPC)
			return CSR_STATUS_DONE
		case 0x342: // mcause
			store<u64>(hart, value, HART_MCAUSE)
			return CSR_STATUS_DONE
		case 0x343: // mtval
			store<u64>(hart, value, HART_MTVAL)
			return CSR_STATUS_DONE
		case CSR_MCYCLE:
			setCycles(value)
			return CSR_STATUS_DONE
		case CSR_MINSTRET:
			setInstructions(value)
			return CSR_STATUS_DONE
		default:
			if (number >= CSR_PMPCFG0 && number < 0x400) return writePmp(number, value)
			return CSR_STATUS_DONE // misa and the read-only zeros
	}
}

/** menvcfg. STCE decides whether software or stimecmp sets STIP; ADUE and PBMTE change what PTEs mean. */
function writeEnvironment(value: u64): i32 {
	const before = load<u64>(hart, HART_MENVCFG)
	const after = legalEnvironment(before, value, ENVCFG_BELOW | ENVCFG_ADUE | ENVCFG_PBMTE | ENVCFG_STCE)
	store<u64>(hart, after, HART_MENVCFG)
	const changed = before ^ after
	let status = CSR_STATUS_DONE
	if (changed & ENVCFG_STCE) {
		store<u64>(hart, load<u64>(hart, HART_MIP_SOFTWARE) & ~MIP_STIP, HART_MIP_SOFTWARE)
		status = refreshTimer()
	}
	if (!(changed & (ENVCFG_ADUE | ENVCFG_PBMTE))) return status
	flushTables(FLUSH_CAUSE_STATUS_CHANGE)
	return CSR_STATUS_RESTART
}
