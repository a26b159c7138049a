/** Counts the results of a plan, in all and by worker: a table asks for them many times a second. */
import type {Plan} from './plan.ts'
import type {Result} from './run.ts'

export type Count = Readonly<{done: number; failed: number}>

const none: Count = {done: 0, failed: 0}

export class Tally {
	readonly #ids: ReadonlySet<string>
	readonly #byWorker = new Map<string, Count>()
	#all = none

	/** @param results that are there already; those of other runs do not count. */
	constructor({runs}: Pick<Plan, 'runs'>, results: Iterable<Result>) {
		this.#ids = new Set(runs.map(({id}) => id))
		for (const result of results) this.add(result)
	}

	/** A result that was stored: each once. */
	add({id, worker, outcome}: Result): void {
		if (!this.#ids.has(id)) return
		const failed = outcome.error === undefined ? 0 : 1
		const more = (count: Count): Count => ({done: count.done + 1, failed: count.failed + failed})
		this.#all = more(this.#all)
		this.#byWorker.set(worker, more(this.of(worker)))
	}

	get all(): Count {
		return this.#all
	}

	of(worker: string): Count {
		return this.#byWorker.get(worker) ?? none
	}
}
