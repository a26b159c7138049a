/**
 * Cost of a flush to the flushing thread: the three translated regimes' tables are filled, 4 MiB of other data are
 * touched, then the flush is timed. Another thread clears the retired tables. Swap and clear, done by the run loop, are
 * measured by table size with every entry filled; undo, done by the hart core, by the number of filled entries.
 */
import {readFile} from 'node:fs/promises'
import {Worker} from 'node:worker_threads'
import {codeBuckets, codeCacheBytes} from '../../src/hart/code-cache.ts'
import {fieldOffset, VcpuBlock} from '../../src/hart/index.ts'
import {layOut, SharedMemory, VcpuBlocks} from '../../src/memory/index.ts'
import {Rcu, type RcuReader, rcuRegion} from '../../src/rcu/index.ts'
import {
	FlushCause,
	logCapacity,
	Regime,
	regimeCount,
	Tlb,
	type TlbConfig,
	type TlbDesign,
	TlbEntry,
	TlbState,
	tableAddress,
	tableOperations,
	tlbDesign,
	tlbRegion,
	trailerWord,
} from '../../src/tlb/index.ts'
import {fromRoot} from '../build/project.ts'
import type {ClearerData} from './flush-clearer.ts'

/** The policy clear, and swap-pool in both of its ways. */
type Kind = Readonly<{way: 'swap' | 'clear' | 'undo'; log2Entries: number; filled: number}>

/** Nanoseconds. */
type Cost = Readonly<{median: number; quartiles: readonly [number, number]; p99: number; poolDry: number}>
type Row = Kind & Cost

const smallest = 6
const largest = 14
/** Size of the undone tables; the fewest filled entries. */
const [undoneLog2Entries, fewest] = [12, 16]
const machineMode = 3
const fewestCodePages = 8
/** Odd, so that the filled entries spread over the table without collisions. */
const spread = 0x9e5
/** The sizes take turns, so that a disturbance does not hit only one of them. */
const rounds = 10

/** Stands for the guest's own data: every size's flush begins with equally cold caches. */
const guestData = new Float64Array(2 ** 20 / 2)
function sweepCaches(): void {
	for (let line = 0; line < guestData.length; line += 8) guestData[line] = (guestData[line] ?? 0) + 1
}

class Bench {
	readonly kind: Kind
	readonly config: TlbConfig
	readonly memory: SharedMemory
	readonly #tlb: Tlb
	readonly #reader: RcuReader
	readonly #state: number
	readonly #flush: () => void
	readonly #samples: number[] = []

	constructor(kind: Kind, {hartCore, design}: {hartCore: WebAssembly.Module; design: TlbDesign}) {
		const {way, log2Entries} = kind
		const policy = way === 'clear' ? 'clear' : 'swap-pool'
		const config = {vcpus: 1, log2Entries, policy, design, undoLimit: way === 'undo' ? logCapacity : -1} as const
		const map = layOut([
			{name: 'vcpu', size: VcpuBlock.size, align: VcpuBlock.align},
			{name: 'code-cache', size: codeCacheBytes(fewestCodePages), align: 64},
			rcuRegion(1),
			tlbRegion(config),
		])
		this.kind = kind
		this.config = config
		this.memory = SharedMemory.create(map)
		const blocks = new VcpuBlocks(this.memory, 1)
		const rcu = new Rcu(this.memory)
		this.#reader = rcu.reader(0)
		this.#tlb = new Tlb(this.memory, {blocks, rcu, config, operations: tableOperations(hartCore, this.memory)})
		this.#tlb.initialize(0)
		this.#state = blocks.base(0) + VcpuBlock.offset.tlb
		this.#flush =
			way === 'undo' ? sfenceOf(hartCore, this.memory, blocks.base(0)) : () => this.#tlb.flush(0, FlushCause.sfenceAll)
	}

