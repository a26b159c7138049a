/** The TLBs' counters as plain objects. */
import {type LatencySummary, summarizeLatency} from '../rcu/index.ts'
import type {Tables} from './flush-policy.ts'
import {type FlushCosts, type MissStatistics, readFlushCosts, readMisses} from './shadow.ts'
import {tableLog2Entries} from './table.ts'
import type {PoolStatistics} from './table-pool.ts'
import {FlushCause, regimeCount, TlbState} from './tlb-layout.ts'
import {TlbShared} from './tlb-shared.ts'

/** One vCPU's. */
export type TlbStatistics = Readonly<{
	fills: number
	flushes: Readonly<Record<keyof typeof FlushCause, number>>
	/** Tables that a flush replaced, undid by their log, cleared, gave a new generation, and found empty. */
	swaps: number
	undone: number
	cleared: number
	generations: number
	elided: number
	/** Tables of another size that took a table's place. */
	resizes: number
	/** Flushes that found no cleared table. */
	poolDry: number
	pageFlushes: number
	/** Writes of satp that found the address space as the hart left it, fenced meanwhile, or not at all. */
	spaces: Readonly<{hits: number; stale: number; misses: number}>
	/** By Regime: M, bare, S, S with SUM, U. Entries of the table that is in use. */
	epochs: readonly number[]
	entries: readonly number[]
	/** With `--tlb statistics=on` or `all` only. */
	misses?: MissStatistics
	flushCosts?: FlushCosts
}>

export type SharedTlbStatistics = PoolStatistics &
	Readonly<{
		/** From the start of a remote flush until every target has passed, microseconds. */
		remoteFlushes: LatencySummary
		/** From the retirement of a table until it is cleared, microseconds. With `--tlb statistics=on` or `all` only. */
		clearing?: LatencySummary
	}>

/** @param state offset of the vCPU's TlbState. */
export function readTlbStatistics(tables: Tables, state: number): TlbStatistics {
	const words = tables.memory.i32
	// Statistics: the loads order nothing.
	const value = (offset: number) => Atomics.load(words, (state + offset) >>> 2) >>> 0
	const shadow = value(TlbState.offset.shadow)
	const flushes = Object.fromEntries(
		Object.entries(FlushCause).map(([name, cause]) => [name, value(TlbState.offset.flushes + cause * 4)]),
	)
	return {
		fills: Number(Atomics.load(tables.memory.i64, (state + TlbState.offset.fills) >>> 3)),
		flushes: flushes as Record<keyof typeof FlushCause, number>,
		swaps: value(TlbState.offset.swaps),
		undone: value(TlbState.offset.undone),
		cleared: value(TlbState.offset.cleared),
		generations: value(TlbState.offset.generations),
		resizes: value(TlbState.offset.resizes),
		elided: value(TlbState.offset.elided),
		poolDry: value(TlbState.offset.poolDry),
		pageFlushes: value(TlbState.offset.pageFlushes),
		spaces: {
			hits: value(TlbState.offset.spaceHits),
			stale: value(TlbState.offset.spaceStale),
			misses: value(TlbState.offset.spaceMisses),
		},
		entries: Array.from(
			{length: regimeCount},
			(_, regime) => 2 ** tableLog2Entries(value(TlbState.offset.descriptor + regime * 4)),
		),
		epochs: Array.from({length: regimeCount}, (_, regime) => value(TlbState.offset.epoch + regime * 4)),
		...(shadow !== 0 && {
			misses: readMisses(tables.memory, shadow),
			flushCosts: readFlushCosts(tables.memory, shadow),
		}),
	}
}

/** @param shared offset of the TlbShared. @param timesClearing whether that was measured. */
export function sharedTlbStatistics(
	tables: Tables,
	shared: number,
	{timesClearing}: {timesClearing: boolean},
): SharedTlbStatistics {
	const total = {tables: 0, free: 0, retired: 0, recycled: 0, waiting: 0}
	let quarantine: PoolStatistics['quarantine']
	for (const pool of tables.pools) {
		if (!pool) continue
		const statistics = pool.statistics()
		for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += statistics[name]
		quarantine = sumOf(quarantine, statistics.quarantine)
	}
	const latency = (field: 'remoteFlushes' | 'clearing') =>
		summarizeLatency(tables.memory.i32, shared + TlbShared.offset[field])
	return {
		...total,
		...(quarantine && {quarantine}),
		remoteFlushes: latency('remoteFlushes'),
		...(timesClearing && {clearing: latency('clearing')}),
	}
}

function sumOf(one: PoolStatistics['quarantine'], other: PoolStatistics['quarantine']): PoolStatistics['quarantine'] {
	if (!one || !other) return one ?? other
	return {
		tables: one.tables + other.tables,
		checks: one.checks + other.checks,
		heldBack: one.heldBack + other.heldBack,
	}
}
