/** Timers for limits on what this process does itself: while it is stopped (SIGSTOP, a paused container) it does nothing. */

/** A timer's time is counted in this many pieces. A stop, however long, takes at most one of them. */
const pieces = 10

/** Calls `action` once the process has run for about so many milliseconds. @returns what cancels it. */
export function afterRunning(milliseconds: number, action: () => void): Disposable {
	let timer: NodeJS.Timeout
	const wait = (left: number) => {
		timer = setTimeout(() => (left > 1 ? wait(left - 1) : action()), milliseconds / pieces)
	}
	wait(pieces)
	return {[Symbol.dispose]: () => clearTimeout(timer)}
}
