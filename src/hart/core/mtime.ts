/** mtime, which the time CSR shows. */
import {time} from './env'

/** Of what the guest has added to the machine's clock: the offset in shared memory. */
let offsetAt: u32 = 0

/** Called by attach(), once. */
export function attachMtime(mtimeOffsetAt: u32): void {
	offsetAt = mtimeOffsetAt
}

export function mtime(): u64 {
	// Acquire: a hart that has seen what another did after it wrote mtime reads the new time. Pairs with the store in
	// src/board/aclint.ts.
	return <u64>time() + atomic.load<u64>(offsetAt)
}
