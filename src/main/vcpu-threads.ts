/** The vCPU worker threads of one machine. */
import {Worker} from 'node:worker_threads'
import * as Comlink from 'comlink'
import {nodeEndpoint, type RegisterDump, type VcpuApi, type VcpuConfig} from '../vcpu-worker/index.ts'
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
	worker: Worker
	api: Comlink.Remote<VcpuApi>
	/** Never resolves; rejects with VcpuDied. */
	death: Promise<never>
}>

export class VcpuThreads implements AsyncDisposable {
	readonly #threads: readonly Thread[]
	#disposed = false

	constructor(configs: readonly VcpuConfig[]) {
		this.#threads = configs.map((config) => this.#start(config))
	}

	get count(): number {
		return this.#threads.length
	}

	/** Puts every vCPU into its state at reset. @throws VcpuDied */
	async reset(): Promise<void> {
		await Promise.all(this.#threads.map(({api, death}) => Promise.race([api.reset(), death])))
	}

	/** Runs every vCPU. Resolves once all are parked. @param onDeath called as soon as one dies, so that the others can be stopped. */
	async run(onDeath: (died: VcpuDied) => void): Promise<void> {
		const runs = this.#threads.map(async ({api, death}, vcpu) => {
			try {
				await Promise.race([api.run(), death])
			} catch (error) {
				onDeath(error instanceof VcpuDied ? error : new VcpuDied(vcpu, (error as Error).message))
			}
		})
		await Promise.all(runs)
	}

	/** While parked. */
	async registers(vcpu: number): Promise<RegisterDump> {
		const thread = this.#threads[vcpu]
		if (!thread) throw new RangeError(`Expected a hart from 0 to ${this.count - 1}, got ${vcpu}`)
		return await Promise.race([thread.api.registers(), thread.death])
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#disposed = true
		await Promise.all(this.#threads.map(({worker}) => worker.terminate()))
	}

	#start(config: VcpuConfig): Thread {
		const worker = new Worker(threadEntries.vcpu, {workerData: config, name: `vcpu ${config.vcpu}`})
		const death = new Promise<never>((_, reject) => {
			worker.once('error', (error) => reject(new VcpuDied(config.vcpu, (error as Error).message)))
			worker.once('exit', (code) => {
				if (!this.#disposed) reject(new VcpuDied(config.vcpu, `its thread ended with code ${code}`))
			})
		})
		// Whoever waits for the vCPU sees it; without a waiter it must not end the process.
		death.catch(() => {})
		return {worker, api: Comlink.wrap<VcpuApi>(nodeEndpoint(worker)), death}
	}
}