	/** Times one flush. */
	sample(keep: 'keep' | 'warm up'): void {
		this.#reader.online()
		this.#fillTables()
		sweepCaches()
		const began = performance.now()
		this.#flush()
		const nanoseconds = (performance.now() - began) * 1e6
		this.#reader.offline()
		if (keep === 'keep') this.#samples.push(nanoseconds)
		// The clearer catches up outside the timing. A sleep of 1 ms: no thread notifies.
		while (this.#tlb.sharedStatistics().free < 2 * regimeCount) Atomics.wait(this.memory.i32, 0, 0, 1)
	}

	#fillTables(): void {
		// Plain where possible: only this thread uses these tables until it retires them; that publishes them to the clearer.
		const words = this.memory.i32
		for (let regime: number = Regime.supervisor; regime < regimeCount; regime++) {
			const descriptor = Atomics.load(words, (this.#state + TlbState.offset.descriptor + regime * 4) >>> 2)
			const {filled, log2Entries} = this.kind
			const log = trailerWord(descriptor, 'log') * 2
			Atomics.store(words, trailerWord(descriptor, 'filled'), 1)
			words[trailerWord(descriptor, 'logged')] = filled
			for (let index = 0; index < filled; index++) {
				const entry = (index * spread) & ((1 << log2Entries) - 1)
				if (index < logCapacity) this.memory.u16[log + index] = entry
				const start = (tableAddress(descriptor) + entry * TlbEntry.size) >>> 2
				// Both halves of three tags, the addend, the code page.
				for (let word = 0; word < 8; word++) words[start + word] = entry << 12
			}
		}
	}

	row(): Row {
		const sorted = this.#samples.toSorted((a, b) => a - b)
		const at = (fraction: number) => Math.round(sorted[Math.floor((sorted.length - 1) * fraction)] ?? 0)
		const {poolDry} = this.#tlb.tlbStatistics(0)
		return {...this.kind, median: at(0.5), quartiles: [at(0.25), at(0.75)], p99: at(0.99), poolDry}
	}
}

/** @returns a hart core's sfence.vma, in M-mode. @param block offset of its vCPU block. */
function sfenceOf(hartCore: WebAssembly.Module, {memory, i32, map}: SharedMemory, block: number): () => void {
	const unexpected = () => {
		throw new Error('The hart core must flush by itself')
	}
	const imports = WebAssembly.Module.imports(hartCore).map(({name}) => [name, unexpected])
	const {attach, sfence} = new WebAssembly.Instance(hartCore, {env: {...Object.fromEntries(imports), memory}})
		.exports as Record<'attach' | 'sfence', (...operands: (number | bigint)[]) => number>
	// Plain: no other thread uses this vCPU block.
	i32[(block + fieldOffset.privilege) >> 2] = machineMode
	// No RAM and no ROM.
	const code = [map.regions['code-cache']!.offset, fewestCodePages, codeBuckets(fewestCodePages)]
	attach!(block, 0, 0, 0, 0, 0, ...code)
	return () => void sfence!(0, 0, 0n, 0n)
}

function print(rows: readonly Row[], {encoding}: TlbDesign): void {
	console.log(`flush of three tables (${encoding}), cost to the flushing thread in µs`)
	console.log('way  entries of them filled    median   quartiles          p99   pool dry')
	const micro = (nanoseconds: number) => (nanoseconds / 1000).toFixed(2)
	for (const {way, log2Entries, filled, median, quartiles, p99, poolDry} of rows) {
		const columns = [
			way.padEnd(5),
			String(2 ** log2Entries).padStart(6),
			String(filled).padStart(14),
			micro(median).padStart(9),
			`  ${quartiles.map(micro).join(' – ')}`.padEnd(18),
			micro(p99).padStart(7),
			String(poolDry).padStart(10),
		]
		console.log(columns.join(' '))
	}
}

export type FlushOptions = Readonly<{json: boolean; flushes: number; tlb: Partial<TlbDesign>}>

export async function benchFlush({json, flushes, tlb}: FlushOptions): Promise<void> {
	// This takes the time itself.
	const design = tlbDesign({...tlb, statistics: 'off'})
	const hartCore = await WebAssembly.compile(await readFile(fromRoot('dist/hart.wasm')))
	const common = {hartCore, design}
	const benches: Bench[] = []
	for (const way of ['swap', 'clear'] as const) {
		for (let log2Entries = smallest; log2Entries <= largest; log2Entries++) {
			benches.push(new Bench({way, log2Entries, filled: 2 ** log2Entries}, common))
		}
	}
	for (let filled = fewest; filled <= logCapacity; filled *= 2) {
		benches.push(new Bench({way: 'undo', log2Entries: undoneLog2Entries, filled}, common))
	}
	const workerData: ClearerData = {
		hartCore,
		machines: benches.map(({memory, config}) => ({memory: memory.memory, map: memory.map, config})),
	}
	const clearer = new Worker(new URL('flush-clearer.ts', import.meta.url), {workerData})
	for (let round = 0; round < 200; round++) for (const bench of benches) bench.sample('warm up')
	for (let round = 0; round < rounds; round++) {
		for (const bench of benches) {
			bench.sample('warm up')
			for (let flush = 0; flush < flushes / rounds; flush++) bench.sample('keep')
		}
	}
	const rows = benches.map((bench) => bench.row())
	if (json) console.log(JSON.stringify(rows))
	else print(rows, design)
	await clearer.terminate()
}
