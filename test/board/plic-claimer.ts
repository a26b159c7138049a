/** A thread that claims and completes interrupts for one hart, and checks that no other thread holds them. */
import {workerData} from 'node:worker_threads'
import {boardMap} from '../../src/board/index.ts'
import {type MemoryMap, SharedMemory} from '../../src/memory/index.ts'
import {attachBoard} from './support.ts'

const {memory, map, hart} = workerData as {memory: WebAssembly.Memory; map: MemoryMap; hart: number}
const shared = new SharedMemory(memory, map)
const {board} = attachBoard(shared, {harts: 2, hart})
const words = new Int32Array(memory.buffer, shared.region('ram').offset, 512)
const claim = boardMap.plic.base + 0x20_0004 + (hart * 2 + 1) * 0x1000

// The words are listed in plic.test.ts. All operations are atomic because both threads use them.
while (Atomics.load(words, 300) === 0) {
	const irq = board.bus.read(claim, 4)
	if (irq === 0) continue
	if (Atomics.compareExchange(words, irq, 0, hart + 1) !== 0) Atomics.add(words, 301, 1)
	board.plic.setLevel(irq, 0)
	if (Atomics.compareExchange(words, irq, hart + 1, 0) !== hart + 1) Atomics.add(words, 301, 1)
	board.bus.write(claim, 4, irq)
	Atomics.add(words, 128 + irq, 1)
}
