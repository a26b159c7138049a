/**
 * Cache-block operations: Zicboz's cbo.zero and Zicbom's cbo.inval, cbo.clean and cbo.flush. Unprivileged spec, "CMO"
 * Extensions.
 */
import {
	BLOCK_STATUS_DONE,
	BLOCK_STATUS_ILLEGAL,
	BLOCK_STATUS_TRAP,
	ENVCFG_CBCFE,
	ENVCFG_CBIE,
	ENVCFG_CBZE,
	HART_MENVCFG,
	HART_PRIVILEGE,
	HART_SENVCFG,
	PRIVILEGE_MACHINE,
	PRIVILEGE_USER,
	RUN_TRAP_CAUSE,
} from '../../../build/hart/offsets'
import {ACCESS_LOAD, ACCESS_STORE, accessFault, pageFault} from './access'
import {afterStore, beforeStore} from './code-stores'
import {hart, raise} from './hart'
import {place, trackedPage, translate} from './translation'

const BLOCK_BYTES: u32 = 64

const OPERATION_INVAL: i32 = 0

/** cbo.zero. @returns a BlockStatus. */
export function zeroBlock(gva: u64): i32 {
	if (!enabled(ENVCFG_CBZE)) return BLOCK_STATUS_ILLEGAL
	if (!translateBlock(gva, ACCESS_STORE)) return BLOCK_STATUS_TRAP
	if (!beforeStore(trackedPage, place, BLOCK_BYTES)) return BLOCK_STATUS_TRAP
	// Plain: guest stores.
	memory.fill(place, 0, BLOCK_BYTES)
	afterStore(trackedPage, place, BLOCK_BYTES)
	return BLOCK_STATUS_DONE
}

/**
 * Memory is coherent with every device, so this only checks permissions and that the address may be loaded from. (What
 * may be stored to may be loaded from as well: W without R is reserved, in PTEs and in PMP.)
 * @param operation 0 inval, 1 clean, 2 flush. @returns as zeroBlock().
 */
export function manageBlock(gva: u64, operation: i32): i32 {
	if (!enabled(operation == OPERATION_INVAL ? ENVCFG_CBIE : ENVCFG_CBCFE)) return BLOCK_STATUS_ILLEGAL
	return translateBlock(gva, ACCESS_LOAD) ? BLOCK_STATUS_DONE : BLOCK_STATUS_TRAP
}

/** Below M, menvcfg has to allow it, and in U senvcfg too. */
function enabled(field: u64): bool {
	const privilege = load<u32>(hart, HART_PRIVILEGE)
	if (privilege == PRIVILEGE_MACHINE) return true
	if (!(load<u64>(hart, HART_MENVCFG) & field)) return false
	return privilege != PRIVILEGE_USER || (load<u64>(hart, HART_SENVCFG) & field) != 0
}

/**
 * Sets `place` to the start of gva's block.
 * @returns 1, or 0 with the exception raised: a store's, whatever the access.
 */
function translateBlock(gva: u64, access: u32): i32 {
	let cause = accessFault(ACCESS_STORE)
	if (translate(gva & ~(<u64>BLOCK_BYTES - 1), BLOCK_BYTES, access)) {
		if (place != 0) return 1
	} else if (load<u64>(hart, RUN_TRAP_CAUSE) == pageFault(access)) {
		cause = pageFault(ACCESS_STORE)
	}
	raise(cause, gva)
	return 0
}
