/**
 * How long a test waits for what other threads and processes do: so long that only what hangs takes longer, however loaded
 * the host is. Success ends each wait at once. Below AVA's own limit, so that the test can still say what it waited for.
 */

/** Milliseconds. */
export const patience = 240_000
/** For what takes minutes on a loaded host, such as a distribution's boot. Milliseconds. */
export const longPatience = 480_000
/** Added to a test's own limit, for what comes before and after the wait. Milliseconds. */
export const margin = 60_000
