/** Keeps a vCPU from requesting the same region again and again, and regions that gain little. */

/** At this many places, all are forgotten at once. */
const mostPlaces = 65_536
/**
 * Instructions, for each jump of the threshold, within which a place that another region covers becomes hot again if it is to
 * have a region of its own. Less often, some hundredth of the time is interpreted there: what follows an interrupt, or the end
 * of a slice, up to the next entry.
 */
const instructionsPerJump = 512

export class RequestFilter {
	/** How often a place was hot, by regionKey; reset when it gets a region. */
	readonly #times = new Map<number, number>()
	/** By regionKey: instret when a covered place was hot last, modulo 2^32. */
	readonly #hotAt = new Map<number, number>()
	readonly #window: number

	constructor(threshold: number) {
		this.#window = threshold * instructionsPerJump
	}

	/** A place is hot again. @returns whether to request its region: the 1st, 2nd, 4th, 8th … time. */
	passes(key: number): boolean {
		const times = (this.#times.get(key) ?? 0) + 1
		if (this.#times.size >= mostPlaces) this.#times.clear()
		this.#times.set(key, times)
		return (times & (times - 1)) === 0
	}

	/** A place is hot that another region covers. @param instret modulo 2^32. @returns whether it is hot often. */
	isOften(key: number, instret: number): boolean {
		const before = this.#hotAt.get(key)
		if (this.#hotAt.size >= mostPlaces) this.#hotAt.clear()
		this.#hotAt.set(key, instret)
		return before !== undefined && (instret - before) >>> 0 < this.#window
	}

	/** The place has a region: if it becomes hot again, its code has changed. */
	answered(key: number): void {
		this.#times.delete(key)
	}
}
