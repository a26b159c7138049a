/** The helper pool's task: clears retired tables and recycles them. */
import type {SharedMemory} from '../memory/index.ts'
import {Rcu} from '../rcu/index.ts'
import type {TableOperations} from './table-operations.ts'
import {tablePools} from './table-pools.ts'
import type {TlbConfig} from './tlb-config.ts'

/** Milliseconds. A grace period lasts a vCPU's slice, some hundred microseconds; longer if vCPUs outnumber cores. */
const [pause, longestJob] = [1, 50]

/**
 * Clears and recycles all tables whose grace period has elapsed. While so many others are retired that the pool may run
 * dry, tries again, for a bounded time. Any thread that may sleep. @returns how many.
 */
export function clearRetired(memory: SharedMemory, config: TlbConfig, operations: TableOperations): number {
	const pools = tablePools(memory, {rcu: new Rcu(memory), config, operations}).filter((pool) => pool !== undefined)
	const bed = new Int32Array(new SharedArrayBuffer(4))
	let recycled = 0
	for (let waited = 0; waited <= longestJob; waited += pause) {
		for (const pool of pools) recycled += pool.recycleRetired()
		if (!pools.some((pool) => pool.wantsClearing)) break
		// Only sleeps: no thread notifies this word; orders nothing.
		Atomics.wait(bed, 0, 0, pause)
	}
	return recycled
}
