/** The vCPU worker threads of one machine. */
import {Worker} from 'node:worker_threads'
import * as Comlink from 'comlink'
import {nodeEndpoint, type VcpuApi, type VcpuConfig} from '../vcpu-worker/index.ts'
import {threadEntries} from './artifacts.ts'

/** A worker thread ended by itself, which it never should. */
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
		// Flags such as --input-type are the main script's own.
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
		// Whoever waits for the vCPU sees it; without a waiter it must not end the process.
		death.catch(() => {})
		const api = Comlink.wrap<VcpuApi>(nodeEndpoint(worker))
		// After Comlink has begun to listen, which keeps the process alive. A machine that runs does so itself, and one that is
		// forgotten is no reason to go on.
		worker.unref()
		this.#threads.push({vcpu: config.vcpu, worker, api, death})
	}

	/** Puts every vCPU into its state at reset. @throws VcpuDied */
	async reset(): Promise<void> {
		await Promise.all(this.#threads.map((thread) => call(thread, (api) => api.reset())))
	}

	/** Runs every vCPU. Resolves once all are parked. @param onDeath called as soon as one dies, so that the others can be stopped. */
	async run(onDeath: (died: VcpuDied) => void): Promise<void> {
		await Promise.all(this.#threads.map((thread) => call(thread, (api) => api.run()).catch(onDeath)))
	}

	async [Symbol.asyncDispose](): Promise<void> {
		// Ends a thread that runs guest code, or sleeps, as well as a parked one.
		this.#disposed = true
		await Promise.all(this.#threads.map(({worker}) => worker.terminate()))
	}
}

/** @throws VcpuDied for whatever goes wrong there. */
async function call({vcpu, api, death}: Thread, action: (api: Thread['api']) => Promise<void>): Promise<void> {
	try {
		await Promise.race([action(api), death])
	} catch (error) {
		throw error instanceof VcpuDied ? error : new VcpuDied(vcpu, (error as Error).message)
	}
}
