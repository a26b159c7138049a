/** In which order the host performs plain accesses: what generated code has to add depends on it. */

/** `total-store`: only a store may be overtaken, by a later load. `weak`: anything may be that no fence or atomic access orders. */
export const hostOrders = ['total-store', 'weak'] as const
export type HostOrder = (typeof hostOrders)[number]

const totalStoreArchitectures: readonly string[] = ['x64', 'ia32']

/** This host's; generated code is for the machine that generates it. */
export const hostOrder: HostOrder = totalStoreArchitectures.includes(process.arch) ? 'total-store' : 'weak'
