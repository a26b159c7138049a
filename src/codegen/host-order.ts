/** The order in which the host performs plain accesses. It decides which fences generated code needs. */

/** `total-store`: only a load may pass an earlier store. `weak`: anything may, unless a fence or atomic orders it. */
export const hostOrders = ['total-store', 'weak'] as const
export type HostOrder = (typeof hostOrders)[number]

const totalStoreArchitectures: readonly string[] = ['x64', 'ia32']

/** This host's; code is generated on the machine that runs it. */
export const hostOrder: HostOrder = totalStoreArchitectures.includes(process.arch) ? 'total-store' : 'weak'

/** Sets of a FENCE's accesses, in bits: I and R, O and W. Unprivileged spec, "Memory Ordering Instructions". */
const reads = 0b1010
const writes = 0b0101
/** fm, predecessors and successors of FENCE.TSO, which orders no load after a store. */
const tso = 0b1000_0011_0011

/**
 * Whether a FENCE orders what the host itself may reorder. With total store order that is only a load after a store; and since
 * each access in a region begins with a branch to a call, V8 keeps the accesses in their order, too.
 */
export function needsFence(bits: number, order: HostOrder): boolean {
	if (order === 'weak') return true
	const sets = bits >>> 20
	return sets !== tso && ((sets >>> 4) & writes) !== 0 && (sets & reads) !== 0
}
