import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import test from 'ava'
import {DeviceLock} from '../../src/board/index.ts'
import {layOut, SharedMemory} from '../../src/memory/index.ts'

const createMemory = () => SharedMemory.create(layOut([{name: 'ram', size: 4096, align: 4096}]))

test('a lock that is not released in time names its device', (t) => {
	const memory = createMemory()
	const {offset} = memory.region('ram')
	const lock = new DeviceLock(memory, {device: 'uart', offset, limitMs: 20})
	lock.acquire()
	t.throws(() => lock.acquire(), {message: 'Invariant broken: the lock of uart is released within 20 ms'})
	lock.release()
	t.notThrows(() => lock.acquire())
})

test('plain additions by three threads under the lock are never lost', async (t) => {
	const memory = createMemory()
	const {offset} = memory.region('ram')
	const additions = 20_000
	const workers = [0, 1].map(
		() =>
			new Worker(new URL('device-lock-adder.ts', import.meta.url), {
				workerData: {memory: memory.memory, map: memory.map, additions},
			}),
	)
	const exits = workers.map((worker) => once(worker, 'exit'))
	const lock = new DeviceLock(memory, {device: 'counter', offset})
	const counter = (offset >> 2) + 1
	for (let added = 0; added < additions; added++) {
		lock.acquire()
		memory.i32[counter]! += 1
		lock.release()
	}
	await Promise.all(exits)
	t.is(memory.i32[counter], 3 * additions)
	t.is(memory.i32[offset >> 2], 0)
})
