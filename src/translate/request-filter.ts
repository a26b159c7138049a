/** Keeps a vCPU from requesting the same region again and again. */

/** At this many places, all are forgotten at once. */
const mostPlaces = 65_536

export class RequestFilter {
	/** How often a place was hot, by regionKey; reset when it gets a region. */
	readonly #times = new Map<number, number>()

	/** A place is hot again. @returns whether to request its region: the 1st, 2nd, 4th, 8th … time. */
	passes(key: number): boolean {
		const times = (this.#times.get(key) ?? 0) + 1
		if (this.#times.size >= mostPlaces) this.#times.clear()
		this.#times.set(key, times)
		return (times & (times - 1)) === 0
	}

	/** The place has a region: if it becomes hot again, its code has changed. */
	answered(key: number): void {
		this.#times.delete(key)
	}
}
