/** Runs a hart that may never come back, on this thread: another thread then rings for it. */
import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import type {InterpretedHart} from '../interpreter/interpreted-hart.ts'
import type {RunLimitThreadData} from './run-limit-thread.ts'
import {RunLimit} from './run-limit-words.ts'

/**
 * What a slice of some hundred instructions never needs, in CPU time of this process: a loaded host does not make it longer,
 * but other tests that run meanwhile do.
 */
const mostSeconds = 2

/** For serial tests. @param budget in instructions; some hundred. @returns the exit reason. @throws if the slice had to be ended. */
export async function runWithinLimit(hart: InterpretedHart, budget: number): Promise<number> {
	const words = new Int32Array(new SharedArrayBuffer(4))
	const {memory} = hart
	const data: RunLimitThreadData = {memory: memory.memory, map: memory.map, words, mostSeconds}
	const worker = new Worker(new URL('./run-limit-thread.ts', import.meta.url), {workerData: data})
	const exit = once(worker, 'exit')
	await once(worker, 'message')
	// The thread measures from here. Pairs with its first wait.
	Atomics.store(words, 0, RunLimit.running)
	Atomics.notify(words, 0)
	const reason = hart.run(budget)
	// Ends its other waits; after its ring, if it has rung. Pairs with the compareExchange in run-limit-thread.ts.
	const hasRung = Atomics.exchange(words, 0, RunLimit.over) === RunLimit.rung
	Atomics.notify(words, 0)
	await exit
	if (hasRung) throw new Error(`Expected a slice of ${budget} instructions to end, got ${mostSeconds} s without an end`)
	return reason
}
