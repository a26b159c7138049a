/** A thread that rings slot 1 of I/O worker 0 again whenever it was served, until that was a hundred times. */
import {workerData} from 'node:worker_threads'
import {type MemoryMap, SharedMemory} from '../../src/memory/index.ts'
import {attachBoard} from '../board/support.ts'

const {memory, map, words} = workerData as {
	memory: WebAssembly.Memory
	map: MemoryMap
	words: Int32Array<SharedArrayBuffer>
}
const {board} = attachBoard(new SharedMemory(memory, map), {harts: 2, hart: 0})
for (let served = 0; served < 100; served = Atomics.load(words, 0)) {
	// Again and again: while it was served for the bell before, nobody waits for this one.
	board.workerBells.ring(0, 1 << 1)
	Atomics.wait(words, 0, served)
}
