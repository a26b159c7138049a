/** A thread that increments a plain word under a lock. */
import {workerData} from 'node:worker_threads'
import {DeviceLock} from '../../src/board/index.ts'
import {type MemoryMap, SharedMemory} from '../../src/memory/index.ts'

const {memory, map, hart, additions} = workerData as {
	memory: WebAssembly.Memory
	map: MemoryMap
	hart: number
	additions: number
}
const shared = new SharedMemory(memory, map)
const {offset} = shared.region('ram')
const lock = new DeviceLock(shared, {device: 'counter', offset, hart})

for (let added = 0; added < additions; added++) {
	lock.acquire()
	shared.i32[(offset >> 2) + 1]! += 1
	lock.release()
}
