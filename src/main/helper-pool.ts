/** The helper threads of one machine: they take work off the vCPUs' threads. */
import {availableParallelism} from 'node:os'
import type {SharedMemory} from '../memory/index.ts'
import type {HelperApi, HelperConfig} from './helper.ts'
import type {TranslatedModule, TranslateJob} from './translation/index.ts'
import {WorkerThread} from './worker-thread.ts'

/** Concurrent translations: few, since vCPUs need the cores, and requests that wait meanwhile share a larger module. */
export const translationJobs = Math.max(1, Math.min(4, Math.floor(availableParallelism() / 4)))

type Helper = {readonly thread: WorkerThread<HelperApi> /** Jobs under way. */; jobs: number}

export class HelperPool implements AsyncDisposable {
	readonly #clearer: WorkerThread<HelperApi>
	readonly #translators: readonly Helper[]
	#clearing: Promise<void> | undefined
	/** Another clearing was requested: a table may have been retired after the job had read the list. */
	#again = false

	/** All from the start: a burst of flushes empties the pool of tables sooner than a thread starts. */
	constructor(memory: SharedMemory, {entry, ...options}: Pick<HelperConfig, 'tlb' | 'hartModule'> & {entry: URL}) {
		const data: HelperConfig = {memory: memory.memory, map: memory.map, ...options}
		const start = (name: string) => new WorkerThread<HelperApi>({entry, name, data})
		this.#clearer = start('helper')
		this.#translators = Array.from({length: translationJobs}, (_, index) => ({
			thread: start(`translator ${index}`),
			jobs: 0,
		}))
	}

	/** Clears retired tables in a helper. If that is already under way, once more after it. */
	async clearTables(): Promise<void> {
		this.#again = true
		this.#clearing ??= this.#clear()
		await this.#clearing
	}

	/** Rejects if the job fails, or if its thread ends meanwhile. */
	async translate(job: TranslateJob): Promise<TranslatedModule | undefined> {
		const alive = this.#translators.filter(({thread}) => !thread.ended)
		const [first = this.#translators[0]!, ...others] = alive
		const helper = others.reduce((least, each) => (each.jobs < least.jobs ? each : least), first)
		helper.jobs++
		try {
			return await helper.thread.call((api) => api.translateRegions(job))
		} finally {
			helper.jobs--
		}
	}

	/** Resolves when no clearing is under way. Does not reject: clearTables() does. */
	async idle(): Promise<void> {
		await this.#clearing?.catch(() => {})
	}

	async #clear(): Promise<void> {
		try {
			while (this.#again) {
				this.#again = false
				await this.#clearer.call((api) => api.clearTables())
			}
		} finally {
			this.#clearing = undefined
		}
	}

	async [Symbol.asyncDispose](): Promise<void> {
		const threads = [this.#clearer, ...this.#translators.map(({thread}) => thread)]
		await Promise.all(threads.map((thread) => thread[Symbol.asyncDispose]()))
	}
}
