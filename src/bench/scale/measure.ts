/** Carries out a plan, boot by boot, and keeps the record: whatever happens, what was measured is in it. */
import {mkdir, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Image} from '../images.ts'
import {LabProgress} from '../progress.ts'
import {durationForecast} from './duration.ts'
import {keyOf, type PlannedBoot} from './plan.ts'
import type {Breakdown, Engine, Run, ScaleRecord} from './record.ts'
import {type BootFigures, makeImage, type RunFigures, runGuest} from './run-guest.ts'
import {type CheckedRun, NativeRuns} from './run-native.ts'
import {nativeId, type Subject} from './subjects.ts'
import {programName} from './workloads.ts'

export type MeasureOptions = Readonly<{
	plan: readonly PlannedBoot[]
	subjects: readonly Subject[]
	engines: readonly Engine[]
	/** The host's own program; undefined: none. */
	native: string | undefined
	/** Without boots and runs. */
	record: ScaleRecord
	/** Called after each boot. */
	keep: (record: ScaleRecord) => Promise<void>
	/** Makes the Debian guest ready. Called once, before the first boot. */
	prepareLinux: () => Promise<void>
	signal: AbortSignal
	stream: NodeJS.WriteStream
}>

/** @returns the record, complete or not; it does not throw because of what a run does. */
export async function carryOut(options: MeasureOptions): Promise<ScaleRecord> {
	const {plan, signal, keep, stream} = options
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-scale-'))
	try {
		using progress = new LabProgress({total: plan.length, stream, name: 'scale'})
		const lab = new Lab({...options, folder})
		const forecast = durationForecast(options.record.host)
		const start = performance.now()
		const elapsed = () => Math.round(performance.now() - start) / 1000
		let record = options.record
		for (const [number, boot] of plan.entries()) {
			if (signal.aborted) break
			progress.begin(number, inWords(boot), forecast.of(plan.slice(number)))
			const began = elapsed()
			const {kernel, runs, times, taskLatencies, ...figures} = await lab.boot(boot)
			const took = elapsed() - began
			if (!signal.aborted) forecast.finished(boot, took)
			const measured = boot.tasks.flatMap((task): readonly Run[] => {
				const run = runs.get(keyOf(task))
				// After an interruption what has not run is no failure.
				if (!run && signal.aborted) return []
				const {engine, harts, repetition} = boot
				const about = {engine, ...task, harts, repetition, boot: record.boots.length}
				return [{...about, ...(run ?? {error: `did not run: ${figures.error ?? 'its boot ended before'}`})}]
			})
			for (const [key, {error}] of runs)
				if (error !== undefined) progress.say(`scale: ${inWords(boot)}: ${key.replace(' ', ', ')}: ${error}`)
			// Once, and not for each program that did not run.
			if (figures.error !== undefined) progress.say(`scale: ${inWords(boot)}: ${figures.error}`)
			const {tasks: _, ...about} = boot
			const breakdowns = breakdownsOf(boot, {place: record.boots.length, times, taskLatencies})
			if (measured.length > 0)
				record = {
					...record,
					...(kernel !== undefined && {guest: `Debian's kernel ${kernel}`}),
					boots: [...record.boots, {...about, began, took: Math.round(took * 1000) / 1000, ...figures}],
					runs: [...record.runs, ...(boot.times ? [] : measured)],
					breakdowns: [...record.breakdowns, ...breakdowns],
				}
			await keep(record)
		}
		record = {...record, state: signal.aborted ? 'interrupted' : 'complete'}
		await keep(record)
		return record
	} finally {
		await rm(folder, {recursive: true, force: true})
	}
}

function breakdownsOf(
	{engine, harts, tasks}: PlannedBoot,
	{
		place,
		times,
		taskLatencies,
	}: Readonly<{
		place: number
		times: BootFigures['times'] | undefined
		taskLatencies: BootFigures['taskLatencies'] | undefined
	}>,
): readonly Breakdown[] {
	return tasks.flatMap((task) => {
		const spent = times?.get(keyOf(task))
		const latencies = taskLatencies?.get(keyOf(task))
		return spent ? [{engine, ...task, harts, boot: place, ...spent, ...(latencies && {latencies})}] : []
	})
}

export const inWords = ({engine, harts, repetition, times, system}: PlannedBoot): string =>
	`${engine}, ${hartsInWords(harts)}${system ? ', bare metal' : ''}, ${times ? 'where time goes' : `repetition ${repetition + 1}`}`
export const hartsInWords = (harts: number): string => (harts === 1 ? '1 hart' : `${harts} harts`)

class Lab {
	readonly #options: MeasureOptions & Readonly<{folder: string}>
	readonly #engines: ReadonlyMap<string, Engine>
	/** By what boots and the number of harts: all engines boot the same. */
	readonly #images = new Map<string, Promise<Image>>()
	/** Checksums, by workload and operations: the same wherever they are done. */
	readonly #checks = new Map<string, Readonly<{checksum: string; where: string}>>()
	readonly #native: NativeRuns | undefined
	#linux: Promise<void> | undefined

	constructor(options: MeasureOptions & Readonly<{folder: string}>) {
		this.#options = options
		const {engines, subjects, native: file} = options
		this.#engines = new Map(engines.map((engine) => [engine.id, engine]))
		const check = (workload: string, run: CheckedRun) => this.#differentCheck(workload, run, nativeId)
		this.#native = file === undefined ? undefined : new NativeRuns({file, subjects, check})
	}

	async boot(boot: PlannedBoot): Promise<BootFigures> {
		const figures = await this.#run(boot).catch(
			({message}: Error): BootFigures => ({runs: new Map<string, RunFigures>(), error: message}),
		)
		const runs = [...figures.runs].map(([key, run]): [string, RunFigures] => {
			const [workload = ''] = key.split(' ')
			const error = run.error ?? this.#differentCheck(workload, run, boot.engine)
			return [key, error === undefined ? run : {...run, error}]
		})
		return {...figures, runs: new Map(runs)}
	}

	async #run(boot: PlannedBoot): Promise<BootFigures> {
		const {prepareLinux, signal, folder} = this.#options
		const engine = this.#engines.get(boot.engine)!
		if (engine.kind === 'native') return await this.#native!.run(boot, signal)
		if (boot.system !== 'bare') {
			this.#linux ??= prepareLinux()
			await this.#linux
		}
		const image = await this.#imageOf(boot)
		return await runGuest(engine, {boot, image, folder, signal})
	}

	#imageOf(boot: PlannedBoot): Promise<Image> {
		const {system, harts} = boot
		const name = `${system ?? 'linux'}-${harts}`
		let image = this.#images.get(name)
		if (!image) {
			image = this.#makeImage(boot, join(this.#options.folder, name))
			this.#images.set(name, image)
		}
		return image
	}

	async #makeImage(boot: PlannedBoot, folder: string): Promise<Image> {
		await mkdir(folder)
		return await makeImage(boot, {subjects: this.#options.subjects, folder})
	}

	/** @returns what is wrong; undefined: the same as elsewhere, or the first. */
	#differentCheck(workload: string, {operations, checksum}: CheckedRun, where: string): string | undefined {
		if (checksum === undefined || operations === undefined) return undefined
		const key = `${programName(workload)} ${operations}`
		const first = this.#checks.get(key)
		if (!first) this.#checks.set(key, {checksum, where})
		return first && first.checksum !== checksum
			? `its checksum is ${checksum}, and ${first.checksum} on ${first.where}`
			: undefined
	}
}
