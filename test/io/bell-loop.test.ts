import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import test from 'ava'
import {WorkerBell} from '../../src/board/index.ts'
import {type RungServer, serveBells} from '../../src/io/bell-loop.ts'
import {createBoard} from '../board/support.ts'

/** Bells of a board, and the loop that serves slot 1, which has rung, until `stop`. It may block this thread. */
function createLoop() {
	const {memory, board} = createBoard()
	const {workerBells: bells} = board
	const ring = () => bells.ring(0, 1 << 1)
	const run = async (server: RungServer) => {
		ring()
		await serveBells(bells, {worker: 0, servers: new Map([[1, server]])})
	}
	return {memory, run, ring, stop: () => bells.ring(0, WorkerBell.stop)}
}

test('only the slots that rang are served, and the bell `stop` ends it', async (t) => {
	const {workerBells: bells} = createBoard().board
	const served: number[] = []
	const server = (slot: number) => ({isBusy: true, serve: () => void served.push(slot)})
	bells.ring(0, 1 << 2)
	bells.ring(0, WorkerBell.stop)
	await serveBells(bells, {worker: 0, servers: new Map([1, 2].map((slot) => [slot, server(slot)]))})
	t.deepEqual(served, [2])
})

for (const [isBusy, when] of [
	[true, 'something is'],
	[false, 'nothing ever is'],
] as const)
	test(`the event loop has its turn although the guest rings all the time, while ${when} under way`, async (t) => {
		const {run, ring, stop} = createLoop()
		let hasTurned = false
		setImmediate(() => {
			hasTurned = true
		})
		let served = 0
		const serve = () => {
			served++
			if (hasTurned || served === 100_000) stop()
			else ring()
		}
		await run({isBusy, serve})
		t.true(hasTurned)
	})

test('while nothing is under way the thread sleeps, and another thread that rings wakes it', async (t) => {
	const {memory, run, stop} = createLoop()
	const words = new Int32Array(new SharedArrayBuffer(4))
	const workerData = {memory: memory.memory, map: memory.map, words}
	const ringer = new Worker(new URL('./bell-ringer.ts', import.meta.url), {workerData})
	t.teardown(() => ringer.terminate())
	// It waits until it was served.
	await once(ringer, 'online')
	let served = 0
	const serve = () => {
		served++
		Atomics.store(words, 0, served)
		Atomics.notify(words, 0)
		if (served === 100) stop()
	}
	await run({isBusy: false, serve})
	t.is(served, 100)
})

test('work that takes steps of promises only is over before the thread sleeps', async (t) => {
	const {run, stop} = createLoop()
	let isBusy = false
	const work = async () => {
		isBusy = true
		for (let step = 0; step < 100; step++) await undefined
		isBusy = false
		stop()
	}
	await run({
		get isBusy() {
			return isBusy
		},
		serve: () => void work(),
	})
	t.false(isBusy)
})
