/** The thread that clears retired tables for flush.ts, until it is terminated. */
import {workerData} from 'node:worker_threads'
import {type MemoryMap, SharedMemory} from '../../src/memory/index.ts'
import {clearRetired, type TlbConfig, tableOperations} from '../../src/tlb/index.ts'

export type ClearerData = Readonly<{
	hartCore: WebAssembly.Module
	machines: readonly Readonly<{memory: WebAssembly.Memory; map: MemoryMap; config: TlbConfig}>[]
}>

const {hartCore, machines} = workerData as ClearerData
const pools = machines.map(({memory, map, config}) => {
	const shared = new SharedMemory(memory, map)
	return {memory: shared, config, operations: tableOperations(hartCore, shared)}
})
const idle = new Int32Array(new SharedArrayBuffer(4))
for (;;) {
	let cleared = 0
	for (const {memory, config, operations} of pools) cleared += clearRetired(memory, config, operations)
	if (cleared === 0) Atomics.wait(idle, 0, 0, 1)
}
