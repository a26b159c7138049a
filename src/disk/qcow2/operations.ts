/** The accesses that are under way: who gives up a cluster waits for those that may still use it. */

export class Operations {
	readonly #running = new Set<Promise<unknown>>()

	async run<Result>(body: () => Promise<Result>): Promise<Result> {
		const result = body()
		this.#running.add(result)
		try {
			return await result
		} finally {
			this.#running.delete(result)
		}
	}

	/** Resolves when all that run now have ended. */
	async ended(): Promise<void> {
		await Promise.allSettled([...this.#running])
	}
}
