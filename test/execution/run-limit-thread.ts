/** A thread that rings for a hart if another thread's run of it does not end. */
import {parentPort, workerData} from 'node:worker_threads'
import {Doorbell, type MemoryMap, SharedMemory, VcpuWords} from '../../src/memory/index.ts'
import {RunLimit} from './run-limit-words.ts'

export type RunLimitThreadData = Readonly<{
	memory: WebAssembly.Memory
	map: MemoryMap
	/** [a RunLimit]. */
	words: Int32Array<SharedArrayBuffer>
	/** Of this process's CPU time. */
	mostSeconds: number
}>

const {memory, map, words, mostSeconds} = workerData as RunLimitThreadData
const shared = new SharedMemory(memory, map)
const secondsSince = (began: NodeJS.CpuUsage) => {
	const {user, system} = process.cpuUsage(began)
	return (user + system) / 1e6
}

parentPort!.postMessage('ready')
// Pairs with the store in run-limit.ts.
Atomics.wait(words, 0, RunLimit.none)
const began = process.cpuUsage()
// Until the run is over: pairs with the exchange in run-limit.ts.
while (Atomics.wait(words, 0, RunLimit.running, 50) === 'timed-out') {
	if (secondsSince(began) < mostSeconds) continue
	// Only if the hart has not come back. Pairs with the same exchange.
	if (Atomics.compareExchange(words, 0, RunLimit.running, RunLimit.rung) !== RunLimit.running) break
	// Pairs with the hart's safepoints.
	Atomics.or(shared.i32, (shared.region('vcpu').offset + VcpuWords.offset.doorbell) / 4, Doorbell.pause)
	break
}
