/** How long to wait for an acknowledgement before sending again (RFC 6298), in milliseconds. */

/** RFC 6298 advises a second. On this link no path is longer than the guest's wake-up; Linux takes 200 ms, too. */
const shortest = 200
const longest = 60_000
const first = 1_000

export class RoundTrip {
	#smoothed: number | undefined
	#variation = 0
	#timeout = first
	/** The sequence number whose acknowledgement is timed; one at a time. */
	#timed: number | undefined
	#since = 0

	get timeout(): number {
		return this.#timeout
	}

	/** Times a segment unless one is being timed. @param end the number after its last byte. */
	start(end: number, now: number): void {
		if (this.#timed !== undefined) return
		this.#timed = end
		this.#since = now
	}

	/** Karn: what was sent twice says nothing. */
	discard(): void {
		this.#timed = undefined
	}

	acknowledged(acknowledgement: number, now: number): void {
		if (this.#timed === undefined || ((acknowledgement - this.#timed) | 0) < 0) return
		this.#timed = undefined
		const sample = now - this.#since
		if (this.#smoothed === undefined) {
			this.#smoothed = sample
			this.#variation = sample / 2
		} else {
			this.#variation += (Math.abs(this.#smoothed - sample) - this.#variation) / 4
			this.#smoothed += (sample - this.#smoothed) / 8
		}
		this.#timeout = Math.min(longest, Math.max(shortest, this.#smoothed + Math.max(1, 4 * this.#variation)))
	}

	backOff(): void {
		this.#timeout = Math.min(longest, this.#timeout * 2)
	}
}
