/** A hart that reads mtime and hart 0's comparator, and counts mixtures of two values. */
import {parentPort, workerData} from 'node:worker_threads'
import {boardMap} from '../../src/board/index.ts'
import {type MemoryMap, SharedMemory} from '../../src/memory/index.ts'
import {attachBoard} from './support.ts'

const {memory, map, harts, hart} = workerData as {
	memory: WebAssembly.Memory
	map: MemoryMap
	harts: number
	hart: number
}
const shared = new SharedMemory(memory, map)
const {board} = attachBoard(shared, {harts, hart})
const {base} = boardMap.aclint
let mixtures = 0
for (let read = 0; read < 500_000; read++) {
	for (const register of [0xbff8, 0x4000]) {
		const low = board.bus.read(base + register, 8)
		if (low !== board.bus.high) mixtures++
	}
}
// Tells the writer that this reader is done.
Atomics.add(shared.i32, shared.region('ram').offset >> 2, 1)
parentPort!.postMessage(mixtures)
