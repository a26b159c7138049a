/** The entry of both threads that measure flushes: the one that flushes, and the one that clears for it. */
import {isMainThread, parentPort, Worker, workerData} from 'node:worker_threads'
import {quantile} from 'simple-statistics'
import {type MemoryMap, SharedMemory} from '../../../memory/index.ts'
import {clearRetired, logCapacity, type TlbConfig, tableOperations} from '../../../tlb/index.ts'
import {type CostCase, costConfig, type FlushCost} from './cost-case.ts'
import {costMemoryMap, Flusher} from './flusher.ts'

export type FlushThreadData = Readonly<
	| {role: 'flusher'; hartCore: WebAssembly.Module; of: CostCase}
	| {
			role: 'clearer'
			hartCore: WebAssembly.Module
			memory: WebAssembly.Memory
			map: MemoryMap
			config: TlbConfig
			bell: SharedArrayBuffer
	  }
>

/** Words of `bell`: 1 = clear, 0 = done; nanoseconds that the latest clearing took. */
const [ring, took] = [0, 1]
/** Flushes before those that count: enough for V8 to optimize them, and for all tables to have been used. */
const warmUps = 500
/** In turn: what a policy undoes by its log, and what is too much for any log. */
const warmUpFills = [16, logCapacity + 1]
const rounds = 10

function flush({hartCore, of}: FlushThreadData & {role: 'flusher'}): FlushCost[] {
	const config = costConfig(of)
	const map = costMemoryMap(config)
	const memory = SharedMemory.create(map)
	const flusher = new Flusher(memory, {config, hartCore})
	const bell = new SharedArrayBuffer(8)
	const data: FlushThreadData = {role: 'clearer', hartCore, memory: memory.memory, map, config, bell}
	new Worker(new URL(import.meta.url), {workerData: data, execArgv: []}).unref()
	const words = new Int32Array(bell)
	/** @returns nanoseconds on this thread, and on the one that clears. */
	const sample = (filled: number): readonly [flushing: number, clearing: number] => {
		const flushing = flusher.timeFlush(filled)
		if (!flusher.hasRetired) return [flushing, 0]
		// The tables are on the retired list before this; pairs with the clearer's load. It clears outside the timing.
		Atomics.store(words, ring, 1)
		Atomics.notify(words, ring)
		Atomics.wait(words, ring, 1)
		// Ordered after the clearer's store of `ring`.
		return [flushing, Atomics.load(words, took)]
	}
	const fills = of.fills.map((filled) => ({filled, flushing: [] as number[], clearing: [] as number[], poolDry: 0}))
	for (let flush = 0; flush < warmUps; flush++) sample(Math.min(warmUpFills[flush & 1]!, 2 ** of.log2Entries))
	// The fills take turns, so that a disturbance does not hit only one of them.
	for (let round = 0; round < rounds; round++) {
		for (const fill of fills) {
			for (let flush = 0; flush < 3; flush++) sample(fill.filled)
			const dry = flusher.poolDry
			for (let flush = 0; flush < of.flushes / rounds; flush++) {
				const [flushing, clearing] = sample(fill.filled)
				fill.flushing.push(flushing)
				fill.clearing.push(clearing)
			}
			fill.poolDry += flusher.poolDry - dry
		}
	}
	return fills.map(({filled, flushing, clearing, poolDry}) => ({
		filled,
		flushing: Math.round(quantile(flushing, 0.5)),
		p90: Math.round(quantile(flushing, 0.9)),
		// The median: CPU time, since a thread that computes only rarely waits for a core.
		clearing: Math.round(quantile(clearing, 0.5)),
		poolDry,
	}))
}

function clear({hartCore, memory, map, config, bell}: FlushThreadData & {role: 'clearer'}): never {
	const shared = new SharedMemory(memory, map)
	const operations = tableOperations(hartCore, shared)
	const words = new Int32Array(bell)
	for (;;) {
		Atomics.wait(words, ring, 0)
		const began = performance.now()
		clearRetired(shared, config, operations)
		// Ordered before the store of `ring`, after which the flusher reads it.
		Atomics.store(words, took, (performance.now() - began) * 1e6)
		Atomics.store(words, ring, 0)
		Atomics.notify(words, ring)
	}
}

if (!isMainThread) {
	const data = workerData as FlushThreadData
	if (data.role === 'clearer') clear(data)
	parentPort!.postMessage(flush(data))
	process.exit()
}
