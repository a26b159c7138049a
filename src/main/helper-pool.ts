/** The helper pool of one machine (Piscina): takes work off the vCPUs' threads. */
import {availableParallelism} from 'node:os'
import {Piscina} from 'piscina'
import type {SharedMemory} from '../memory/index.ts'
import {UseAfterRetirement} from '../tlb/index.ts'
import type {HelperConfig, KeepJob} from './helper.ts'
import {heapLimits} from './thread-heaps.ts'
import {niceIncrements} from './thread-priority.ts'
import type {TranslatedModule, TranslateJob} from './translation/index.ts'

/** Concurrent translations: few, since vCPUs need the cores, and requests that wait meanwhile share a larger module. */
export const translationJobs = Math.max(1, Math.min(4, Math.floor(availableParallelism() / 4)))

export class HelperPool implements AsyncDisposable {
	readonly #pool: Piscina
	#clearing: Promise<void> | undefined
	/** Another clearing was requested: a table may have been retired after the job had read the list. */
	#again = false

	/** @param options.entry of the threads: helper-thread.ts, or what the build made of it. */
	constructor(
		memory: SharedMemory,
		{entry, ...options}: Pick<HelperConfig, 'tlb' | 'hartModule' | 'fault'> & {entry: URL},
	) {
		const workerData: HelperConfig = {memory: memory.memory, map: memory.map, ...options}
		this.#pool = new Piscina({
			filename: entry.href,
			workerData,
			execArgv: [],
			// One for clearing, besides those that translate. All from the start: a burst of flushes empties the pool of
			// tables sooner than a thread starts.
			minThreads: 1 + translationJobs,
			maxThreads: 1 + translationJobs,
			// By default Piscina's workers block in Atomics.wait between tasks instead of returning to their event loop.
			atomics: 'disabled',
			niceIncrement: niceIncrements.helper,
			resourceLimits: heapLimits.helper,
		})
	}

	/**
	 * Clears retired tables in a helper. If that is already under way, once more after it.
	 * @throws UseAfterRetirement, or what made the job fail.
	 */
	async clearTables(): Promise<void> {
		this.#again = true
		this.#clearing ??= this.#clear()
		await this.#clearing
	}

	/** Rejects if the job fails, or if the pool is disposed meanwhile. */
	async translate(job: TranslateJob): Promise<TranslatedModule | undefined> {
		return await this.#pool.run(job, {name: 'translateRegions'})
	}

	/** What earlier runs have translated. @returns why there is nothing, in words. */
	async loadTranslations(path: string): Promise<readonly TranslatedModule[] | string> {
		return await this.#pool.run(path, {name: 'loadTranslations'})
	}

	/** @returns why they could not be kept, in words. */
	async keepTranslations(job: KeepJob): Promise<string | undefined> {
		return await this.#pool.run(job, {name: 'keepTranslations'})
	}

	/** Resolves when no clearing is under way. Does not reject: clearTables() does. */
	async idle(): Promise<void> {
		await this.#clearing?.catch(() => {})
	}

	async #clear(): Promise<void> {
		try {
			while (this.#again) {
				this.#again = false
				const used: string | undefined = await this.#pool.run(undefined, {name: 'clearTables'})
				if (used !== undefined) throw new UseAfterRetirement(used)
			}
		} finally {
			this.#clearing = undefined
		}
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#pool.destroy()
	}
}
