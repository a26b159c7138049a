/** A hart that sets and clears bits of its own in a PLIC enable word by AMOs, and counts those that were lost. */
import {parentPort, workerData} from 'node:worker_threads'
import {boardMap} from '../../src/board/index.ts'
import {AtomicOperation, type MemoryMap, SharedMemory} from '../../src/memory/index.ts'
import {attachBoard} from './support.ts'

const {memory, map, hart, arrived} = workerData as {
	memory: WebAssembly.Memory
	map: MemoryMap
	hart: number
	/** One word: how many harts are ready. */
	arrived: Int32Array
}
const {board} = attachBoard(new SharedMemory(memory, map), {harts: 3, hart})
const enabled = boardMap.plic.base + 0x2000
const mine = 2 << hart
let lost = 0
// Both harts begin together: whoever arrives first waits for the other's notify.
Atomics.add(arrived, 0, 1)
Atomics.notify(arrived, 0)
Atomics.wait(arrived, 0, 1, 30_000)
for (let round = 0; round < 100_000; round++) {
	const before = board.bus.amo(enabled, 4, {operation: AtomicOperation.or, low: mine, high: 0})
	const after = board.bus.amo(enabled, 4, {operation: AtomicOperation.and, low: ~mine >>> 0, high: 0})
	if (before & mine || !(after & mine)) lost++
}
parentPort!.postMessage(lost)
