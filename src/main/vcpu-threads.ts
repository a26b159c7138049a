/** The vCPU worker threads of one machine. */
import type {VcpuApi, VcpuConfig} from '../vcpu-worker/index.ts'
import {heapLimits} from './thread-heaps.ts'
import {WorkerThread} from './worker-thread.ts'

/** A vCPU's thread ended by itself, which it never should. */
export class VcpuDied extends Error {
	override readonly name = 'VcpuDied'
	readonly vcpu: number

	constructor(vcpu: number, why: string) {
		super(`hart ${vcpu} died: ${why}`)
		this.vcpu = vcpu
	}
}

export class VcpuThreads implements AsyncDisposable {
	/** By vCPU. */
	readonly #threads: WorkerThread<VcpuApi>[] = []
	/** Harts whose run() has not returned. */
	readonly #running = new Set<number>()
	#disposed = false

	/** Starts the next vCPU's thread. @throws when the host cannot; the other threads are as before. */
	start(entry: URL, config: VcpuConfig): void {
		const transfer = config.translationPort ? [config.translationPort] : []
		const [name, resourceLimits] = [`vcpu ${config.vcpu}`, heapLimits.vcpu]
		this.#threads.push(new WorkerThread({entry, name, data: config, transfer, resourceLimits}))
	}

	/** Resets every vCPU. @param order `in turn`: the same each time. @throws VcpuDied */
	async reset(order: 'at once' | 'in turn'): Promise<void> {
		const reset = (thread: WorkerThread<VcpuApi>, vcpu: number) =>
			thread.call((api) => api.reset()).catch((error: Error) => Promise.reject(new VcpuDied(vcpu, error.message)))
		if (order === 'at once') await Promise.all(this.#threads.map(reset))
		else for (const [vcpu, thread] of this.#threads.entries()) await reset(thread, vcpu)
	}

	/** Runs every vCPU. Resolves once all are parked or dead. @param onDeath called at once, so as to stop the others. */
	async run(onDeath: (died: VcpuDied) => void): Promise<void> {
		await Promise.all(
			this.#threads.map(async (thread, vcpu) => {
				this.#running.add(vcpu)
				try {
					await thread.call((api) => api.run())
				} catch (error) {
					if (!this.#disposed) onDeath(new VcpuDied(vcpu, (error as Error).message))
				} finally {
					this.#running.delete(vcpu)
				}
			}),
		)
	}

	/** Harts that have not parked since run(). */
	get running(): readonly number[] {
		return [...this.#running]
	}

	async [Symbol.asyncDispose](): Promise<void> {
		// Ends threads that run guest code or sleep, as well as parked ones.
		this.#disposed = true
		await Promise.all(this.#threads.map((thread) => thread[Symbol.asyncDispose]()))
	}
}
