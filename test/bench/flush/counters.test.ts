import test from 'ava'
import {
	fullFlushes,
	manyhartCounters,
	manyhartLatencies,
	missShare,
	qemuCounters,
	tablesEmptied,
} from '../../../src/bench/flush/counters.ts'

const hart = (factor: number) => ({
	hart: factor,
	instructions: 1000 * factor,
	pageWalks: 10 * factor,
	mmioAccesses: 99,
	tlb: {
		flushes: {sfenceAll: factor, satpWrite: 10 * factor, remoteRange: 7, pmpWrite: 0},
		spaces: {hits: 4 * factor, stale: 1, misses: 2},
		swaps: 3 * factor,
		undone: 2,
		epochs: [1, 2, 3],
		misses: {sampledOneIn: 1, cold: 6 * factor, conflict: 2 * factor, flush: {sfenceAll: factor, satpWrite: factor}},
		flushCosts: {inPlace: {count: factor, median: 100, p99: 900, maximum: 5000}},
	},
})
const report = {
	smp: 2,
	statistics: {
		harts: [hart(1), hart(2)],
		rcu: {gracePeriods: 5, latency: {count: 5, median: 143, p99: 22527, maximum: 31619}},
		tlbPool: {tables: 266, remoteFlushes: {count: 9, median: 60, p99: 500, maximum: 900}},
	},
}
const counters = manyhartCounters(report)

test('counters are sums over the harts, by their path; what is no count is a latency', (t) => {
	t.like(counters, {
		instructions: 3000,
		pageWalks: 30,
		'flushes.satpWrite': 30,
		'spaces.hits': 12,
		'misses.flush.sfenceAll': 3,
		'flushCosts.inPlace.count': 3,
		'rcu.gracePeriods': 5,
		'tlbPool.remoteFlushes.count': 9,
	})
	t.deepEqual(
		Object.keys(counters).filter((name) => /median|p99|maximum|epochs|hart$/.test(name)),
		[],
	)
	t.like(manyhartLatencies(report), {'rcu.latency.median': 143, 'tlbPool.remoteFlushes.p99': 500})
	t.false('flushes.pmpWrite' in counters, 'those that are 0 are left out')
	t.deepEqual(manyhartCounters({}), {})
})

test('a write of satp that found its tables as they were is no full flush', (t) => {
	t.is(fullFlushes(counters), 3 + 30 - 12)
	t.is(fullFlushes(qemuCounters({full: 1, partial: 2, elided: 3})), undefined)
})

test('tables emptied are those of all ways here, and what QEMU counts as partial', (t) => {
	t.is(tablesEmptied(counters), 9 + 4)
	t.is(tablesEmptied(qemuCounters({full: 1, partial: 2, elided: 3})), 2)
	t.is(tablesEmptied({instructions: 5}), 0)
	t.is(tablesEmptied({}), undefined)
})

test('shares of misses add up to one', (t) => {
	t.is(missShare(counters, 'cold'), 18 / 30)
	t.is(missShare(counters, 'flushed'), 6 / 30)
	t.is(missShare({pageWalks: 1}, 'cold'), undefined)
})
