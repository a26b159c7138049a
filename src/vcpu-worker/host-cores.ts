/**
 * Host cores: whether the harts' threads are short of them. A thread that waits looks on while cores are free, since it sees at once
 * what it waits for; else it sleeps, so that the thread that it waits for can run.
 */
import {availableParallelism} from 'node:os'
import {Doorbell, type RegionRequest, sharedStruct, type VcpuBlocks, VcpuWords} from '../memory/index.ts'
import type {Patience} from '../rcu/index.ts'
import type {RunDelay} from './run-delay.ts'

const HostCoresState = sharedStruct(
	{
		/** Harts' threads that run, or would if they had a core. */
		running: 'i32',
	},
	{align: 128},
)

/** Milliseconds between two looks at the run delay, at least. */
const delayPeriod = 5
/** Of the time between them that others had the thread's core. */
const shortDelay = 0.1
/** Looks that a thread takes before it sleeps where cores are short, and where they are not: a few, and some hundred microseconds. */
const [fewLooks, manyLooks] = [500, 40_000]

export class HostCores implements Patience {
	readonly #words: Int32Array
	readonly #blocks: VcpuBlocks
	readonly #running: number
	readonly #cores: number
	readonly #delay: Pick<RunDelay, 'read' | 'waited'>
	/** The run delay of this thread at the last look at it, in milliseconds, and when that was. */
	#delayed = 0
	#lookedAt = 0
	#isDelayed = false

	static region(): RegionRequest {
		return {name: 'host-cores', size: HostCoresState.size, align: HostCoresState.align}
	}

	/** @param options.cores that this process may use; default: as the host says, affinity and limits of containers included. */
	constructor(blocks: VcpuBlocks, options: {cores?: number; delay: Pick<RunDelay, 'read' | 'waited'>}) {
		const {memory} = blocks
		this.#blocks = blocks
		this.#words = memory.i32
		this.#running = (memory.region('host-cores').offset + HostCoresState.offset.running) >> 2
		this.#cores = options.cores ?? availableParallelism()
		this.#delay = options.delay
	}

	/** This thread wants a core from here on. */
	enter(): void {
		// A count; orders nothing, as in leave().
		Atomics.add(this.#words, this.#running, 1)
	}

	/**
	 * It sleeps, or is about to. @param others vCPUs that are to give way if cores are short, to one that this thread waits for: it is
	 * no use to wait until the host's scheduler gives that one a core.
	 */
	leave(others: Iterable<number> = []): void {
		Atomics.sub(this.#words, this.#running, 1)
		// No wake-up: one that sleeps is in nobody's way. Pairs with VcpuBlocks.takeDoorbell().
		if (this.areShort) for (const vcpu of others) Atomics.or(this.#words, this.#doorbell(vcpu), Doorbell.giveWay)
	}

	/** Whether another thread could use the core that this one has. */
	get areShort(): boolean {
		// Orders nothing: a guess, which is made again. Pairs with nothing.
		return Atomics.load(this.#words, this.#running) > this.#cores || this.#hasBeenDelayed()
	}

	mayLook(looks: number): boolean {
		return looks < fewLooks || (looks < manyLooks && !this.areShort)
	}

	#doorbell(vcpu: number): number {
		return (this.#blocks.base(vcpu) + VcpuWords.offset.doorbell) >> 2
	}

	/** Other processes, and V8's threads, want cores as well. */
	#hasBeenDelayed(): boolean {
		const now = performance.now()
		const since = now - this.#lookedAt
		if (since < delayPeriod) return this.#isDelayed
		this.#delay.read()
		const delayed = this.#delay.waited / 1e6
		this.#isDelayed = delayed - this.#delayed > shortDelay * since
		this.#delayed = delayed
		this.#lookedAt = now
		return this.#isDelayed
	}
}
