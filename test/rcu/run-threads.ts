/** Runs test threads until enough has happened, and collects what each posts. */
import {once} from 'node:events'
import {setTimeout as delay} from 'node:timers/promises'
import {Worker} from 'node:worker_threads'
import {patience} from '../support/patience.ts'

/** @param milliseconds at least. @param enough checked every 10 ms. @param stop makes the threads post and end. */
export type Run = Readonly<{milliseconds: number; enough: () => boolean; stop: () => void}>

/** Starts a thread for each of `roles`. @returns what they post, one message each. */
export async function runThreads<Role, Result>(
	file: URL,
	roles: readonly Role[],
	{milliseconds, enough, stop}: Run,
): Promise<Result[]> {
	const workers = roles.map((workerData) => new Worker(file, {workerData}))
	const results = Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]))
	// A thread that fails ends the run below; one that fails before that is no unhandled rejection.
	results.catch(() => {})
	try {
		const began = performance.now()
		const lasted = () => performance.now() - began
		while (lasted() < patience && (lasted() < milliseconds || !enough())) {
			const running = await Promise.race([delay(10, true), results.then(() => false)])
			if (!running) break
		}
		stop()
		const late = delay(patience, undefined, {ref: false}).then(() => {
			throw new Error(`Threads did not end in ${patience} ms`)
		})
		return await Promise.race([results, late])
	} finally {
		await Promise.all(workers.map((worker) => worker.terminate()))
	}
}
