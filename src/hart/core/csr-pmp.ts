/** The PMP CSRs. Privileged spec, "Physical Memory Protection CSRs". */
import {
	CSR_STATUS_DONE,
	CSR_STATUS_ILLEGAL,
	CSR_STATUS_RESTART,
	FLUSH_CAUSE_PMP_WRITE,
	HART_PMPCFG,
} from '../../../build/hart/offsets'
import {found} from './csr-value'
import {hart} from './hart'
import {PMP_A, PMP_ENTRIES, PMP_L, PMP_R, PMP_TOR, PMP_W, pmpAddressAt, pmpConfigurationAt} from './pmp'
import {flushTables} from './tlb-flush'

export const CSR_PMPCFG0: i32 = 0x3a0
export const CSR_PMPADDR0: i32 = 0x3b0
const ADDRESSES: i32 = 64
const ADDRESS_BITS: u64 = ((<u64>1) << 54) - 1
/** L, A, X, W, R. */
const CFG_FIELDS: u8 = 0x9f

export function readPmp(number: i32): i32 {
	if (number >= CSR_PMPADDR0) {
		if (number >= CSR_PMPADDR0 + ADDRESSES) return CSR_STATUS_ILLEGAL
		return found(load<u64>(pmpAddressAt(number - CSR_PMPADDR0)))
	}
	if (number & 1) return CSR_STATUS_ILLEGAL
	return found(load<u64>(hart + ((number - CSR_PMPCFG0) << 3), HART_PMPCFG))
}

/** A change empties all tables: their entries hold the permissions of the old PMP. */
export function writePmp(number: i32, value: u64): i32 {
	const changed =
		number >= CSR_PMPADDR0
			? writeAddress(number - CSR_PMPADDR0, value)
			: writeConfiguration((number - CSR_PMPCFG0) * 4, value)
	if (!changed) return CSR_STATUS_DONE
	flushTables(FLUSH_CAUSE_PMP_WRITE)
	return CSR_STATUS_RESTART
}

/** @returns whether the register changed. */
function writeAddress(entry: u32, value: u64): bool {
	if (entry >= PMP_ENTRIES || load<u8>(pmpConfigurationAt(entry)) & PMP_L) return false
	// A locked top-of-range entry locks the address below it too.
	if (entry + 1 < PMP_ENTRIES) {
		if ((load<u8>(pmpConfigurationAt(entry + 1)) & (PMP_L | PMP_A)) == (PMP_L | PMP_TOR)) return false
	}
	const place = pmpAddressAt(entry)
	const before = load<u64>(place)
	store<u64>(place, value & ADDRESS_BITS)
	return load<u64>(place) != before
}

/** @returns whether an entry changed. */
function writeConfiguration(first: u32, value: u64): bool {
	if (first >= PMP_ENTRIES) return false
	let changed = false
	for (let i: u32 = 0; i < 8; i++) {
		const place = pmpConfigurationAt(first + i)
		const byte = <u8>(value >> (8 * i)) & CFG_FIELDS
		const before = load<u8>(place)
		// W without R is reserved: such a write leaves the entry unchanged.
		if (before & PMP_L || (byte & (PMP_R | PMP_W)) == PMP_W || byte == before) continue
		store<u8>(place, byte)
		changed = true
	}
	return changed
}
