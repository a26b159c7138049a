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
/** The fills take turns, a group of flushes each, so that a disturbance does not hit only one of them. */
const groups = 10
/** Milliseconds for one clearing. */
const patience = 60_000
/** Milliseconds: a dear flush comes less often. */
const [longestWarmUp, longestGroup] = [500, 60]

function flush({hartCore, of}: FlushThreadData & {role: 'flusher'}): FlushCost[] {
	const config = costConfig(of)
	const map = costMemoryMap(config)
	const memory = SharedMemory.create(map)
	const flusher = new Flusher(memory, {config, hartCore})
	const bell = new SharedArrayBuffer(8)
	const data: FlushThreadData = {role: 'clearer', hartCore, memory: memory.memory, map, config, bell}
	new Worker(new URL(import.meta.url), {workerData: data, execArgv: []}).unref()
	const words = new Int32Array(bell)
	/** Outside the timing of flushes. @returns nanoseconds of the other thread. */
	const haveCleared = (): number => {
		// The tables are on the retired list before this; pairs with the clearer's wait.
		Atomics.store(words, ring, 1)
		Atomics.notify(words, ring)
		if (Atomics.wait(words, ring, 1, patience) === 'timed-out')
			throw new Error(`the clearing thread did not answer in ${patience / 1000} seconds`)
		// Ordered after the clearer's store of `ring`.
		return Atomics.load(words, took)
	}
	// Under this policy whoever takes a retired table clears it, and no helper comes before.
	const isClearedByTaker = of.design.policy === 'swap-clear'
	const flushGroup = (filled: number, most: number, milliseconds: number) => {
		const flushing: number[] = []
		const until = performance.now() + milliseconds
		let clearing = 0
		while (flushing.length < most && (flushing.length < 2 || performance.now() < until)) {
			flushing.push(flusher.timeFlush(filled))
			if (flusher.wantsClearing) clearing += haveCleared()
		}
		if (flusher.hasRetired && !isClearedByTaker) clearing += haveCleared()
		return {flushing, clearing: clearing / flushing.length}
	}
	for (const fill of warmUpFills)
		flushGroup(Math.min(fill, 2 ** of.log2Entries), warmUps / warmUpFills.length, longestWarmUp / warmUpFills.length)
	const measured = of.fills.map((filled) => ({filled, flushing: [] as number[], clearing: [] as number[], poolDry: 0}))
	for (let group = 0; group < groups; group++) {
		for (const each of measured) {
			const dry = flusher.poolDry
			const {flushing, clearing} = flushGroup(each.filled, 1 + of.flushes / groups, longestGroup)
			// The first one found what another fill has left.
			each.flushing.push(...flushing.slice(1))
			each.clearing.push(clearing)
			each.poolDry += flusher.poolDry - dry
		}
	}
	return measured.map(({filled, flushing, clearing, poolDry}) => ({
		filled,
		flushing: Math.round(quantile(flushing, 0.5)),
		p90: Math.round(quantile(flushing, 0.9)),
		clearing: Math.round(quantile(clearing, 0.5)),
		poolDry,
	}))
}

function clear({hartCore, memory, map, config, bell}: FlushThreadData & {role: 'clearer'}): never {
	const shared = new SharedMemory(memory, map)
	const operations = tableOperations(hartCore, shared)
	const words = new Int32Array(bell)
	for (;;) {
		// Ordered after the flusher's store of 1, and what it retired before. Without a limit: it ends with the flusher.
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
