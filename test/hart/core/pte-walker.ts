/** A hart on a thread of its own that loads and stores through one megapage's PTE until it is told to stop. */
import {workerData} from 'node:worker_threads'
import {type MemoryMap, SharedMemory} from '../../../src/memory/index.ts'
import {HartCore, Privilege} from './hart-core.ts'

export type PteWalkerData = Readonly<{
	memory: WebAssembly.Memory
	map: MemoryMap
	satp: bigint
	gva: bigint
	/** [walks, stop]. */
	words: Int32Array<SharedArrayBuffer>
}>

const pagesPerSwap = 32n

const {memory, map, satp, gva, words} = workerData as PteWalkerData
const hart = new HartCore(new SharedMemory(memory, map))
hart.enter(Privilege.supervisor, satp)
// The test's signal to stop; orders nothing else.
while (Atomics.load(words, 1) === 0) {
	hart.swapTables()
	// Each page of the megapage is a walk of its own.
	for (let page = 0n; page < pagesPerSwap; page++) {
		hart.read(gva + page * 0x1000n)
		hart.write(gva + page * 0x1000n, 8, 1n)
		// Progress: after the walk. Pairs with the writer's loads.
		Atomics.add(words, 0, 1)
	}
}
