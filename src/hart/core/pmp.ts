/**
 * Physical memory protection: the physical addresses that an access may touch. Privileged spec, "Physical Memory
 * Protection".
 */
import {HART_PMPADDR, HART_PMPCFG, PAGE_BYTES} from '../../../build/hart/offsets'
import {hart} from './hart'
import {MAY_ALL, MAY_EXECUTE, MAY_READ, MAY_WRITE} from './regimes'

/** Entries that can be configured; the registers of the others are read-only zero. */
export const PMP_ENTRIES: u32 = 16

export const PMP_R: u8 = 1
export const PMP_W: u8 = 2
export const PMP_X: u8 = 4
/** A: how the entry matches. */
export const PMP_A: u8 = 0x18
export const PMP_TOR: u8 = 0x08
export const PMP_NA4: u8 = 0x10
/** Locked: not writable before the next reset, and in force for M-mode too. */
export const PMP_L: u8 = 0x80

/** Besides MAY_ bits: an entry begins or ends inside the range, so that parts of it have different permissions. */
export const PMP_SPLIT: u32 = 8

/** Where an entry's configuration byte lies: RV64 has the even-numbered pmpcfg CSRs only, with eight entries each. */
export function pmpConfigurationAt(entry: u32): u32 {
	return hart + HART_PMPCFG + (entry >> 3) * 16 + (entry & 7)
}

export function pmpAddressAt(entry: u32): u32 {
	return hart + HART_PMPADDR + (entry << 3)
}

/**
 * Permissions for all of a physical range. The lowest-numbered entry that matches any of its bytes decides.
 * @param machine not 0: M-mode, which only locked entries bind. @returns MAY_ bits, or PMP_SPLIT.
 */
export function pmpRange(gpa: u64, bytes: u64, machine: u32): u32 {
	const last = gpa + bytes - 1
	// pmpaddr of the entry before, in bytes.
	let below: u64 = 0
	for (let entry: u32 = 0; entry < PMP_ENTRIES; entry++) {
		const configuration = load<u8>(pmpConfigurationAt(entry))
		const address = load<u64>(pmpAddressAt(entry))
		const mode = configuration & PMP_A
		const bottom = below
		below = address << 2
		if (mode == 0) continue
		let first: u64
		let end: u64
		if (mode == PMP_TOR) {
			if (bottom >= below) continue
			first = bottom
			end = below - 1
		} else {
			// NAPOT: the lowest zero bit of the address and the ones below it give the size. NA4 has none of them.
			const inside = mode == PMP_NA4 ? 3 : ((address ^ (address + 1)) << 2) | 3
			first = below & ~inside
			end = first + inside
		}
		if (last < first || gpa > end) continue
		if (gpa < first || last > end) return PMP_SPLIT
		if (machine != 0 && !(configuration & PMP_L)) return MAY_ALL
		return mayOf(configuration)
	}
	return machine != 0 ? MAY_ALL : 0
}

function mayOf(configuration: u8): u32 {
	let may: u32 = 0
	if (configuration & PMP_R) may |= MAY_READ
	if (configuration & PMP_W) may |= MAY_WRITE
	if (configuration & PMP_X) may |= MAY_EXECUTE
	return may
}

/** @returns MAY_ bits for every byte of gpa's page, or PMP_SPLIT: then each access is checked by itself. */
export function pmpPage(gpa: u64, machine: u32): u32 {
	return pmpRange(gpa & ~(<u64>PAGE_BYTES - 1), PAGE_BYTES, machine)
}

/** @returns MAY_ bits for one access; none if an entry begins or ends inside it. */
export function pmpAccess(gpa: u64, bytes: u32, machine: u32): u32 {
	return pmpRange(gpa, bytes, machine) & MAY_ALL
}
