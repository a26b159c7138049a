/** The machine's clock: ticks of the timebase since the machine started, alike in every thread. */
import {timebaseHertz} from './memory-map.ts'

/** What `process.hrtime()` returned when the machine started: seconds, nanoseconds. Plain data, posted to every thread. */
export type ClockOrigin = readonly [seconds: number, nanoseconds: number]

/** @returns a function that gives the ticks since `origin`, a whole number. */
export function ticksSince(origin: ClockOrigin): () => number {
	const [originSeconds, originNanoseconds] = origin
	const nanosecondsPerTick = 1e9 / timebaseHertz
	return () => {
		// Monotonic and of one origin for all threads of the process, unlike performance.now().
		const [seconds, nanoseconds] = process.hrtime()
		return (
			(seconds - originSeconds) * timebaseHertz + Math.floor((nanoseconds - originNanoseconds) / nanosecondsPerTick)
		)
	}
}
