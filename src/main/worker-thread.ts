/** A worker thread of a machine, called through Comlink. */
import {type ResourceLimits, type Transferable, Worker} from 'node:worker_threads'
import * as Comlink from 'comlink'
import {nodeEndpoint} from '../vcpu-worker/index.ts'

export type WorkerThreadOptions = Readonly<{
	entry: URL
	/** For debuggers. */
	name: string
	/** Posted when the thread starts. */
	data: unknown
	transfer?: readonly Transferable[]
	resourceLimits?: ResourceLimits
}>

export class WorkerThread<Api> implements AsyncDisposable {
	readonly #worker: Worker
	readonly #api: Comlink.Remote<Api>
	/** Those that reject the calls under way. A race of each call with one promise would keep every result alive. */
	readonly #rejections = new Set<(why: Error) => void>()
	#ended: Error | undefined
	#terminating = false

	/** @throws when the host cannot start it. */
	constructor({entry, name, data, transfer = [], resourceLimits = {}}: WorkerThreadOptions) {
		// No execArgv: the worker would inherit flags that are for the main script, such as --input-type.
		const options = {workerData: data, transferList: [...transfer], name, execArgv: [], resourceLimits}
		this.#worker = new Worker(entry, options)
		this.#worker.once('error', (error: Error) => this.#end(error))
		this.#worker.once('exit', (code) => this.#end(new Error(`its thread ended with code ${code}`)))
		this.#api = Comlink.wrap<Api>(nodeEndpoint(this.#worker))
		// After Comlink has added its listener, which refs the worker. A machine that nothing is asked of must not keep the
		// process alive.
		this.#worker.unref()
	}

	/** Whether the thread has ended. */
	get ended(): boolean {
		return this.#ended !== undefined
	}

	/** Keeps the process alive until it has an answer. @throws what the call throws, or why the thread has ended. */
	async call<Result>(action: (api: Comlink.Remote<Api>) => Promise<Result>): Promise<Result> {
		if (this.#ended) throw this.#ended
		const {promise, resolve, reject} = Promise.withResolvers<Result>()
		this.#rejections.add(reject)
		this.#worker.ref()
		try {
			action(this.#api).then(resolve, reject)
			return await promise
		} finally {
			this.#rejections.delete(reject)
			if (this.#rejections.size === 0 && !this.#terminating) this.#worker.unref()
		}
	}

	#end(why: Error): void {
		this.#ended ??= why
		for (const reject of this.#rejections) reject(this.#ended)
	}

	/** Ends the thread, whatever it does. Calls under way fail. */
	async [Symbol.asyncDispose](): Promise<void> {
		this.#terminating = true
		await this.#worker.terminate()
	}
}
