import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import test from 'ava'
import {WorkerBell} from '../../src/board/index.ts'
import {type RungServer, serveBells} from '../../src/io/bell-loop.ts'
import {createBoard} from '../board/support.ts'

/** Bells of a board, and a loop that serves slot 1 until `stop`. */
function loop(server: RungServer) {
	const {memory, board} = createBoard()
	const bells = board.workerBells
	const ended = serveBells(bells, {worker: 0, servers: new Map([[1, server]])})
	return {memory, bells, ended, ring: () => bells.ring(0, 1 << 1), stop: () => bells.ring(0, WorkerBell.stop)}
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

test('what is under way ends in the event loop although the guest rings all the time', async (t) => {
	let isEnded = false
	const server = {
		isBusy: true,
		serve() {
			if (isEnded) return stop()
			ring()
		},
	}
	const {ring, stop, ended} = loop(server)
	setImmediate(() => {
		isEnded = true
	})
	ring()
	await ended
	t.true(isEnded)
})

test('the event loop has its turn although the guest rings all the time and nothing is ever under way', async (t) => {
	let isEnded = false
	const server = {
		isBusy: false,
		serve() {
			if (isEnded) return stop()
			ring()
		},
	}
	const {ring, stop, ended} = loop(server)
	setImmediate(() => {
		isEnded = true
	})
	ring()
	await ended
	t.true(isEnded)
})

test('while nothing is under way the thread sleeps, and another thread that rings wakes it', async (t) => {
	let rings = 0
	const server = {
		isBusy: false,
		serve() {
			rings++
			// The other thread rings anew only now.
			Atomics.store(words, 0, rings)
			Atomics.notify(words, 0)
			if (rings === 100) stop()
		},
	}
	const words = new Int32Array(new SharedArrayBuffer(4))
	const {memory, stop, ended} = loop(server)
	const ringer = new Worker(new URL('./bell-ringer.ts', import.meta.url), {
		workerData: {memory: memory.memory, map: memory.map, words},
	})
	t.teardown(() => ringer.terminate())
	await ended
	t.is(rings, 100)
	await once(ringer, 'exit')
})

test('work that takes steps of promises only is over before the thread sleeps', async (t) => {
	let isBusy = false
	const {stop, ended, ring} = loop({
		get isBusy() {
			return isBusy
		},
		serve() {
			isBusy = true
			void work()
		},
	})
	const work = async () => {
		for (let step = 0; step < 100; step++) await undefined
		isBusy = false
		stop()
	}
	ring()
	await ended
	t.false(isBusy)
})
