/** Runs on this host: a thread of a Piscina pool for each at a time, and cores that they share. */
import {MessageChannel} from 'node:worker_threads'
import {Piscina} from 'piscina'
import {CoreBudget} from './core-budget.ts'
import type {Outcome, Run} from './run.ts'
import type {ThreadTask} from './thread.ts'

export type RunPoolOptions = Readonly<{
	cores: number
	/** Of Manyhart. */
	version: string
	/** Makes the Debian guest ready. */
	prepareLinux: () => Promise<void>
}>

const bootsLinux = (run: Run) => run.kind === 'scale' && run.guest === 'linux' && run.engine !== 'native'

const entry = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : 'campaign-thread.js', import.meta.url)

export class RunPool implements AsyncDisposable {
	readonly budget: CoreBudget
	readonly #pool: Piscina<ThreadTask, Outcome | undefined>
	readonly #options: RunPoolOptions
	#linux: Promise<void> | undefined

	constructor(options: RunPoolOptions) {
		const {cores} = options
		this.#options = options
		this.budget = new CoreBudget(cores)
		// A run has at least a core.
		this.#pool = new Piscina({
			filename: entry.href,
			execArgv: [],
			minThreads: 1,
			maxThreads: cores,
			atomics: 'disabled',
			// Milliseconds: between two short runs a thread stays.
			idleTimeout: 10_000,
		})
	}

	/**
	 * @param cores that the run has; disposed at its end. @returns what came of it, failures included.
	 * @throws the signal's reason, when the run has ended.
	 */
	async run(run: Run, {cores, signal}: Readonly<{cores: Disposable; signal: AbortSignal}>): Promise<Outcome> {
		using _ = cores
		await this.prepare([run])
		signal.throwIfAborted()
		const {port1, port2} = new MessageChannel()
		const stop = () => port1.postMessage('stop')
		signal.addEventListener('abort', stop)
		try {
			const task: ThreadTask = {run, version: this.#options.version, stop: port2}
			// Piscina derives the type from an older postMessage() of Node's.
			const outcome = await this.#pool.run(task, {transferList: [port2] as never})
			if (outcome) return outcome
			throw signal.reason
		} finally {
			signal.removeEventListener('abort', stop)
			port1.close()
		}
	}

	/** Makes ready what the runs need, once; another time if it has failed. @throws UserError if that is not to be had. */
	async prepare(runs: readonly Run[]): Promise<void> {
		if (!runs.some(bootsLinux)) return
		this.#linux ??= this.#options.prepareLinux().catch((error) => {
			this.#linux = undefined
			throw error
		})
		await this.#linux
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#pool.destroy()
	}
}
