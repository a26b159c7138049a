/** The kind `rcu`: readers and updaters on threads of their own, without a machine. */
import {once} from 'node:events'
import {setTimeout as delay} from 'node:timers/promises'
import {Worker} from 'node:worker_threads'
import type {SharedMemory} from '../memory/index.ts'
import {Rcu, StallWatch} from '../rcu/index.ts'
import {stressFile} from './files.ts'
import {createRcuMemory, type RcuThreadRole, rcuWord, updaters} from './rcu-layout.ts'
import type {Figures, RunOptions, RunResult} from './run.ts'

/** Milliseconds between two looks at the threads, and that they get to end. */
const period = 500
const patience = 60_000

export async function runRcu(options: RunOptions): Promise<RunResult> {
	const {harts, seed, seconds, iterations, fault, signal, onProgress} = options
	const threads = updaters.length + harts
	const memory = createRcuMemory(threads)
	const rcu = new Rcu(memory, threads)
	const stalls = new StallWatch(rcu)
	const words = new RcuWords(memory)
	const began = performance.now()
	const role = {memory: memory.memory, map: memory.map, threads, seed, iterations, fault}
	const workers = Array.from({length: threads}, (_, thread) => {
		const workerData: RcuThreadRole = {...role, thread}
		return new Worker(stressFile(fault ? 'faultyRcuThread' : 'rcuThread'), {
			workerData,
			name: updaters[thread] ?? `reader ${thread}`,
		})
	})
	const failures: string[] = []
	const ends = workers.map(async (worker) => {
		await once(worker, 'message').catch((error: Error) => {
			failures.push(`a thread failed: ${error.message}`)
			words.store(rcuWord.stop, 1)
		})
	})
	const all = Promise.all(ends)
	const memories: [number, number] = [0, 0]
	try {
		const isOver = () => signal.aborted || performance.now() - began >= seconds * 1000 || words.load(rcuWord.stop) !== 0
		while (!isOver()) {
			const ended = await Promise.race([all.then(() => true), delay(period, false, {signal}).catch(() => false)])
			if (ended) break
			stalls.look()
			memories[1] = process.memoryUsage.rss()
			memories[0] ||= memories[1]
			onProgress(words.figures(rcu, threads))
		}
		words.store(rcuWord.stop, 1)
		const ended = await Promise.race([all.then(() => true), delay(patience, false, {ref: false})])
		if (!ended) failures.push(`threads have not ended in ${patience / 1000} s: ${words.describeSteps(threads)}`)
	} finally {
		await Promise.all(workers.map((worker) => worker.terminate()))
	}
	return {
		...{kind: 'rcu', seed, harts, seconds: (performance.now() - began) / 1000},
		...words.figures(rcu, threads),
		memory: memories,
		violation: [...words.violation(), ...failures],
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
			(_, thread) => `${updaters[thread] ?? `reader ${thread}`} at step ${this.load(rcuWord.steps(thread))}`,
		).join(', ')
	}
}
