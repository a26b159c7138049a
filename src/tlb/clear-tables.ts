/** The helper pool's job: clear retired tables and give them back. */
import type {SharedMemory} from '../memory/index.ts'
import {Rcu} from '../rcu/index.ts'
import {tablePools} from './tlb.ts'
import type {TlbConfig} from './tlb-config.ts'

/** Clears and recycles all tables whose grace period has elapsed. Any thread. @returns how many. */
export function clearRetired(memory: SharedMemory, config: TlbConfig): number {
	return tablePools(memory, new Rcu(memory), config).reduce((total, pool) => total + (pool?.recycleRetired() ?? 0), 0)
}
