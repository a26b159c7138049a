/** The entry of a thread of the pool: Piscina calls its default export. */
import type {MessagePort} from 'node:worker_threads'
import {perform} from './perform.ts'
import type {Outcome, Run} from './run.ts'

/** @property stop any message ends the run. */
export type ThreadTask = Readonly<{run: Run; version: string; stop: MessagePort}>

/** @returns undefined: it was stopped. */
export default async function performOnThread({run, version, stop}: ThreadTask): Promise<Outcome | undefined> {
	const stopped = new AbortController()
	stop.on('message', () => stopped.abort(new Error('stopped')))
	try {
		return await perform(run, {version, signal: stopped.signal})
	} catch (error) {
		if (stopped.signal.aborted) return undefined
		throw error
	} finally {
		stop.close()
	}
}
