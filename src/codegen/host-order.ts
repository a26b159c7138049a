/** The order in which the host performs plain accesses. It decides which fences generated code needs. */

/** `total-store`: only a load may pass an earlier store. `weak`: anything may, unless a fence or atomic orders it. */
export const hostOrders = ['total-store', 'weak'] as const
export type HostOrder = (typeof hostOrders)[number]

const totalStoreArchitectures: readonly string[] = ['x64', 'ia32']

/** This host's; code is generated on the machine that runs it. */
export const hostOrder: HostOrder = totalStoreArchitectures.includes(process.arch) ? 'total-store' : 'weak'
