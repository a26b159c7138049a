/** A vCPU's tables, for their owner: words of its TlbState. `block`: offset of the vCPU's block in shared memory. */
import {TLB_DESCRIPTOR, TLB_TAG_BIAS, TLB_UNDO_LIMIT} from '../../../build/hart/offsets'

/** @returns the regime's descriptor: table address | log2(entries). */
export function descriptorOf(block: u32, regime: u32): u32 {
	// Acquire: the table's cleared entries are visible. Pairs with the exchange in publish() of src/tlb/flush-policy.ts.
	return atomic.load<u32>(block + (regime << 2), TLB_DESCRIPTOR)
}

/** Plain, as undoLimitOf(): written before this vCPU runs. */
export function tagBiasOf(block: u32): u32 {
	return load<u32>(block, TLB_TAG_BIAS)
}

/** -1: no table that was filled is undone. */
export function undoLimitOf(block: u32): i32 {
	return load<i32>(block, TLB_UNDO_LIMIT)
}
