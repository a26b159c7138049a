/** The I/O worker's thread, as the machine starts and ends it. */
import type {MessagePort} from 'node:worker_threads'
import {WorkerBell, type WorkerBells} from '../board/index.ts'
import {UserError} from '../errors.ts'
import type {IoApi, IoConfig} from '../io/index.ts'
import type {OpenForward} from '../net/index.ts'
import {heapLimits} from './thread-heaps.ts'
import {WorkerThread} from './worker-thread.ts'

export class IoThread implements AsyncDisposable {
	readonly #thread: WorkerThread<IoApi>
	readonly #bells: WorkerBells
	/** Its number among the machine's I/O workers. */
	readonly worker: number
	/** Until it has ended. */
	#running: Promise<void> | undefined

	/** @throws when the host cannot start it. */
	constructor({
		entry,
		config,
		bells,
		transfer = [],
	}: {
		entry: URL
		config: IoConfig
		bells: WorkerBells
		transfer?: readonly MessagePort[]
	}) {
		const name = `io ${config.worker}`
		this.#thread = new WorkerThread({entry, name, data: config, transfer, resourceLimits: heapLimits.io})
		this.#bells = bells
		this.worker = config.worker
	}

	/** Opens what the worker has to open, before start(). @throws UserError for what cannot be opened. */
	async open(): Promise<readonly OpenForward[]> {
		const opened = await this.#thread.call((api) => api.open())
		if (opened.mistake !== undefined) throw new UserError(opened.mistake)
		return opened.forwards
	}

	/** @param pages that the balloon shall have. */
	async resizeBalloon(pages: number): Promise<void> {
		await this.#thread.call((api) => api.resizeBalloon(pages))
	}

	/** @param onFailure called if it ends before it is asked to, or cannot bring all to the disks. */
	start(onFailure: (message: string) => void): void {
		this.#running = this.#thread
			.call((api) => api.run())
			.catch((error: Error) => onFailure(`I/O worker ${this.worker} failed: ${error.message}`))
			.finally(() => {
				this.#running = undefined
			})
	}

	/** From start() until it has ended. */
	get isRunning(): boolean {
		return this.#running !== undefined
	}

	/** Resolves once all that the guest wrote is on the disks, or has failed to get there. While no vCPU runs. */
	async drain(): Promise<void> {
		this.#bells.ring(this.worker, WorkerBell.stop)
		await this.#running
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#thread[Symbol.asyncDispose]()
	}
}
