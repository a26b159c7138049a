/**
 * Whether other harts have the guest's memory, too. `alone`: the machine has one hart, and what an AMO or an SC does is a load
 * and a store, as under QEMU. aq and rl order accesses for other harts only (unprivileged spec, "Specifying Ordering of
 * Atomic Instructions"); FENCE, which is for devices as well, stays a fence. A word that a device writes at the same moment
 * may lose what it wrote.
 */
export type Sharing = 'alone' | 'shared'
