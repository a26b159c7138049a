/** Physical memory protection: the registers, stored and not enforced. Privileged spec, "Physical Memory Protection CSRs". */
import {HART_PMPADDR, HART_PMPCFG} from '../../../build/hart/offsets'
import {found, DONE, ILLEGAL} from './csr-value'
import {hart} from './hart'

export const CSR_PMPCFG0: i32 = 0x3a0
export const CSR_PMPADDR0: i32 = 0x3b0
/** Entries that can be written; the others are read-only zero. */
const ENTRIES: i32 = 16
const ADDRESSES: i32 = 64
const ADDRESS_BITS: u64 = ((<u64>1) << 54) - 1

const CFG_R: u8 = 1
const CFG_W: u8 = 2
const CFG_A: u8 = 0x18
const CFG_TOR: u8 = 0x08
const CFG_L: u8 = 0x80
/** L, A, X, W, R. */
const CFG_FIELDS: u8 = 0x9f

/** Where an entry's configuration byte lies: RV64 has the even-numbered pmpcfg CSRs only, with eight entries each. */
function cfgAt(entry: i32): u32 {
	return hart + HART_PMPCFG + (entry >> 3) * 16 + (entry & 7)
}

export function readPmp(number: i32): i32 {
	if (number >= CSR_PMPADDR0) {
		if (number >= CSR_PMPADDR0 + ADDRESSES) return ILLEGAL
		return found(load<u64>(hart + ((number - CSR_PMPADDR0) << 3), HART_PMPADDR))
	}
	if (number & 1) return ILLEGAL
	return found(load<u64>(hart + ((number - CSR_PMPCFG0) << 3), HART_PMPCFG))
}

export function writePmp(number: i32, value: u64): i32 {
	if (number >= CSR_PMPADDR0) writeAddress(number - CSR_PMPADDR0, value)
	else writeConfiguration((number - CSR_PMPCFG0) * 4, value)
	return DONE
}

function writeAddress(entry: i32, value: u64): void {
	if (entry >= ENTRIES || load<u8>(cfgAt(entry)) & CFG_L) return
	// A locked top-of-range entry locks the address below it too.
	if (entry + 1 < ENTRIES && (load<u8>(cfgAt(entry + 1)) & (CFG_L | CFG_A)) == (CFG_L | CFG_TOR)) return
	store<u64>(hart + (entry << 3), value & ADDRESS_BITS, HART_PMPADDR)
}

function writeConfiguration(first: i32, value: u64): void {
	if (first >= ENTRIES) return
	for (let i = 0; i < 8; i++) {
		const place = cfgAt(first + i)
		const byte = <u8>(value >> (8 * i)) & CFG_FIELDS
		// W without R is reserved: such a write leaves the entry as it is.
		if (load<u8>(place) & CFG_L || (byte & (CFG_R | CFG_W)) == CFG_W) continue
		store<u8>(place, byte)
	}
}
