import test, {type ExecutionContext} from 'ava'
import type {SharedMemory} from '../../src/memory/index.ts'
import {Rcu} from '../../src/rcu/index.ts'
import {runThreads} from './run-threads.ts'
import {createTestMemory, firstWord, progressWord} from './shared-memory.ts'
import type {TortureResult, TortureRole} from './torture-thread.ts'

const file = new URL('torture-thread.ts', import.meta.url)
const milliseconds = 1500
/** What the assertions want of each thread, and of the grace periods. */
const fewest = 10

type Options = Pick<TortureRole, 'gracePeriods'> & Readonly<{firstGracePeriod?: number}>

/** How far the threads are, and their end. Orders nothing: pairs with torture-thread.ts. */
function progressOf(memory: SharedMemory, threads: number) {
	const load = (word: number) => Atomics.load(memory.i32, firstWord(memory) + word)
	const all = Array.from({length: threads}, (_, reader) => reader)
	return {
		allTookSteps: () => all.every((reader) => load(progressWord.steps(reader)) > fewest),
		oldest: () => Math.max(...all.map((reader) => load(progressWord.oldest(reader)))),
		stop: () => void Atomics.store(memory.i32, firstWord(memory) + progressWord.stop, 1),
	}
}

async function torture(t: ExecutionContext, {gracePeriods, firstGracePeriod = 1}: Options) {
	const roles: TortureRole['role'][] = ['synchronizer', 'poller', 'reader', 'reader', 'reader']
	const shared = createTestMemory(roles.length, {firstGracePeriod})
	const progress = progressOf(shared, roles.length)
	const enough = () =>
		gracePeriods === 'cut short'
			? progress.oldest() > 1
			: progress.allTookSteps() && progress.oldest() === 1 && new Rcu(shared).statistics().gracePeriods > fewest
	const seed = Date.now() % 1_000_000
	t.log(`seed ${seed}`)
	const results = await runThreads<TortureRole, TortureResult>(
		file,
		roles.map((role, reader) => ({
			gracePeriods,
			role,
			reader,
			seed: seed + reader * 7919,
			memory: shared.memory,
			map: shared.map,
		})),
		{milliseconds, enough, stop: progress.stop},
	)
	const readers = results.filter(({role}) => role === 'reader')
	const statistics = new Rcu(shared).statistics()
	t.log(JSON.stringify(statistics))
	return {
		results,
		statistics,
		failures: readers.reduce((sum, {failures}) => sum + failures, 0),
		oldest: Math.max(...readers.map(({oldest}) => oldest)),
	}
}

test.serial('no reader sees an object after a grace period', async (t) => {
	const {failures, oldest, statistics, results} = await torture(t, {gracePeriods: 'whole'})
	t.is(failures, 0)
	t.is(oldest, 1, 'readers must have seen objects that were replaced')
	t.true(statistics.gracePeriods > fewest)
	t.true(statistics.latency.maximum >= statistics.latency.median)
	for (const {steps} of results) t.true(steps > fewest)
})

test.serial('grace periods that are cut short on purpose are detected', async (t) => {
	const {failures} = await torture(t, {gracePeriods: 'cut short'})
	t.true(failures > 0)
})

test.serial('readers are safe while the low word of the counter wraps', async (t) => {
	const {failures, oldest, statistics} = await torture(t, {gracePeriods: 'whole', firstGracePeriod: 2 ** 32 - 21})
	t.is(failures, 0)
	t.is(oldest, 1)
	t.true(statistics.gracePeriods > fewest)
})

test.serial('threads that synchronize with each other do not deadlock', async (t) => {
	const shared = createTestMemory(4)
	const progress = progressOf(shared, 4)
	const common = {seed: 1, gracePeriods: 'whole' as const, memory: shared.memory, map: shared.map}
	const results = await runThreads<TortureRole, TortureResult>(
		file,
		[0, 1, 2, 3].map((reader) => ({...common, role: 'fencer', reader})),
		{milliseconds: 500, enough: progress.allTookSteps, stop: progress.stop},
	)
	t.log(results.map(({steps}) => steps).join(', '))
	for (const {steps} of results) t.true(steps > fewest)
})
