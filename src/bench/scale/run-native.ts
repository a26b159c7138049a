/** Runs the workloads on the host itself: the limit of what an engine can reach. */
import {runConsole} from '../console-run.ts'
import {cpuSecondsOfChildren} from '../host.ts'
import {keyOf, parseFigure} from './console.ts'
import type {PlannedBoot, Task} from './plan.ts'
import type {Run} from './record.ts'
import {type BootFigures, type RunFigures, scaleArguments, taskTimeout} from './run-guest.ts'
import type {Subject} from './subjects.ts'
import {costsBetween, sample} from './watch.ts'

/** Seconds: what takes less is done several times over, so that its time says something. */
const longEnough = 0.5
const mostTimes = 1000

export type CheckedRun = Pick<Run, 'operations' | 'checksum'>

export class NativeRuns {
	readonly #file: string
	readonly #subjects: ReadonlyMap<string, Subject>
	/** How often a workload's work is done, by its name: decided once, so that all points of a curve have the same work. */
	readonly #times = new Map<string, number>()
	readonly #check: (workload: string, run: CheckedRun) => string | undefined

	/** @param check of the usual work. @returns what is wrong with it. */
	constructor({
		file,
		subjects,
		check,
	}: Readonly<{
		file: string
		subjects: readonly Subject[]
		check: (workload: string, run: CheckedRun) => string | undefined
	}>) {
		this.#file = file
		this.#subjects = new Map(subjects.map((subject) => [subject.name, subject]))
		this.#check = check
	}

	/** @returns what ran until the end, or until the signal. */
	async run({harts, tasks}: PlannedBoot, signal: AbortSignal): Promise<BootFigures> {
		const runs = new Map<string, RunFigures>()
		for (const task of tasks) {
			const figures = await this.#runTask(task, harts, signal).catch(({message}: Error) => ({error: message}))
			if (signal.aborted) break
			runs.set(keyOf(task), figures)
		}
		return {runs}
	}

	async #runTask(task: Task, threads: number, signal: AbortSignal): Promise<RunFigures> {
		const {workload: name, scaling} = task
		const work = this.#subjects.get(name)!.work!
		const run = (times: number) => this.#runOnce({name, work: work * times, scaling, threads}, signal)
		const usual = await run(1)
		const wrong = usual.error ?? this.#check(name, usual)
		if (wrong !== undefined) return {error: wrong}
		const times = this.#times.get(name) ?? Math.min(mostTimes, Math.ceil(longEnough / Math.max(usual.seconds!, 1e-6)))
		this.#times.set(name, times)
		return times === 1 ? usual : await run(times)
	}

	async #runOnce(of: Parameters<typeof scaleArguments>[0], signal: AbortSignal): Promise<RunFigures> {
		const before = sample(undefined)
		const cpuBefore = cpuSecondsOfChildren()
		const {console, exitCode, timedOut} = await runConsole(this.#file, scaleArguments(of), {
			timeoutSeconds: taskTimeout,
			signal,
		})
		const cpuAfter = cpuSecondsOfChildren()
		if (timedOut) return {error: `did not end in ${taskTimeout} s`}
		const last = console.trim().split('\n').at(-1) ?? ''
		if (exitCode !== 0) return {error: `ended with ${exitCode}: ${last.slice(-300)}`}
		const figure = parseFigure(last)
		if (!figure) return {error: `printed no figure, but ${last.slice(-300) || 'nothing'}`}
		const cpuSeconds = cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore
		return {...figure, ...costsBetween(before, sample(undefined), cpuSeconds)}
	}
}
