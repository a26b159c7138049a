/** How long runs will take: a first guess, which what finished runs of their kind have taken corrects. */

export class Forecast<Run> {
	readonly #estimate: (run: Run) => number
	readonly #kindOf: (run: Run) => string
	readonly #byKind = new Map<string, {estimated: number; taken: number}>()

	/** @param estimate in seconds. @param kindOf those whose estimates are wrong alike. */
	constructor({estimate, kindOf}: Readonly<{estimate: (run: Run) => number; kindOf: (run: Run) => string}>) {
		this.#estimate = estimate
		this.#kindOf = kindOf
	}

	finished(run: Run, seconds: number): void {
		const {estimated, taken} = this.#byKind.get(this.#kindOf(run)) ?? {estimated: 0, taken: 0}
		this.#byKind.set(this.#kindOf(run), {estimated: estimated + this.#estimate(run), taken: taken + seconds})
	}

	secondsOf(run: Run): number {
		const {estimated, taken} = this.#byKind.get(this.#kindOf(run)) ?? {estimated: 1, taken: 1}
		return this.#estimate(run) * (taken / estimated)
	}

	of(runs: readonly Run[]): number {
		return runs.reduce((sum, run) => sum + this.secondsOf(run), 0)
	}
}
