import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import test from 'ava'
import {DeviceLock} from '../../src/board/index.ts'
import {layOut, SharedMemory} from '../../src/memory/index.ts'
import type {HolderData} from './device-lock-holder.ts'

const createMemory = () => SharedMemory.create(layOut([{name: 'ram', size: 4096, align: 4096}]))

test('a lock that is not released through several watches is reported with its device and its holder', (t) => {
	const memory = createMemory()
	const {offset} = memory.region('ram')
	const holder = new DeviceLock(memory, {device: 'uart', offset, hart: 7})
	const watcher = new DeviceLock(memory, {device: 'uart', offset})
	const watch = (times: number) => Array.from({length: times}, () => watcher.watch(3))
	t.deepEqual(watch(4), new Array(4).fill(undefined))
	holder.acquire()
	t.deepEqual(watch(3), new Array(3).fill(undefined))
	t.is(
		watcher.tryRun(() => t.fail('it is held')),
		undefined,
	)
	const hung = {message: 'hart 7 does not release the lock of uart', hart: 7}
	t.deepEqual(watch(2), [hung, hung])
	holder.release()
	// A lock that is released between watches does not hang.
	for (let times = 0; times < 10; times++) {
		holder.acquire()
		t.is(watcher.watch(3), undefined)
		holder.release()
	}
})

test('a slow lock may be held 30 times as long', (t) => {
	const memory = createMemory()
	const {offset} = memory.region('ram')
	const [holder, watcher] = [{worker: 1}, {}].map(
		(thread) => new DeviceLock(memory, {device: 'the buffers of a folder', offset, isSlow: true, ...thread}),
	) as [DeviceLock, DeviceLock]
	holder.acquire()
	t.true(Array.from({length: 90}, () => watcher.watch(3)).every((hung) => hung === undefined))
	t.deepEqual(watcher.watch(3), {
		message: 'I/O worker 1 does not release the lock of the buffers of a folder',
		hart: undefined,
	})
	holder.release()
})

test('an I/O worker that holds a lock is named, and may die with it', (t) => {
	const memory = createMemory()
	const {offset} = memory.region('ram')
	const [holder, watcher, hart] = [{worker: 1}, {}, {hart: 0}].map(
		(thread) => new DeviceLock(memory, {device: 'virtio-mmio slot 1', offset, ...thread}),
	) as [DeviceLock, DeviceLock, DeviceLock]
	holder.acquire()
	const hung = Array.from({length: 4}, () => watcher.watch(3)).at(-1)
	t.deepEqual(hung, {message: 'I/O worker 1 does not release the lock of virtio-mmio slot 1', hart: undefined})
	// Another worker's death and another hart's change nothing.
	watcher.orphan({worker: 0})
	watcher.orphan({hart: 1})
	watcher.orphan({worker: 1})
	t.throws(() => hart.acquire(), {
		message: 'the lock of virtio-mmio slot 1 is held by I/O worker 1, whose thread has died',
	})
})

test('who has to wait for a lock is timed, and nobody else', (t) => {
	const memory = createMemory()
	const {offset} = memory.region('ram')
	const holder = new DeviceLock(memory, {device: 'uart', offset, hart: 7})
	const told: string[] = []
	const timer = {
		begins: () => {
			told.push('begins')
			holder.release()
		},
		ends: () => void told.push('ends'),
	}
	const lock = new DeviceLock(memory, {device: 'uart', offset, hart: 1, timer})
	lock.run(() => lock.run(() => {}))
	t.deepEqual(told, [])
	holder.acquire()
	lock.run(() => lock.run(() => {}))
	t.deepEqual(told, ['begins', 'ends'])
})

