/**
 * The main thread's heartbeat. What must not last for ever is counted in beats and not in time: the process may have been
 * stopped meanwhile (SIGSTOP, a paused container), and then no thread could do what is waited for.
 */

/** An object, so that tests can make beats short, or make them by hand. */
export const heartbeat = {
	/** Between two beats. */
	milliseconds: 1000,

	/** Calls `beat` at each beat, and keeps the process alive. After a stop of any length one beat is due, not many. */
	start(beat: () => void): Disposable {
		const timer = setInterval(beat, heartbeat.milliseconds)
		return {[Symbol.dispose]: () => clearInterval(timer)}
	},
}
