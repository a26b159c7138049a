/** The machine's clock: ticks of the timebase since the machine started, the same in every thread. */
import {timebaseHertz} from './memory-map.ts'

/** The value of `process.hrtime()` when the machine started. Posted to every thread. */
export type ClockOrigin = readonly [seconds: number, nanoseconds: number]

/** @returns a function that returns the ticks since `origin`, an integer. */
export function ticksSince(origin: ClockOrigin): () => number {
	const [originSeconds, originNanoseconds] = origin
	const nanosecondsPerTick = 1e9 / timebaseHertz
	return () => {
		// Monotonic, and with one origin for all threads of the process, unlike performance.now().
		const [seconds, nanoseconds] = process.hrtime()
		return (
			(seconds - originSeconds) * timebaseHertz + Math.floor((nanoseconds - originNanoseconds) / nanosecondsPerTick)
		)
	}
}
