import test from 'ava'
import {acquireFetchLock} from '../../../src/main/guests/fetch-lock.ts'

test('a second fetch waits until the first is through', async (t) => {
	const folder = `/nowhere/${process.pid}/waits`
	const order: string[] = []
	const first = await acquireFetchLock({folder})
	const second = acquireFetchLock({folder, onWait: () => order.push('waits')}).then((lock) => {
		order.push('second')
		return lock
	})
	while (order.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
	order.push('first ends')
	await first[Symbol.asyncDispose]()
	await (await second)[Symbol.asyncDispose]()
	t.deepEqual(order, ['waits', 'first ends', 'second'])
})

test('fetches into different folders do not wait for each other', async (t) => {
	await using _one = await acquireFetchLock({folder: `/nowhere/${process.pid}/one`})
	await using _other = await acquireFetchLock({folder: `/nowhere/${process.pid}/other`})
	t.pass()
})

test('waiting ends when the signal aborts', async (t) => {
	const folder = `/nowhere/${process.pid}/aborts`
	await using _lock = await acquireFetchLock({folder})
	await t.throwsAsync(acquireFetchLock({folder, signal: AbortSignal.timeout(100)}))
})
