/** A thread that adds to one doubleword of guest RAM until it is told to stop. */
import {workerData} from 'node:worker_threads'
import {type MemoryMap, SharedMemory} from '../../src/memory/index.ts'

export type AdderThreadData = Readonly<{
	memory: WebAssembly.Memory
	map: MemoryMap
	/** Offset in shared memory. */
	place: number
	step: bigint
	/** [thousands of additions done, 1 to stop]. */
	words: Int32Array<SharedArrayBuffer>
}>

const {memory, map, place, step, words} = workerData as AdderThreadData
const {u64} = new SharedMemory(memory, map)
// Stops it: no more is ordered. Pairs with the store in beside-adder.ts.
while (Atomics.load(words, 1) === 0) {
	// Loses none, and is not lost. Pairs with the guest's AMO on the same doubleword.
	for (let i = 0; i < 1000; i++) Atomics.add(u64, place / 8, step)
	// Counted after the additions. Pairs with the load in beside-adder.ts, after this thread has ended.
	Atomics.add(words, 0, 1)
}
