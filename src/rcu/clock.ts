/** The clock that all threads share. */

/** Microseconds modulo 2^32 (71 minutes), signed: subtract two and take `>>> 0`. */
export function microseconds(): number {
	// Not performance.now(), which starts at 0 in each thread.
	const [seconds, nanoseconds] = process.hrtime()
	return (seconds * 1_000_000 + Math.floor(nanoseconds / 1000)) | 0
}

/** Milliseconds modulo 2^32 (49 days), signed: as microseconds(). */
export function milliseconds(): number {
	const [seconds, nanoseconds] = process.hrtime()
	return (seconds * 1000 + Math.floor(nanoseconds / 1_000_000)) | 0
}

/** Nanoseconds, of this thread: each has its own origin. */
export function nanoseconds(): number {
	return performance.now() * 1_000_000
}
