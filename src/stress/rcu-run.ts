/** The kind `rcu`: readers and updaters on threads of their own, without a machine; in parallel, or by turns. */
import {once} from 'node:events'
import {setTimeout as delay} from 'node:timers/promises'
import {Worker} from 'node:worker_threads'
import type {SharedMemory} from '../memory/index.ts'
import {Rcu, StallWatch} from '../rcu/index.ts'
import {drawn, SerialControl} from '../serial/index.ts'
import {stressFile} from './files.ts'
import {digestOfRcu} from './rcu-digest.ts'
import {createRcuMemory, type RcuThreadRole, rcuWord, updaters} from './rcu-layout.ts'
import type {Figures, RunOptions, RunResult, TurnsOptions, TurnsResult} from './run.ts'

/** Milliseconds between two looks at the threads, in parallel and by turns; and that they get to end. */
const [period, periodByTurns] = [500, 50]
const patience = 60_000
/** Grace periods before the counter's low word wraps, in one of two runs by turns. */
const beforeWrap = 20
/** Stream of draws. */
const ofCounter = 3000

export const rcuThreads = (readers: number): number => updaters.length + readers

/** @returns the name of a thread. */
export function rcuThreadName(thread: number): string {
	const updater = updaters[thread]
	return updater ? `the ${updater}` : `reader ${thread}`
}

export async function runRcu(options: RunOptions): Promise<RunResult> {
	const threads = new RcuThreads(options)
	return await threads.run()
}

export async function runRcuByTurns(options: RunOptions, by: TurnsOptions): Promise<TurnsResult> {
	const threads = new RcuThreads(options, by)
	const result = await threads.run()
	return {...result, ...threads.turns(by.withDigest)}
}

/** The first grace period of a run by turns: soon the counter's low word wraps, or not. */
function firstGracePeriodOf(seed: number): number {
	return drawn(seed, ofCounter, 0) % 2 === 0 ? 1 : 2 ** 32 + 1 - 2 * beforeWrap
}

class RcuThreads {
	readonly #options: RunOptions
	readonly #by: TurnsOptions | undefined
	readonly #threads: number
	readonly #memory: SharedMemory
	readonly #rcu: Rcu
	readonly #control: SerialControl | undefined
	readonly #words: RcuWords
	readonly #failures: string[] = []

	constructor(options: RunOptions, by?: TurnsOptions) {
		const {harts, seed} = options
		this.#options = options
		this.#by = by
		this.#threads = rcuThreads(harts)
		const serial = by?.turns
		this.#memory = createRcuMemory(this.#threads, serial && {firstGracePeriod: firstGracePeriodOf(seed), serial})
		this.#control = serial && new SerialControl(this.#memory, {threads: this.#threads, config: serial})
		this.#control?.initialize()
		this.#rcu = new Rcu(this.#memory, this.#threads)
		this.#words = new RcuWords(this.#memory)
	}

