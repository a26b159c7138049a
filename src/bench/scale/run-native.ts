/** Runs the workloads on the host itself: the limit of what an engine can reach. */
import {runConsole} from '../console-run.ts'
import type {Checksums} from './checksums.ts'
import {parseCost, parseFigure} from './console.ts'
import type {PlannedBoot, Task} from './plan.ts'
import {keyOf} from './plan.ts'
import {amountOf, type BootFigures, type RunFigures, taskTimeout} from './run-guest.ts'
import {nativeId, type Subject} from './subjects.ts'
import {costsBetween, MarkReader, sample} from './watch.ts'
import {programName, type ScaleWorkload, workloadArguments} from './workloads.ts'

export class NativeRuns {
	readonly #file: string
	/** By the names of their programs. */
	readonly #workloads: ReadonlyMap<string, ScaleWorkload>
	/** Tasks whose work of a guest was done and checked, by keyOf() and threads. */
	readonly #checked = new Set<string>()
	readonly #checksums: Checksums

	/** @param checksums of the work that guests do. */
	constructor({
		file,
		subjects,
		checksums,
	}: Readonly<{
		file: string
		subjects: readonly Subject[]
		checksums: Checksums
	}>) {
		this.#file = file
		this.#workloads = new Map(
			subjects.flatMap((subject) => (subject.kind === 'own' ? [] : [[programName(subject.name), subject.of]])),
		)
		this.#checksums = checksums
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
		const of = {...this.#workloads.get(task.workload)!, name: task.workload}
		const run = (work: number) => this.#runOnce(workloadArguments(of, threads, amountOf(task.scaling, work)), signal)
		const key = `${keyOf(task)} ${threads}`
		if (!this.#checked.has(key)) {
			const guests = await run(of.work.emulated)
			const wrong = guests.error ?? this.#faultOf(of.name, guests, threads)
			if (wrong !== undefined) return {error: wrong}
			this.#checked.add(key)
		}
		return await run(of.work.native)
	}

	/** @returns what is wrong with a guest's work that is done here. */
	#faultOf(program: string, {operations, checksum}: RunFigures, threads: number): string | undefined {
		const work = {program, operations, checksum}
		this.#checksums.add(work, {engine: nativeId, isNative: true, harts: threads})
		return this.#checksums.faultOf(work)
	}

	async #runOnce(args: readonly string[], signal: AbortSignal): Promise<RunFigures> {
		let [before, after] = [sample(undefined), undefined as ReturnType<typeof sample> | undefined]
		const marks = new MarkReader(({kind}) => {
			if (kind === 'measured part begins') before = sample(undefined)
			else after = sample(undefined)
		})
		const {console, exitCode, timedOut} = await runConsole(this.#file, args, {
			timeoutSeconds: taskTimeout,
			signal,
			onConsole: (all) => marks.see(all),
		})
		after ??= sample(undefined)
		if (timedOut) return {error: `did not end in ${taskTimeout} s`}
		const last = console.trim().split('\n').at(-1) ?? ''
		if (exitCode !== 0) return {error: `ended with ${exitCode}: ${last.slice(-300)}`}
		const figure = parseFigure(last)
		if (!figure) return {error: `printed no figure, but ${last.slice(-300) || 'nothing'}`}
		return {...figure, ...costsBetween({before, after}, parseCost(console))}
	}
}
