/** How long runs will take: a first guess, which what finished runs of their kind have taken corrects. */

export class Forecast<Run> {
	readonly #estimate: (run: Run) => number
	readonly #kindsOf: (run: Run) => readonly string[]
	readonly #byKind = new Map<string, {estimated: number; taken: number}>()

	/**
	 * @param estimate in seconds.
	 * @param kindsOf those whose estimates are wrong alike, from the narrowest to the widest: the first of which a run has
	 * finished corrects.
	 */
	constructor({
		estimate,
		kindsOf,
	}: Readonly<{estimate: (run: Run) => number; kindsOf: (run: Run) => readonly string[]}>) {
		this.#estimate = estimate
		this.#kindsOf = kindsOf
	}

	finished(run: Run, seconds: number): void {
		for (const kind of this.#kindsOf(run)) {
			const {estimated, taken} = this.#byKind.get(kind) ?? {estimated: 0, taken: 0}
			this.#byKind.set(kind, {estimated: estimated + this.#estimate(run), taken: taken + seconds})
		}
	}

	secondsOf(run: Run): number {
		const [known] = this.#kindsOf(run).flatMap((kind) => this.#byKind.get(kind) ?? [])
		const {estimated, taken} = known ?? {estimated: 1, taken: 1}
		return this.#estimate(run) * (taken / estimated)
	}

	of(runs: readonly Run[]): number {
		return runs.reduce((sum, run) => sum + this.secondsOf(run), 0)
	}
}
