/** Asynchronous work, one piece after the other, in the order in which it was asked for. */
export class Mutex {
	#last: Promise<unknown> = Promise.resolve()

	run<Result>(body: () => Promise<Result>): Promise<Result> {
		const result = this.#last.then(body)
		this.#last = result.catch(() => {})
		return result
	}
}
