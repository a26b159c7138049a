/** A hart's thread that takes a lock, says so, and then dies, holds it, or has another use for it. */
import {parentPort, workerData} from 'node:worker_threads'
import {DeviceLock} from '../../src/board/index.ts'
import {type MemoryMap, SharedMemory} from '../../src/memory/index.ts'

export type HolderData = Readonly<{
	memory: WebAssembly.Memory
	map: MemoryMap
	hart: number
	/** Before it takes the lock, and while it has it. */
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
// The word behind the lock's.
Atomics.wait(shared.i32, (offset >> 2) + 1, 0)
lock.release()
