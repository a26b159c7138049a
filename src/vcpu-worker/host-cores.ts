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
		/** Those that sleep until another has passed a quiescent state, and those that are awake again, but not yet running. */
		fencing: 'i32',
	},
	{align: 128},
)

/** Milliseconds between two looks at the run delay, at least. */
const delayPeriod = 5
/** The part of the time between them, and the milliseconds each time, that others had the thread's core. A wake-up takes some time as well, but not that much. */
const [shortDelay, longDelay] = [0.1, 0.2]
/** Looks that a thread takes before it sleeps where cores are short, and where they are not: a few, and some hundred microseconds. */
const [fewLooks, manyLooks] = [500, 40_000]

export class HostCores implements Patience {
	readonly #words: Int32Array
	readonly #blocks: VcpuBlocks
	readonly #running: number
	readonly #fencing: number
	readonly #cores: number
	readonly #delay: Pick<RunDelay, 'read' | 'waited' | 'slices'>
	/** Of this thread, at the last look: its run delay, in nanoseconds, how often it got a core, and when that was. */
	#waited = 0
	#slices = 0
	#lookedAt = 0
	#isDelayed = false
	#hasWoken = false

	static region(): RegionRequest {
		return {name: 'host-cores', size: HostCoresState.size, align: HostCoresState.align}
	}

	/** @param options.cores that this process may use; default: as the host says, affinity and limits of containers included. */
	constructor(blocks: VcpuBlocks, options: {cores?: number; delay: Pick<RunDelay, 'read' | 'waited' | 'slices'>}) {
		const {memory} = blocks
		this.#blocks = blocks
		this.#words = memory.i32
		const {offset} = memory.region('host-cores')
		this.#running = (offset + HostCoresState.offset.running) >> 2
		this.#fencing = (offset + HostCoresState.offset.fencing) >> 2
		this.#cores = options.cores ?? availableParallelism()
		this.#delay = options.delay
	}

	/** This thread wants a core from here on. */
	enter(): void {
		// A count; orders nothing, as in leave().
		Atomics.add(this.#words, this.#running, 1)
	}

	/** It sleeps, or is about to. */
	leave(): void {
		// As in enter().
		Atomics.sub(this.#words, this.#running, 1)
	}

	/** As leave(): others that have a core are in the way of the one that is waited for, and of this thread once it is woken. */
	beginSleep(others: Iterable<number>): void {
		this.leave()
		// A count; orders nothing, as in endSleep().
		Atomics.add(this.#words, this.#fencing, 1)
		// No wake-up: one that sleeps is in nobody's way. Pairs with VcpuBlocks.takeDoorbell().
		if (this.areShort) for (const vcpu of others) Atomics.or(this.#words, this.#doorbell(vcpu), Doorbell.giveWay)
	}

	endSleep(): void {
		Atomics.sub(this.#words, this.#fencing, 1)
		this.enter()
	}

	/** Whether threads sleep in beginSleep() and endSleep(). Orders nothing: a guess, as areShort. */
	get areFencing(): boolean {
		return Atomics.load(this.#words, this.#fencing) > 0
	}

	/** Whether another thread could use the core that this one has. */
	get areShort(): boolean {
		// Orders nothing: a guess, which is made again.
		return Atomics.load(this.#words, this.#running) > this.#cores || this.#hasBeenDelayed()
	}

	woke(): void {
		this.#hasWoken = true
	}

	/** Whether this thread has woken another since the last call. That one needs a core. */
	takeWoken(): boolean {
		const hasWoken = this.#hasWoken
		this.#hasWoken = false
		return hasWoken
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
		const {waited, slices} = this.#delay
		const delayed = (waited - this.#waited) / 1e6
		this.#isDelayed = delayed > shortDelay * since && delayed > longDelay * (slices - this.#slices)
		this.#waited = waited
		this.#slices = slices
		this.#lookedAt = now
		return this.#isDelayed
	}
}
