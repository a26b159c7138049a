/** The helper pool of one machine (Piscina): jobs that keep work off the vCPUs' threads. */
import {availableParallelism} from 'node:os'
import {Piscina} from 'piscina'
import type {SharedMemory} from '../memory/index.ts'
import {threadEntries} from './artifacts.ts'
import type {HelperConfig} from './helper.ts'
import type {TranslatedModule, TranslateJob} from './translation/index.ts'

/** Translations at a time: vCPUs need the cores, and what waits meanwhile makes a larger module. */
export const translationJobs = Math.max(1, Math.min(4, Math.floor(availableParallelism() / 4)))

export class HelperPool implements AsyncDisposable {
	readonly #pool: Piscina
	#clearing: Promise<void> | undefined
	/** Asked for while it was under way: a table may have been retired behind the clearer's back. */
	#again = false

	constructor(memory: SharedMemory, options: Pick<HelperConfig, 'tlb' | 'hartModule'>) {
		const workerData: HelperConfig = {memory: memory.memory, map: memory.map, ...options}
		this.#pool = new Piscina({
			filename: threadEntries.helper.href,
			workerData,
			execArgv: [],
			// One for clearing, however many translate; it is there from the start, since a thread takes longer to start than a
			// storm of flushes to empty the pool.
			minThreads: 1 + translationJobs,
			maxThreads: 1 + translationJobs,
			// Piscina's workers spin on Atomics.wait between tasks unless told otherwise; ours shall sleep.
			atomics: 'disabled',
		})
	}

	/** Has retired tables cleared. While that is under way, sees to it that it is done once more. */
	async clearTables(): Promise<void> {
		this.#again = true
		this.#clearing ??= this.#clear()
		await this.#clearing
	}

	/** Rejects when the job fails, or the pool is given up meanwhile. */
	async translate(job: TranslateJob): Promise<TranslatedModule | undefined> {
		return await this.#pool.run(job, {name: 'translateRegions'})
	}

	/** Resolves when no table is being cleared; a failure is its caller's. */
	async idle(): Promise<void> {
		await this.#clearing?.catch(() => {})
	}

	async #clear(): Promise<void> {
		try {
			while (this.#again) {
				this.#again = false
				await this.#pool.run(undefined, {name: 'clearTables'})
			}
		} finally {
			this.#clearing = undefined
		}
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#pool.destroy()
	}
}
