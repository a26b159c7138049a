/** RCU under torture by the threads of `manyhart stress rcu`: test/stress has the command itself. */
import test, {type ExecutionContext} from 'ava'
import type {Fault} from '../../src/faults.ts'
import type {SharedMemory} from '../../src/memory/index.ts'
import {Rcu} from '../../src/rcu/index.ts'
import {stressFile} from '../../src/stress/files.ts'
import {createRcuMemory, type RcuThreadRole, rcuWord, updaters} from '../../src/stress/rcu-layout.ts'
import type {FencerRole} from './fencer-thread.ts'
import {runThreads} from './run-threads.ts'
import {createTestMemory, firstWord, progressWord} from './shared-memory.ts'

const milliseconds = 1500
/** What the assertions want of each thread, and of the grace periods. */
const fewest = 10
const threads = updaters.length + 3

/** Words of the test. Orders nothing: pairs with the threads' accesses. */
const load = (memory: SharedMemory, word: number) => Atomics.load(memory.i32, firstWord(memory) + word)
const stop = (memory: SharedMemory, word: number) => () => void Atomics.store(memory.i32, firstWord(memory) + word, 1)

type Options = Readonly<{fault?: Fault; firstGracePeriod?: number}>

async function torture(t: ExecutionContext, {fault, firstGracePeriod = 1}: Options = {}) {
	const shared = createRcuMemory(threads, {firstGracePeriod})
	const all = Array.from({length: threads}, (_, thread) => thread)
	const steps = () => all.map((thread) => load(shared, rcuWord.steps(thread)))
	const oldest = () => Math.max(...all.map((thread) => load(shared, rcuWord.oldest(thread))))
	const statistics = () => new Rcu(shared, threads).statistics()
	const isViolated = () => load(shared, rcuWord.violation) !== 0
	const enough = () =>
		fault
			? isViolated()
			: steps().every((count) => count > fewest) && oldest() === 1 && statistics().gracePeriods > fewest
	const seed = Date.now() % 1_000_000
	t.log(`seed ${seed}`)
	const common = {threads, seed, iterations: undefined, fault, memory: shared.memory, map: shared.map}
	await runThreads<RcuThreadRole, 'done'>(
		stressFile('rcuThread'),
		all.map((thread) => ({...common, thread})),
		{milliseconds, enough, stop: stop(shared, rcuWord.stop)},
	)
	t.log(JSON.stringify(statistics()))
	return {steps: steps(), oldest: oldest(), statistics: statistics(), isViolated: isViolated()}
}

test.serial('no reader sees an object after a grace period', async (t) => {
	const {isViolated, oldest, statistics, steps} = await torture(t)
	t.false(isViolated)
	t.is(oldest, 1, 'readers must have seen objects that were replaced')
	t.true(statistics.gracePeriods > fewest)
	t.true(statistics.latency.maximum >= statistics.latency.median)
	for (const count of steps) t.true(count > fewest)
})

test.serial('grace periods that are cut short on purpose are detected', async (t) => {
	const {isViolated, oldest} = await torture(t, {fault: 'skip-grace-period'})
	t.true(isViolated)
	t.true(oldest > 1)
})

test.serial('readers are safe while the low word of the counter wraps', async (t) => {
	const {isViolated, oldest, statistics} = await torture(t, {firstGracePeriod: 2 ** 32 - 21})
	t.false(isViolated)
	t.is(oldest, 1)
	t.true(statistics.gracePeriods > fewest)
})

test.serial('threads that synchronize with each other do not deadlock', async (t) => {
	const fencers = [0, 1, 2, 3]
	const shared = createTestMemory(fencers.length)
	const enough = () => fencers.every((reader) => load(shared, progressWord.steps(reader)) > fewest)
	const results = await runThreads<FencerRole, number>(
		new URL('fencer-thread.ts', import.meta.url),
		fencers.map((reader) => ({reader, memory: shared.memory, map: shared.map})),
		{milliseconds: 500, enough, stop: stop(shared, progressWord.stop)},
	)
	t.log(results.join(', '))
	for (const steps of results) t.true(steps > fewest)
})
