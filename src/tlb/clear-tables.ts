/** The helper pool's job: clear retired tables and give them back. */
import type {SharedMemory} from '../memory/index.ts'
import {Rcu} from '../rcu/index.ts'
import type {TableOperations} from './table-operations.ts'
import {tablePools} from './tlb.ts'
import type {TlbConfig} from './tlb-config.ts'

/** Grace periods last a vCPU's slice, some hundred microseconds, and longer where vCPUs outnumber cores. Milliseconds. */
const [pause, longestJob] = [1, 50]

/**
 * Clears and recycles all tables whose grace period has elapsed; while so many others wait for theirs that the pool may
 * run dry, looks again, for a bounded time. Any thread that may sleep. @returns how many.
 */
export function clearRetired(memory: SharedMemory, config: TlbConfig, operations: TableOperations): number {
	const pools = tablePools(memory, {rcu: new Rcu(memory), config, operations}).filter((pool) => pool !== undefined)
	const bed = new Int32Array(new SharedArrayBuffer(4))
	let recycled = 0
	for (let waited = 0; waited <= longestJob; waited += pause) {
		for (const pool of pools) recycled += pool.recycleRetired()
		if (!pools.some((pool) => pool.wantsClearing)) break
		// Nobody wakes it: the time-out is the point.
		Atomics.wait(bed, 0, 0, pause)
	}
	return recycled
}
