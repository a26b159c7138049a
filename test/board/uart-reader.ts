/** A hart's thread that polls the UART and adds up its input, until all threads together have read `count` bytes. */
import {workerData} from 'node:worker_threads'
import {boardMap} from '../../src/board/index.ts'
import {type MemoryMap, SharedMemory} from '../../src/memory/index.ts'
import {attachBoard} from './support.ts'

const {memory, map, hart, count} = workerData as {
	memory: WebAssembly.Memory
	map: MemoryMap
	hart: number
	count: number
}
const shared = new SharedMemory(memory, map)
const {board} = attachBoard(shared, {harts: 2, hart})
const {base} = boardMap.uart
// In RAM: the number of bytes read, and their sum. Atomic: all threads add to them.
const words = new Int32Array(memory.buffer, shared.region('ram').offset, 2)

while (Atomics.load(words, 0) < count) {
	if (!(board.bus.read(base + 5, 1) & 1)) continue
	const [byte] = board.uart.getConsole(1)
	if (byte === undefined) continue
	Atomics.add(words, 1, byte)
	Atomics.add(words, 0, 1)
}
