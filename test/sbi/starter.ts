/** A thread of hart-states.test.ts: starts hart 0 again and again, until it is suspended. */
import {parentPort, workerData} from 'node:worker_threads'
import type {MemoryMap} from '../../src/memory/index.ts'
import {SharedMemory, VcpuBlocks} from '../../src/memory/index.ts'
import {HartStates, HsmState} from '../../src/sbi/index.ts'

export type StarterReport = {wins: number}

const {memory, map, number} = workerData as {memory: WebAssembly.Memory; map: MemoryMap; number: number}
const states = new HartStates(new VcpuBlocks(new SharedMemory(memory, map), 1))
let wins = 0
parentPort?.postMessage('ready')
for (let attempt = 0; ; attempt = (attempt + 1) >>> 0) {
	const address = (BigInt(number) << 32n) | BigInt(attempt)
	const found = states.requestStart(0, {address, opaque: address ^ 0xffff_ffff_ffff_ffffn})
	if (found === HsmState.STOPPED) wins++
	if (found === HsmState.SUSPENDED) break
}
parentPort?.postMessage({wins} satisfies StarterReport)
