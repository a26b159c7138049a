/** The vCPU worker threads of one machine. */
import {Worker} from 'node:worker_threads'
import * as Comlink from 'comlink'
import {nodeEndpoint, type VcpuApi, type VcpuConfig} from '../vcpu-worker/index.ts'
import {threadEntries} from './artifacts.ts'

/** A vCPU's thread ended by itself, which it never should. */
export class VcpuDied extends Error {
	override readonly name = 'VcpuDied'
	readonly vcpu: number

	constructor(vcpu: number, why: string) {
		super(`hart ${vcpu} died: ${why}`)
		this.vcpu = vcpu
	}
}

type Thread = Readonly<{
	vcpu: number
	worker: Worker
	api: Comlink.Remote<VcpuApi>
	/** Never resolves; rejects with VcpuDied. */
	death: Promise<never>
}>

export class VcpuThreads implements AsyncDisposable {
	readonly #threads: Thread[] = []
	#disposed = false

	/** Starts a vCPU's thread. @throws when the host cannot; the other threads are as before. */
	start(config: VcpuConfig): void {
		// No execArgv: the worker would inherit flags that are for the main script, such as --input-type.
		const worker = new Worker(threadEntries.vcpu, {
			workerData: config,
			transferList: config.translationPort ? [config.translationPort] : [],
			name: `vcpu ${config.vcpu}`,
			execArgv: [],
		})
		const death = new Promise<never>((_, reject) => {
			worker.once('error', (error) => reject(new VcpuDied(config.vcpu, (error as Error).message)))
			worker.once('exit', (code) => {
				if (!this.#disposed) reject(new VcpuDied(config.vcpu, `its thread ended with code ${code}`))
			})
		})
		// Seen by whoever waits for the vCPU; without a waiter it must not be an unhandled rejection.
		death.catch(() => {})
		const api = Comlink.wrap<VcpuApi>(nodeEndpoint(worker))
		// After Comlink has added its listener, which refs the worker. A running machine keeps the process alive itself;
		// one that is not running must not.
		worker.unref()
		this.#threads.push({vcpu: config.vcpu, worker, api, death})
	}

	/** Resets every vCPU. @throws VcpuDied */
	async reset(): Promise<void> {
		await Promise.all(this.#threads.map((thread) => call(thread, (api) => api.reset())))
	}

	/** Runs every vCPU. Resolves once all are parked or dead. @param onDeath called at once, so as to stop the others. */
	async run(onDeath: (died: VcpuDied) => void): Promise<void> {
		await Promise.all(this.#threads.map((thread) => call(thread, (api) => api.run()).catch(onDeath)))
	}

	async [Symbol.asyncDispose](): Promise<void> {
		// Ends threads that run guest code or sleep, as well as parked ones.
		this.#disposed = true
		await Promise.all(this.#threads.map(({worker}) => worker.terminate()))
	}
}

/** @throws VcpuDied for any error in the vCPU's thread. */
async function call({vcpu, api, death}: Thread, action: (api: Thread['api']) => Promise<void>): Promise<void> {
	try {
		await Promise.race([action(api), death])
	} catch (error) {
		throw error instanceof VcpuDied ? error : new VcpuDied(vcpu, (error as Error).message)
	}
}