	async run(): Promise<RunResult> {
		const {harts, seed} = this.#options
		const began = performance.now()
		const workers = Array.from({length: this.#threads}, (_, thread) => this.#start(thread))
		let memory: readonly [number, number]
		try {
			memory = await this.#watch(Promise.all(workers.map((worker, thread) => this.#end(worker, thread))))
		} finally {
			await Promise.all(workers.map((worker) => worker.terminate()))
		}
		return {
			...{kind: 'rcu', seed, harts, seconds: (performance.now() - began) / 1000},
			...this.#words.figures(this.#rcu, this.#threads),
			memory,
			violation: [...this.#words.violation(), ...this.#failures, ...this.#leftBehind()],
		}
	}

	/** After a run by turns. */
	turns(withDigest: boolean): Pick<TurnsResult, 'handovers' | 'steps' | 'digest'> {
		const control = this.#control!
		const digest = withDigest ? digestOfRcu(this.#memory, this.#threads, control) : undefined
		return {handovers: control.recorded(), steps: control.steps, digest}
	}

	#start(thread: number): Worker {
		const {seed, iterations, fault} = this.#options
		const workerData: RcuThreadRole = {
			...{memory: this.#memory.memory, map: this.#memory.map, thread, threads: this.#threads},
			...{seed, iterations, fault, serial: this.#by?.turns},
		}
		const file = fault || this.#by ? 'faultyRcuThread' : 'rcuThread'
		return new Worker(stressFile(file), {workerData, name: updaters[thread] ?? `reader ${thread}`})
	}

	async #end(worker: Worker, thread: number): Promise<void> {
		await once(worker, 'message').catch((error: Error) => {
			this.#failures.push(`${rcuThreadName(thread)} failed: ${error.message}`)
			this.#words.store(rcuWord.stop, 1)
			this.#control?.abandon(thread)
		})
	}

	/** Until the threads have ended, or the run is over. @returns bytes of the process, at first and at last. */
	async #watch(ends: Promise<unknown>): Promise<readonly [number, number]> {
		const {signal, onProgress} = this.#options
		const memories: [number, number] = [0, 0]
		const stalls = new StallWatch(this.#rcu)
		const ended = ends.then(() => true)
		const pause = this.#by ? periodByTurns : period
		const began = performance.now()
		while (!this.#isOver(performance.now() - began)) {
			if (await Promise.race([ended, delay(pause, false, {signal}).catch(() => false)])) break
			if (!this.#by) stalls.look()
			memories[1] = process.memoryUsage.rss()
			memories[0] ||= memories[1]
			onProgress(this.#words.figures(this.#rcu, this.#threads))
		}
		this.#words.store(rcuWord.stop, 1)
		const hasEnded = await Promise.race([ended, delay(patience, false, {ref: false})])
		if (!hasEnded)
			this.#failures.push(`threads have not ended in ${patience / 1000} s: ${this.#words.describeSteps(this.#threads)}`)
		return memories
	}

	#isOver(milliseconds: number): boolean {
		if (this.#options.signal.aborted || this.#words.load(rcuWord.stop) !== 0) return true
		if (!this.#by) return milliseconds >= this.#options.seconds * 1000
		return milliseconds >= this.#by.limit || this.#control!.steps > this.#by.mostSteps
	}

	/** When all threads have ended, and so are offline, no grace period is left: the last one that it waited for has completed it. */
	#leftBehind(): readonly string[] {
		if (this.#failures.length > 0 || !this.#rcu.statistics().waiting) return []
		return ['a grace period has not elapsed, although all threads are offline']
	}
}

/** The words that threads share. Orders nothing but the description of a violation, which follows its mark. Pairs with rcu-thread.ts. */
class RcuWords {
	readonly #words: Int32Array
	readonly #first: number

	constructor(memory: SharedMemory) {
		this.#words = memory.i32
		this.#first = memory.region('words').offset >> 2
	}

	load(word: number): number {
		return Atomics.load(this.#words, this.#first + word)
	}

	store(word: number, value: number): void {
		Atomics.store(this.#words, this.#first + word, value)
	}

	figures(rcu: Rcu, threads: number): Figures {
		const all = Array.from({length: threads}, (_, thread) => thread)
		const sum = (word: (thread: number) => number) =>
			all.reduce((total, thread) => total + (this.load(word(thread)) >>> 0), 0)
		const {gracePeriods, latency} = rcu.statistics()
		return {
			operations: sum(rcuWord.steps),
			fences: sum(rcuWord.replaced),
			flushes: 0,
			gracePeriods,
			retired: 0,
			slowest: latency.maximum,
		}
	}

	/** To be called when the threads have ended. */
	violation(): readonly string[] {
		const thread = this.load(rcuWord.violation) - 1
		if (thread < 0) return []
		const [step, updater, object, age] = [
			this.load(rcuWord.violationStep),
			updaters[this.load(rcuWord.violationUpdater)],
			this.load(rcuWord.violationObject),
			this.load(rcuWord.violationAge),
		]
		return [
			`VIOLATION thread ${thread}, step ${step}`,
			`a reader that held object ${object} of the ${updater} saw its age ${age}: a grace period has elapsed before it passed; want at most 1`,
		]
	}

	describeSteps(threads: number): string {
		return Array.from(
			{length: threads},
			(_, thread) => `${rcuThreadName(thread)} at step ${this.load(rcuWord.steps(thread))}`,
		).join(', ')
	}
}
