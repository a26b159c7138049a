/** Carries out a plan, boot by boot, and keeps the record: whatever happens, what was measured is in it. */
import {mkdir, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Image} from '../images.ts'
import {LabProgress} from '../progress.ts'
import {Checksums} from './checksums.ts'
import {durationForecast} from './duration.ts'
import {hartsInWords, keyOf, type PlannedBoot} from './plan.ts'
import type {Breakdown, Engine, Run, ScaleRecord} from './record.ts'
import {type BootFigures, makeImage, type RunFigures, runGuest} from './run-guest.ts'
import {NativeRuns} from './run-native.ts'
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
		const checked = new CheckedRuns(lab.checksums, (boot, run, fault) =>
			progress.say(`scale: ${inWords(boot)}: ${run.workload}, ${run.scaling}: ${fault}`),
		)
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
			if (boot.trace !== undefined) continue
			const {tasks: _, trace: _none, ...about} = boot
			checked.add(boot, measured)
			const breakdowns = breakdownsOf(boot, {place: record.boots.length, times, taskLatencies})
			if (measured.length > 0)
				record = {
					...record,
					...(kernel !== undefined && {guest: `Debian's kernel ${kernel}`}),
					boots: [...record.boots, {...about, began, took: Math.round(took * 1000) / 1000, ...figures}],
					runs: checked.runs,
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

export function inWords(boot: PlannedBoot): string {
	const {engine, harts, system} = boot
	return `${engine}, ${hartsInWords(harts)}${system ? ', bare metal' : ''}, ${purposeOf(boot)}`
}

function purposeOf({times, trace, repetition}: PlannedBoot): string {
	if (trace !== undefined) return `trace ${trace}`
	return times ? 'where time goes' : `repetition ${repetition + 1}`
}

const workOf = ({workload, operations, checksum}: Run) => ({program: programName(workload), operations, checksum})

/** Runs as the record has them. A later one's checksum may show that an earlier one was wrong. */
class CheckedRuns {
	readonly #checksums: Checksums
	readonly #say: (boot: PlannedBoot, run: Run, fault: string) => void
	readonly #all: {boot: PlannedBoot; run: Run; fault: string | undefined}[] = []

	/** @param say is told of each fault once. */
	constructor(checksums: Checksums, say: (boot: PlannedBoot, run: Run, fault: string) => void) {
		this.#checksums = checksums
		this.#say = say
	}

	add(boot: PlannedBoot, runs: readonly Run[]): void {
		const {engine, harts} = boot
		const witness = {engine, harts, isNative: engine === nativeId}
		for (const run of runs) {
			if (run.error === undefined) this.#checksums.add(workOf(run), witness)
			this.#all.push({boot, run, fault: run.error})
		}
		for (const each of this.#all) {
			if (each.run.error !== undefined) continue
			const fault = this.#checksums.faultOf(workOf(each.run))
			if (fault !== undefined && each.fault === undefined) this.#say(each.boot, each.run, fault)
			each.fault = fault
		}
	}

	/** Without those that show where time goes. */
	get runs(): Run[] {
		return this.#all
			.filter(({boot}) => !boot.times)
			.map(({run, fault}) => (fault === undefined ? run : {...run, error: fault}))
	}
}

class Lab {
	readonly #options: MeasureOptions & Readonly<{folder: string}>
	readonly #engines: ReadonlyMap<string, Engine>
	/** By what boots and the number of harts: all engines boot the same. */
	readonly #images = new Map<string, Promise<Image>>()
	/** Of all that has run. */
	readonly checksums = new Checksums()
	readonly #native: NativeRuns | undefined
	#linux: Promise<void> | undefined

	constructor(options: MeasureOptions & Readonly<{folder: string}>) {
		this.#options = options
		const {engines, subjects, native: file} = options
		this.#engines = new Map(engines.map((engine) => [engine.id, engine]))
		const {checksums} = this
		this.#native = file === undefined ? undefined : new NativeRuns({file, subjects, checksums})
	}

	async boot(boot: PlannedBoot): Promise<BootFigures> {
		return await this.#run(boot).catch(
			({message}: Error): BootFigures => ({runs: new Map<string, RunFigures>(), error: message}),
		)
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
		const {system, harts, trace} = boot
		const name = [system ?? 'linux', harts, trace === undefined ? 'all' : programName(boot.tasks[0]!.workload)].join(
			'-',
		)
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
}
