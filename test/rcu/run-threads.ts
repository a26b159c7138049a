/** Runs test threads and collects what each posts. */
import {once} from 'node:events'
import {Worker} from 'node:worker_threads'

/** Starts a thread for each of `roles`. @returns what they post, one message each. */
export async function runThreads<Role, Result>(
	file: URL,
	roles: readonly Role[],
	limit: {milliseconds: number},
): Promise<Result[]> {
	const workers = roles.map((workerData) => new Worker(file, {workerData}))
	const timeout = new Promise<never>((_, reject) => {
		setTimeout(reject, limit.milliseconds, new Error(`Threads did not end in ${limit.milliseconds} ms`)).unref()
	})
	try {
		return await Promise.race([Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0])), timeout])
	} finally {
		await Promise.all(workers.map((worker) => worker.terminate()))
	}
}
