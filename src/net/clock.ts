/** Time, given from outside: the tests have a virtual one. */

export type Timer = {cancel(): void}

export type Clock = {
	/** Milliseconds from any fixed moment; never goes back. */
	now(): number
	after(milliseconds: number, callback: () => void): Timer
	/** Calls back when the present event has been served: after a burst of frames. */
	soon(callback: () => void): void
}

export const hostClock: Clock = {
	now: () => performance.now(),
	after(milliseconds, callback) {
		// Sockets keep the thread alive, or the machine does.
		const timer = setTimeout(callback, milliseconds).unref()
		return {cancel: () => clearTimeout(timer)}
	},
	soon: queueMicrotask,
}
