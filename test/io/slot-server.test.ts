import test from 'ava'
import type {ServedQueues, Taken} from '../../src/board/index.ts'
import {type ChainHandler, SlotServer} from '../../src/io/slot-server.ts'

/** Queue 0 of `size` entries with `offered` chains, numbered by their heads. */
function queuesWith({size, offered}: {size: number; offered: number}) {
	const completed: number[] = []
	const failed: number[] = []
	let next = 0
	const queues: Pick<ServedQueues, 'notified' | 'size' | 'take' | 'complete' | 'fail'> = {
		notified: () => 1,
		size: () => size,
		take: (queue) => (next < offered ? {queue, epoch: 0, chain: {head: next++, buffers: []}} : undefined),
		complete: ({chain}) => void completed.push(chain.head),
		fail: ({chain}) => void failed.push(chain.head),
	}
	return {queues: queues as ServedQueues, completed, failed, taken: () => next}
}

/** In the first a chain ends, in the next others are taken. */
async function twoTurns(): Promise<void> {
	await new Promise(setImmediate)
	await new Promise(setImmediate)
}

test('a queue that was full is served again before the server counts as idle, and the event loop has a turn before that', async (t) => {
	const {queues, completed} = queuesWith({size: 2, offered: 5})
	const server = new SlotServer(queues, {handle: async () => 0, close: async () => {}})
	server.serve()
	for (let step = 0; step < 100; step++) await undefined
	t.deepEqual(completed, [0, 1], 'no more in steps of promises, of which there is no end')
	t.true(server.isBusy)
	while (server.isBusy) await new Promise(setImmediate)
	t.deepEqual(completed, [0, 1, 2, 3, 4])
})

test('as many chains are under way as the queue has entries, and each that ends makes room for another', async (t) => {
	const {queues, completed, failed, taken} = queuesWith({size: 2, offered: 5})
	const waiting: ((written: number | 'broken') => void)[] = []
	const handler: ChainHandler = {
		handle: () => new Promise((resolve) => waiting.push(resolve)),
		close: async () => {},
	}
	new SlotServer(queues, handler).serve()
	t.is(taken(), 2)
	waiting[1]!(0)
	await twoTurns()
	t.deepEqual(completed, [1])
	t.is(taken(), 3)
	waiting[0]!('broken')
	await twoTurns()
	t.deepEqual(failed, [0])
	t.is(taken(), 4)
})

test('who closes waits for what is under way, and tells the device, which may wait for the world outside', async (t) => {
	const {queues, completed, taken} = queuesWith({size: 4, offered: 9})
	const order: string[] = []
	const waiting: (() => void)[] = []
	const handler: ChainHandler = {
		handle: (_: Taken) => new Promise((resolve) => waiting.push(() => resolve(0))),
		stop: () => {
			order.push('stop')
			for (const end of waiting) end()
		},
		close: async () => void order.push('close'),
	}
	const server = new SlotServer(queues, handler)
	server.serve()
	await server.close()
	t.deepEqual(order, ['stop', 'close'])
	t.deepEqual(completed, [0, 1, 2, 3])
	t.is(taken(), 4)
})
