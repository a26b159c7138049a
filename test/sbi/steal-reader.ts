/** A thread of sta.test.ts: reads a hart's record again and again, as a guest does, until it has the last value. */
import {parentPort, workerData} from 'node:worker_threads'
import {StealTimeRecord} from '../../src/sbi/index.ts'
import {lastStep, type StealReaderReport} from './steal-steps.ts'

const {memory, at} = workerData as {memory: WebAssembly.Memory; at: number}
const words = new Int32Array(memory.buffer, at, StealTimeRecord.size / 4)
const {sequence, steal} = StealTimeRecord.offset
let [torn, falls, seen, before] = [0, 0, 0, 0]
parentPort?.postMessage('ready')
while (before !== lastStep) {
	// In this order. Pairs with StealTime.update().
	const first = Atomics.load(words, sequence / 4)
	const low = Atomics.load(words, steal / 4)
	const high = Atomics.load(words, steal / 4 + 1)
	if (first % 2 !== 0 || Atomics.load(words, sequence / 4) !== first) continue
	if (low !== high) torn++
	if (low < before) falls++
	if (low !== before) seen++
	before = low
}
parentPort?.postMessage({torn, falls, seen} satisfies StealReaderReport)
