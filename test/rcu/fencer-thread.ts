/** A thread of the RCU torture test that only waits for the other threads, again and again. */
import {parentPort, workerData} from 'node:worker_threads'
import {SharedMemory} from '../../src/memory/index.ts'
import {Rcu} from '../../src/rcu/index.ts'
import {synchronize} from '../support/rcu.ts'
import {firstWord, progressWord, type SharedTestMemory} from './shared-memory.ts'

export type FencerRole = SharedTestMemory & Readonly<{reader: number}>

const role = workerData as FencerRole
const memory = new SharedMemory(role.memory, role.map)
const rcu = new Rcu(memory)
const reader = rcu.reader(role.reader)
const first = firstWord(memory)
let steps = 0
reader.online()
// Orders nothing: the test only stops in time. Pair with its accesses.
while (Atomics.load(memory.i32, first + progressWord.stop) === 0) {
	synchronize(rcu, reader)
	Atomics.store(memory.i32, first + progressWord.steps(role.reader), ++steps)
}
reader.offline()
parentPort!.postMessage(steps)
