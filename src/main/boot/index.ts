/** Booting: loaders for kernels and firmware, the device tree, and where everything goes. */
export type {BootOptions, BootPlan, Entry, Segment} from './boot-plan.ts'
export {planBoot} from './plan.ts'
