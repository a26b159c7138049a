/** The clock of times and traces: the same in all threads of a process, and cheaper than process.hrtime(). */

/** The value of `process.hrtime()` that counts as 0. */
export type TraceOrigin = readonly [seconds: number, nanoseconds: number]

/** Microseconds: looks at both clocks end once the distance of their origins is known this well, or after `mostLooks`. */
const closeEnough = 0.5
const mostLooks = 1000

/** @returns a function that returns microseconds since `origin`, with fractions. */
export function traceClock([seconds, nanoseconds]: TraceOrigin): () => number {
	// performance.now() is of the same clock, from another origin in each thread. Each look bounds the distance from both sides.
	let [least, most] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
	for (let look = 0; look < mostLooks && most - least > closeEnough; look++) {
		const before = performance.now()
		const [nowSeconds, nowNanoseconds] = process.hrtime()
		const after = performance.now()
		const now = (nowSeconds - seconds) * 1e6 + (nowNanoseconds - nanoseconds) / 1000
		least = Math.max(least, now - 1000 * after)
		most = Math.min(most, now - 1000 * before)
	}
	const offset = (least + most) / 2
	return () => performance.now() * 1000 + offset
}
