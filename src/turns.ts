/**
 * Where a thread may have to wait for another, and where another may come between. Usually that is the host's business. In
 * serial mode (src/serial) the threads of a machine run by turns: one at a time, in an order that a seed decides.
 */

/**
 * Places within a step that another thread can come into, in the order of their numbers in the hart core, from 0. In the
 * code they are statements that are labelled `POINT`, which the build keeps in dist/faults only, as it does with those of
 * src/faults.ts. The hart core's are under `if (FAULTS)`.
 */
export const points = {
	slice: 'after a slice',
	wait: 'while it waits',
	instruction: 'between two instructions',
	ration: 'between two pieces of translated code',
	slow: 'before a slow instruction, or a page walk',
	fill: 'between a page walk and the fill',
	space: 'between the store of satp and the exchange of the tables',
	generation: "between the exchange of the tables and the comparison of the space's generation",
	empty: 'before it empties a table in place',
	writer: 'between its look at the lines of code and its write entry',
	retire: 'between the exchange of a table and its retirement',
	advance: "between another hart's new generation and the request to drop last pages",
	swap: "between the load of another hart's descriptor and its exchange",
	fence: 'between the count of a fence and the look at satp',
	request: 'between a request and its doorbell',
	bell: 'between a doorbell and the start of the grace period',
	post: 'within a post of a range',
	safepoint: 'between a quiescent state and the look at the doorbell',
	serve: 'between a doorbell and its service',
	take: 'within the service of requests',
	ring: 'between what a doorbell announces and the doorbell',
	recycle: 'between a retired table and its clearing',
	free: 'between the clearing of a table and its return to the pool',
	takeTable: 'between a table of the pool and its preparation',
	announce: 'between the load of the counter and the announcement of a quiescent state',
	announced: 'between the announcement of a quiescent state and the look for those that wait',
	online: 'between the load of the counter and coming online',
	poll: 'between the load of the counter and the request for a grace period',
	advancing: 'while it drives grace periods on',
	waiter: 'between the count of those that wait and the look at the slot',
	queue: 'between the place in a queue and its item',
	holdout: 'between its look at a reader and the note that this one is waited for',
} as const satisfies Record<string, string>
export type Point = keyof typeof points

export const pointNames = Object.keys(points) as readonly Point[]

/** What `Atomics.wait` returns. */
export type WaitResult = 'ok' | 'not-equal' | 'timed-out'

/** A thread's side of serial mode. */
export type Turns = Readonly<{
	/** As Atomics.wait(), in virtual time. */
	wait(words: Int32Array, index: number, value: number, milliseconds: number): WaitResult
	/** Another thread may have its turn here. */
	pass(point: Point): void
}>

/** Of this thread; undefined where the host schedules. */
let turns: Turns | undefined

/** From now on, on this thread. */
export function takeTurns(serial: Turns): void {
	turns = serial
}

/** Atomics.wait(), in serial mode by turns. */
export function waitOn(
	words: Int32Array,
	index: number,
	value: number,
	milliseconds: number = Number.POSITIVE_INFINITY,
): WaitResult {
	return turns ? turns.wait(words, index, value, milliseconds) : Atomics.wait(words, index, value, milliseconds)
}

/** To be called behind the label `POINT` only. */
export function passTurn(point: Point): void {
	turns?.pass(point)
}
