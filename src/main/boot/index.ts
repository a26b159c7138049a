/** Booting: loads kernels and firmware, makes the device tree, and places everything in memory. */
export type {BootOptions, BootPlan, Entry, Segment} from './boot-plan.ts'
export {loadElf} from './elf.ts'
export {planBoot} from './plan.ts'
export {GuestSymbols, readSymbols} from './symbols.ts'
