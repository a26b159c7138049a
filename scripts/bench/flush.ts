/**
 * What a flush costs the thread that flushes, by table size and flush policy: every entry of the three translated regimes'
 * tables is filled, 4 MiB of other data are touched, then the flush is timed. Another thread clears the retired tables.
 */
import {Worker} from 'node:worker_threads'
import {layOut, SharedMemory, VcpuBlocks} from '../../src/memory/index.ts'
import {Rcu, rcuRegion} from '../../src/rcu/index.ts'
import {
	FlushCause,
	type FlushPolicyName,
	Regime,
	regimeCount,
	Tlb,
	type TlbConfig,
	TlbEntry,
	TlbState,
	tableAddress,
	tlbRegion,
	tlbStateOffset,
	trailerWord,
} from '../../src/tlb/index.ts'
import type {ClearerData} from './flush-clearer.ts'

/** Nanoseconds. */
type Cost = Readonly<{median: number; quartiles: readonly [number, number]; p99: number; poolDry: number}>
type Row = Readonly<{policy: FlushPolicyName; log2Entries: number}> & Cost

const smallest = 6
const largest = 14
/** The sizes take turns, so that a disturbance does not hit one of them alone. */
const rounds = 10

/** Stands for the guest's own data: every size's flush begins with equally cold caches. */
const guestData = new Float64Array(2 ** 20 / 2)
function sweepCaches(): void {
	for (let line = 0; line < guestData.length; line += 8) guestData[line] = (guestData[line] ?? 0) + 1
}

class Bench {
	readonly config: TlbConfig & {log2Entries: number; policy: FlushPolicyName}
	readonly memory: SharedMemory
	readonly #tlb: Tlb
	readonly #state: number
	readonly #samples: number[] = []

	constructor(policy: FlushPolicyName, log2Entries: number) {
		const config = {vcpus: 1, log2Entries, policy}
		const map = layOut([{name: 'vcpu', size: 4096, align: 4096}, rcuRegion(1), tlbRegion(config)])
		this.config = config
		this.memory = SharedMemory.create(map)
		const blocks = new VcpuBlocks(this.memory, 1)
		this.#tlb = new Tlb(this.memory, {blocks, rcu: new Rcu(this.memory), config})
		this.#tlb.initialize(0)
		this.#state = blocks.base(0) + tlbStateOffset
	}

	/** @returns whether the sample counts: the pool was not dry. */
	sample(keep: 'keep' | 'warm up'): void {
		this.#tlb.enter(0)
		this.#fillTables()
		sweepCaches()
		const began = performance.now()
		this.#tlb.flush(0, FlushCause.sfenceAll)
		const nanoseconds = (performance.now() - began) * 1e6
		this.#tlb.leave(0)
		if (keep === 'keep') this.#samples.push(nanoseconds)
		// The clearer catches up outside the timing.
		while (this.#tlb.sharedStatistics().free < 2 * regimeCount) Atomics.wait(this.memory.i32, 0, 0, 1)
	}

	#fillTables(): void {
		const words = this.memory.i32
		for (let regime: number = Regime.supervisor; regime < regimeCount; regime++) {
			const descriptor = Atomics.load(words, (this.#state + TlbState.offset.descriptor + regime * 4) >>> 2)
			const entries = 1 << this.config.log2Entries
			Atomics.store(words, trailerWord(descriptor, 'filled'), 1)
			for (let entry = 0; entry < entries; entry++) {
				const start = (tableAddress(descriptor) + entry * TlbEntry.size) >>> 2
				// Plain: this thread owns the table. Both halves of three tags, and the addend.
				for (let word = 0; word < 8; word++) words[start + word] = entry << 12
			}
		}
	}

	row(): Row {
		const sorted = this.#samples.toSorted((a, b) => a - b)
		const at = (fraction: number) => Math.round(sorted[Math.floor((sorted.length - 1) * fraction)] ?? 0)
		const {policy, log2Entries} = this.config
		const {poolDry} = this.#tlb.tlbStatistics(0)
		return {policy, log2Entries, median: at(0.5), quartiles: [at(0.25), at(0.75)], p99: at(0.99), poolDry}
	}
}

function print(rows: readonly Row[]): void {
	console.log('flush of three full tables, cost to the flushing thread in µs')
	console.log('policy      entries    median   quartiles          p99   pool dry')
	const micro = (nanoseconds: number) => (nanoseconds / 1000).toFixed(2)
	for (const {policy, log2Entries, median, quartiles, p99, poolDry} of rows) {
		const columns = [
			policy.padEnd(10),
			String(2 ** log2Entries).padStart(8),
			micro(median).padStart(9),
			`  ${quartiles.map(micro).join(' – ')}`.padEnd(18),
			micro(p99).padStart(7),
			String(poolDry).padStart(10),
		]
		console.log(columns.join(' '))
	}
}

export async function benchFlush({json, flushes}: Readonly<{json: boolean; flushes: number}>): Promise<void> {
	const benches: Bench[] = []
	for (const policy of ['swap-pool', 'clear'] as const) {
		for (let log2Entries = smallest; log2Entries <= largest; log2Entries++) benches.push(new Bench(policy, log2Entries))
	}
	const workerData: ClearerData = benches.map(({memory, config}) => ({memory: memory.memory, map: memory.map, config}))
	const clearer = new Worker(new URL('flush-clearer.ts', import.meta.url), {workerData})
	for (let round = 0; round < 200; round++) for (const bench of benches.slice(0, 12)) bench.sample('warm up')
	for (let round = 0; round < rounds; round++) {
		for (const bench of benches) {
			bench.sample('warm up')
			for (let flush = 0; flush < flushes / rounds; flush++) bench.sample('keep')
		}
	}
	const rows = benches.map((bench) => bench.row())
	if (json) console.log(JSON.stringify(rows))
	else print(rows)
	await clearer.terminate()
}
