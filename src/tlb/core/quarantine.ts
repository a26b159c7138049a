/**
 * The bytes of tables in quarantine, with `--tlb debug=on` (src/tlb/quarantine.ts).
 *
 * Plain accesses: no thread may find such a table, and the caller has taken it from its queue. What a thread that breaks this
 * rule stores may be missed, if it comes at the very moment of a check.
 */
import {CANARY_WORD, TLB_TRAILER_FILLED, TLB_TRAILER_SIZE} from '../../../build/hart/offsets'
import {tableOf, trailerOf} from './table'

const CANARY: u64 = ((<u64>CANARY_WORD) << 32) | CANARY_WORD

/** Fills entries and trailer. `filled` becomes 0, so that a walk that begins with this table is noticed, too. */
export function fillCanary(descriptor: u32): void {
	const end = endOf(descriptor)
	for (let at = tableOf(descriptor); at < end; at += 8) store<u64>(at, CANARY)
	store<u32>(trailerOf(descriptor), 0, TLB_TRAILER_FILLED)
}

/** @param from place of a word in the table; 0 = its first. @returns that of the first one from there on that was changed, or 0. */
export function findChange(descriptor: u32, from: u32): u32 {
	const end = endOf(descriptor)
	const filled = trailerOf(descriptor) + TLB_TRAILER_FILLED
	let at = from != 0 ? from : tableOf(descriptor)
	if ((at & 4) != 0) {
		if (isChanged(at, filled)) return at
		at += 4
	}
	for (; at < end; at += 8) {
		if (load<u64>(at) == CANARY) continue
		if (isChanged(at, filled)) return at
		if (isChanged(at + 4, filled)) return at + 4
	}
	return 0
}

/** Zeroes all of a table, its log and its count of clearings included. */
export function wipeTable(descriptor: u32): void {
	const table = tableOf(descriptor)
	memory.fill(table, 0, endOf(descriptor) - table)
}

/** @returns the place of a table's first word that is not 0, or 0. */
export function findNonZero(descriptor: u32): u32 {
	const end = endOf(descriptor)
	for (let at = tableOf(descriptor); at < end; at += 8) {
		if (load<u64>(at) != 0) return load<u32>(at) != 0 ? at : at + 4
	}
	return 0
}

function isChanged(at: u32, filled: u32): bool {
	return load<u32>(at) != (at == filled ? 0 : CANARY_WORD)
}

function endOf(descriptor: u32): u32 {
	return trailerOf(descriptor) + TLB_TRAILER_SIZE
}
