/**
 * The heaps of a machine's threads. V8 lets the young generation of each grow to 32 MiB and more, and keeps it; ours allocate
 * little that lives. Measured in docs/benchmarks.md, "Footprint".
 */
import type {ResourceLimits} from 'node:worker_threads'

/** MiB: a third of it is one semi-space. A helper, which translates, allocates more at once than a hart does. */
export const heapLimits = {
	vcpu: {maxYoungGenerationSizeMb: 3},
	helper: {maxYoungGenerationSizeMb: 6},
	io: {maxYoungGenerationSizeMb: 6},
} as const satisfies Record<string, ResourceLimits>
