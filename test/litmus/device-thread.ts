/** A thread that does what devices and the host do to a running guest: atomics on its RAM, and interrupts. */
import {workerData} from 'node:worker_threads'
import {type MemoryMap, Mip, SharedMemory, VcpuBlocks} from '../../src/memory/index.ts'
import {patience} from '../support/patience.ts'

export type DeviceThreadData = Readonly<{
	memory: WebAssembly.Memory
	map: MemoryMap
	/** Offsets in shared memory. */
	counters: readonly number[]
	message: number
	answer: number
	additions: number
	messages: number
	/** [additions done, messages answered, 1 when over]. */
	words: Int32Array<SharedArrayBuffer>
}>

const data = workerData as DeviceThreadData
const {words} = data
const memory = new SharedMemory(data.memory, data.map)
const blocks = new VcpuBlocks(memory, 1)

for (let i = 0; i < data.additions; i++) {
	// Pair with the guest's AMOs and with its LR and SC, on the same doublewords.
	for (const counter of data.counters) Atomics.add(memory.u64, counter / 8, 1n)
}
// For debugging: no load pairs with it.
Atomics.store(words, 0, data.additions)

for (let message = 1; message <= data.messages; message++) {
	// Plain: raise() orders it before the interrupt.
	memory.u32[data.message / 4] = message
	blocks.raise(0, Mip.SSIP)
	const deadline = Date.now() + patience
	// Pairs with the guest's store of what it read, which its fence orders after the load.
	while (Atomics.load(memory.u32, data.answer / 4) !== message && Date.now() < deadline);
	if (Atomics.load(memory.u32, data.answer / 4) !== message) break
	// Counted after the answer was seen. Pairs with the load in device-thread.test.ts, after this thread has ended.
	Atomics.store(words, 1, message)
}
// Over: all of the above comes first. Pairs with the load in the loop of device-thread.test.ts.
Atomics.store(words, 2, 1)