test('plain additions by three threads under the lock are never lost', async (t) => {
	const memory = createMemory()
	const {offset} = memory.region('ram')
	const additions = 20_000
	const workers = [0, 1].map(
		(hart) =>
			new Worker(new URL('device-lock-adder.ts', import.meta.url), {
				workerData: {memory: memory.memory, map: memory.map, hart, additions},
			}),
	)
	const exits = workers.map((worker) => once(worker, 'exit'))
	const lock = new DeviceLock(memory, {device: 'counter', offset, hart: 2})
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

/** The main thread and harts' threads, with the lock of the UART. */
function createThreads() {
	const memory = createMemory()
	const {offset} = memory.region('ram')
	return {
		lock: new DeviceLock(memory, {device: 'uart', offset}),
		start: (hart: number, then: HolderData['then']) => {
			const data: HolderData = {memory: memory.memory, map: memory.map, hart, then}
			return new Worker(new URL('device-lock-holder.ts', import.meta.url), {workerData: data})
		},
		/** Tells every thread that holds the lock to release it. Pairs with the wait in device-lock-holder.ts. */
		release: () => {
			Atomics.store(memory.i32, (offset >> 2) + 1, 1)
			Atomics.notify(memory.i32, (offset >> 2) + 1)
		},
		/** Resolves once a thread waits for the lock. */
		untilAwaited: async () => {
			while (!(Atomics.load(memory.i32, offset >> 2) & 0x100)) await new Promise((resolve) => setTimeout(resolve, 1))
		},
	}
}

const message = async (worker: Worker, wanted: string) => {
	for (;;) if ((await once(worker, 'message'))[0] === wanted) return
}

for (const [then, code] of [['exits', 3] as const, ['throws', 1] as const]) {
	test(`no thread waits for a lock whose holder ${then}`, async (t) => {
		const {lock, start, untilAwaited} = createThreads()
		const dying = start(1, then)
		dying.on('error', () => {})
		t.is(await new Promise((resolve) => dying.on('exit', resolve)), code)
		// Returns: nobody would end a wait.
		t.is(
			lock.tryRun(() => t.fail('it is held')),
			undefined,
		)
		const waiting = start(2, 'releases when told')
		const error = once(waiting, 'error')
		// The death has not been reported yet.
		await untilAwaited()
		lock.orphan({hart: 0})
		lock.orphan({hart: 1})
		lock.orphan({hart: 1})
		t.regex((await error)[0].message, /^the lock of uart is held by hart 1, whose thread has died$/)
		const late = start(3, 'releases when told')
		t.regex((await once(late, 'error'))[0].message, /hart 1, whose thread has died/)
		t.is(
			lock.tryRun(() => t.fail('it is held')),
			undefined,
		)
	})
}

test('the death of a thread does not affect a lock that it does not hold', async (t) => {
	const {lock, start, release} = createThreads()
	const holder = start(2, 'releases when told')
	await message(holder, 'holds')
	lock.orphan({hart: 1})
	release()
	await once(holder, 'exit')
	t.is(
		lock.tryRun(() => 'done'),
		'done',
	)
})

test('the main thread does not wait for a lock, and is told when it is released', async (t) => {
	const {lock, start, release} = createThreads()
	const holder = start(0, 'releases when told')
	await message(holder, 'holds')
	t.is(
		lock.tryRun(() => t.fail('it is held')),
		undefined,
	)
	t.is(
		lock.tryRun(() => t.fail('it is held')),
		undefined,
	)
	t.throws(() => lock.acquire(), {message: 'Invariant broken: the main thread does not wait for the lock of uart'})
	const wanted = message(holder, 'wanted')
	release()
	await wanted
	t.is(
		lock.tryRun(() => 'done'),
		'done',
	)
	t.throws(() =>
		lock.tryRun(() => {
			throw new Error('the lock is released anyway')
		}),
	)
	t.is(
		lock.tryRun(() => 'done'),
		'done',
	)
})

test('a thread that waits for a lock is woken even if the main thread wants it, too', async (t) => {
	const {lock, start, release, untilAwaited} = createThreads()
	const holder = start(0, 'releases when told')
	await message(holder, 'holds')
	const waiting = start(1, 'releases when told')
	await untilAwaited()
	t.is(
		lock.tryRun(() => t.fail('it is held')),
		undefined,
	)
	const done = Promise.all([message(holder, 'wanted'), once(waiting, 'exit')])
	release()
	await done
	t.is(
		lock.tryRun(() => 'done'),
		'done',
	)
})
