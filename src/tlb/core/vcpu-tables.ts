/** A vCPU's tables, for their owner: words of its TlbState. `block`: offset of the vCPU's block in shared memory. */
import {
	TLB_DESCRIPTOR,
	TLB_EMPTYING,
	TLB_INDEX_HASH,
	TLB_LARGE_PAGES,
	TLB_SIZING,
	TLB_TAG_BIAS,
	TLB_UNDO_LIMIT,
	TLB_VICTIMS,
} from '../../../build/hart/offsets'

/** @returns the regime's descriptor: table address | generation | log2(entries). */
export function descriptorOf(block: u32, regime: u32): u32 {
	// Acquire: the table's cleared entries are visible. Pairs with the exchange in publish() of src/tlb/flush-policy.ts.
	return atomic.load<u32>(placeOfDescriptor(block, regime))
}

export function placeOfDescriptor(block: u32, regime: u32): u32 {
	return block + (regime << 2) + TLB_DESCRIPTOR
}

/** Plain, as undoLimitOf(): written before this vCPU runs. */
export function tagBiasOf(block: u32): u32 {
	return load<u32>(block, TLB_TAG_BIAS)
}

/** Whether tables change their size. */
export function changesSizes(block: u32): bool {
	return load<u32>(block, TLB_SIZING) != 0
}

export function keepsVictims(block: u32): bool {
	return load<u32>(block, TLB_VICTIMS) != 0
}

/** Whether tables have places for 2 MiB pages. */
export function keepsLargePages(block: u32): bool {
	return load<u32>(block, TLB_LARGE_PAGES) != 0
}

/** All ones or 0: see entryOf() in table.ts. */
export function indexHashOf(block: u32): u32 {
	return load<u32>(block, TLB_INDEX_HASH)
}

/** EMPTYING_…: what becomes of tables that are not undone. */
export function emptyingOf(block: u32): u32 {
	return load<u32>(block, TLB_EMPTYING)
}

/** -1: no table that was filled is undone. */
export function undoLimitOf(block: u32): i32 {
	return load<i32>(block, TLB_UNDO_LIMIT)
}
