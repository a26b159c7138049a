/** The clock of times and traces: the same in all threads of a process, and cheaper than process.hrtime(). */

/** The value of `process.hrtime()` that counts as 0. */
export type TraceOrigin = readonly [seconds: number, nanoseconds: number]

/** @returns a function that returns microseconds since `origin`, with fractions. */
export function traceClock([seconds, nanoseconds]: TraceOrigin): () => number {
	let shortest = Number.POSITIVE_INFINITY
	let offset = 0
	// performance.now() is of the same clock, from another origin in each thread. The best of some looks at both.
	for (let look = 0; look < 8; look++) {
		const before = performance.now()
		const [nowSeconds, nowNanoseconds] = process.hrtime()
		const after = performance.now()
		if (after - before >= shortest) continue
		shortest = after - before
		offset = (nowSeconds - seconds) * 1e6 + (nowNanoseconds - nanoseconds) / 1000 - 500 * (before + after)
	}
	return () => performance.now() * 1000 + offset
}
