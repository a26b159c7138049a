/** The helper pool of one machine (Piscina): jobs that keep work off the vCPUs' threads. */
import {Piscina} from 'piscina'
import type {SharedMemory} from '../memory/index.ts'
import type {TlbConfig} from '../tlb/index.ts'
import {threadEntries} from './artifacts.ts'
import type {ClearJob} from './helper.ts'

export class HelperPool implements AsyncDisposable {
	readonly #pool = new Piscina({
		filename: threadEntries.helper.href,
		minThreads: 1,
		maxThreads: 2,
		// Piscina's workers spin on Atomics.wait between tasks unless told otherwise; ours shall sleep.
		atomics: 'disabled',
	})
	readonly #clearJob: ClearJob
	#clearing = false

	constructor(memory: SharedMemory, tlb: TlbConfig) {
		this.#clearJob = {memory: memory.memory, map: memory.map, tlb}
	}

	/** Has retired tables cleared; does nothing while that is under way. @returns how many came back. */
	async clearTables(): Promise<number> {
		if (this.#clearing) return 0
		this.#clearing = true
		try {
			return await this.#pool.run(this.#clearJob, {name: 'clearTables'})
		} finally {
			this.#clearing = false
		}
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#pool.destroy()
	}
}
