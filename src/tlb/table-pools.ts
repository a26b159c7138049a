/** A machine's pools of tables: one for each size class. */
import type {SharedMemory} from '../memory/index.ts'
import type {Rcu} from '../rcu/index.ts'
import {flushPolicies} from './flush-policy.ts'
import type {TableOperations} from './table-operations.ts'
import {TablePool} from './table-pool.ts'
import {tagBias} from './tag-encoding.ts'
import {designOf, shadowSizeOf, sizeClasses, type TlbConfig} from './tlb-config.ts'
import {Emptying, generationStep} from './tlb-layout.ts'
import {TlbShared} from './tlb-shared.ts'

export type PoolOptions = Readonly<{
	rcu: Rcu
	config: TlbConfig
	/** Over the same memory: on a vCPU's thread its hart core's, elsewhere tableOperations(). */
	operations: TableOperations
	/** Called on the retiring thread when retired tables should be cleared soon; it must not block. */
	needsClearing?: (() => void) | undefined
}>

/** By log2 of their entries. */
export function tablePools(
	memory: SharedMemory,
	{rcu, config, operations, needsClearing}: PoolOptions,
): readonly (TablePool | undefined)[] {
	const start = memory.region('tlb').offset
	const {policy, encoding} = designOf(config)
	const {zeroing, emptying} = flushPolicies[policy]
	const generation = emptying === Emptying.nextGeneration ? generationStep : 0
	const common = {
		...{memory, rcu, operations, zeroing, generation, tagBias: tagBias[encoding], needsClearing},
		clearing: shadowSizeOf(config) ? start + TlbShared.offset.clearing : undefined,
	}
	const pools: (TablePool | undefined)[] = []
	for (const {offset, ...size} of sizeClasses(config)) {
		pools[size.log2Entries] = new TablePool({...common, ...size, offset: start + offset})
	}
	return pools
}
