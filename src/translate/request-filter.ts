/** Keeps a vCPU from asking for the same region again and again. */

/** More places than this are forgotten all at once. */
const mostPlaces = 65_536

export class RequestFilter {
	/** Times that a place was hot, by regionKey; counted anew once it has a region. */
	readonly #times = new Map<number, number>()

	/** A place is hot once more. @returns whether to ask for its region: the 1st, 2nd, 4th, 8th … time. */
	passes(key: number): boolean {
		const times = (this.#times.get(key) ?? 0) + 1
		if (this.#times.size >= mostPlaces) this.#times.clear()
		this.#times.set(key, times)
		return (times & (times - 1)) === 0
	}

	/** The place has a region: should it become hot again, its code has changed. */
	answered(key: number): void {
		this.#times.delete(key)
	}
}
