/** The loop of an I/O worker: it sleeps until a vCPU rings, serves the slots that rang, and sleeps again. */
import {WorkerBell, type WorkerBells} from '../board/index.ts'

export type RungServer = Readonly<{
	/** Looks at the queues of its slot that were notified. */
	serve(): void
	/** Something is under way that needs the thread's event loop. */
	isBusy: boolean
}>

/** Steps of promises that work takes which waits for nothing. */
const mostSteps = 256
/** After so many rounds without one the event loop has its turn. */
const mostRounds = 64
/** Longest sleep without such a turn, milliseconds. */
const longestSleep = 10_000

export type Serving = Readonly<{
	worker: number
	/** By slot. */
	servers: ReadonlyMap<number, RungServer>
	/** How it sleeps while nothing is under way: the thread wakes sooner, but others may use it, too, as in tests. */
	sleeps?: 'thread' | 'event loop'
}>

/** Serves until the bell `stop` rings. */
export async function serveBells(bells: WorkerBells, {worker, servers, sleeps = 'thread'}: Serving): Promise<void> {
	const isBusy = () => servers.values().some((server) => server.isBusy)
	for (let rounds = 1; ; rounds++) {
		const bits = bells.take(worker)
		for (const [slot, server] of servers) if (bits & (1 << slot)) server.serve()
		if (bits & WorkerBell.stop) return
		for (let steps = 0; steps < mostSteps && isBusy(); steps++) await undefined
		if (isBusy() || sleeps === 'event loop') {
			// What is under way ends in turns of the event loop, and they come even if the guest rings all the time.
			if (bits) await eventLoopTurn()
			else await bells.rung(worker)
		} else {
			// Nothing is: without the event loop the thread wakes sooner.
			const end = bits ? 'rung' : bells.sleep(worker, longestSleep)
			if (end === 'timed-out' || rounds % mostRounds === 0) await eventLoopTurn()
		}
	}
}

const eventLoopTurn = () => new Promise<void>((resolve) => setImmediate(resolve))
