/** File times for Node, which takes seconds as one double. */

/** @returns a time that sets, changes nothing, or is the host's present one. */
export type NewTime = Readonly<{seconds: bigint; nanoseconds: number}> | 'keep' | 'now'

/**
 * Node passes numbers on to libuv, for which infinity is the present time, and NaN leaves a time alone (from libuv 1.51).
 * As a string or a Date they pass Node's checks.
 */
export function toNodeTime(time: NewTime): string | Date {
	if (time === 'keep') return new Date(Number.NaN)
	if (time === 'now') return 'Infinity'
	return String(toSeconds(Number(time.seconds), time.nanoseconds))
}

/**
 * A double of today's seconds has steps of 238 ns, and libuv cuts off what is below a nanosecond. Rounded up, so that a copy
 * with its original's time is never older than that: `make` and `cp -u` would copy it again.
 */
function toSeconds(seconds: number, nanoseconds: number): number {
	const time = seconds + nanoseconds / 1e9
	if (seconds < 0 || time === 0 || Math.trunc((time - seconds) * 1e9) >= nanoseconds) return time
	return time + 2 ** (Math.floor(Math.log2(time)) - 52)
}
