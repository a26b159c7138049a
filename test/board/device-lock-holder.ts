/** A hart's thread that acquires a lock, and then dies, or reports it and releases the lock when told. */
import {parentPort, workerData} from 'node:worker_threads'
import {DeviceLock} from '../../src/board/index.ts'
import {type MemoryMap, SharedMemory} from '../../src/memory/index.ts'

export type HolderData = Readonly<{
	memory: WebAssembly.Memory
	map: MemoryMap
	hart: number
	/** After it has acquired the lock. */
	then: 'exits' | 'throws' | 'releases when told'
}>

const {memory, map, hart, then} = workerData as HolderData
const shared = new SharedMemory(memory, map)
const {offset} = shared.region('ram')
const onWanted = () => parentPort?.postMessage('wanted')
const lock = new DeviceLock(shared, {device: 'uart', offset, hart, onWanted})

parentPort?.postMessage('starts')
lock.acquire()
if (then === 'exits') process.exit(3)
if (then === 'throws') throw new Error('something broke')
parentPort?.postMessage('holds')
// Waits on the word after the lock's; see release() in device-lock.test.ts.
Atomics.wait(shared.i32, (offset >> 2) + 1, 0)
lock.release()
