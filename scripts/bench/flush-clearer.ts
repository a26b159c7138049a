/** The thread that clears retired tables for flush.ts, until it is terminated. */
import {workerData} from 'node:worker_threads'
import {type MemoryMap, SharedMemory} from '../../src/memory/index.ts'
import {clearRetired, type TlbConfig} from '../../src/tlb/index.ts'

export type ClearerData = readonly Readonly<{memory: WebAssembly.Memory; map: MemoryMap; config: TlbConfig}>[]

const machines = (workerData as ClearerData).map(({memory, map, config}) => ({
	memory: new SharedMemory(memory, map),
	config,
}))
const idle = new Int32Array(new SharedArrayBuffer(4))
for (;;) {
	let cleared = 0
	for (const {memory, config} of machines) cleared += clearRetired(memory, config)
	if (cleared === 0) Atomics.wait(idle, 0, 0, 1)
}
