/** Carries out a plan, run by run, and keeps the record: whatever happens, what was measured is in it. */
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type ConsoleRun, type Image, timedLinux} from '../../../src/bench/index.ts'
import {withParameters} from '../../../test/guests/parameters.ts'
import {BenchProgress} from '../progress.ts'
import {hasDoneNothing, latenciesAreWhole, parseLatencies, parseTimed} from './console.ts'
import {measureDoorbells} from './doorbell.ts'
import {histogramOf, ticksPerMicrosecond} from './histogram.ts'
import {untilQuiet, watchOthers} from './others.ts'
import {estimate, inWords, type Run} from './plan.ts'
import {figuresOf} from './programs.ts'
import type {Measurement, SmpRecord} from './record.ts'
import {seriesOf} from './series.ts'
import type {Subject} from './subjects.ts'
import {mostOthers} from './summary.ts'

/** Of a run: times its estimate, and at least so many seconds. */
const [patience, leastTimeout] = [10, 120]
/** Of what is left of the wait, before one run: not all of it goes before the first where others never rest. */
const waitShare = 0.1
/** Tasks of the guest `latency`, as its source numbers them. */
const tasks = {pair: 0, crowd: 1} as const

export type MeasureOptions = Readonly<{
	runs: readonly Run[]
	subjects: readonly Subject[]
	/** Without measurements. */
	record: SmpRecord
	/** Called after each run. */
	keep: (record: SmpRecord) => Promise<void>
	/** Minutes, in all, to wait for others to leave the cores alone. */
	wait: number
	signal: AbortSignal
	/** For progress. */
	stream?: NodeJS.WriteStream
}>

type Outcome = Pick<Measurement, 'programs' | 'latencies' | 'error'>

/** @returns the record, complete or not; it does not throw because of what a run does. */
export async function carryOut({runs, subjects, signal, keep, stream, ...options}: MeasureOptions): Promise<SmpRecord> {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-smp-'))
	try {
		using progress = new BenchProgress({total: runs.length, ...(stream && {stream})})
		const lab = new Lab({subjects, folder, signal})
		let {record, wait} = options
		for (const [number, run] of runs.entries()) {
			if (signal.aborted) break
			const waitBegan = performance.now()
			if (wait > 0) await untilQuiet(mostOthers, waitBegan + wait * waitShare * 60_000, signal)
			wait -= (performance.now() - waitBegan) / 60_000
			const finished = progress.boot(`${number + 1} of ${runs.length}: ${inWords(run)}`)
			const began = performance.now()
			const others = watchOthers()
			const outcome: Outcome = await lab.measure(run).catch(({message}: Error) => ({error: message}))
			if (signal.aborted) break
			finished(1)
			const seen = others()
			const took = Math.round(performance.now() - began) / 1000
			const {kind, subject, harts, round} = run
			const about = {kind, subject, harts, round, took, ...(seen !== undefined && {others: seen})}
			record = {...record, measurements: [...record.measurements, {...about, ...outcome}]}
			await keep(record)
		}
		record = {...record, state: signal.aborted ? 'interrupted' : 'complete'}
		await keep(record)
		return record
	} finally {
		await rm(folder, {recursive: true, force: true})
	}
}

class Lab {
	readonly #folder: string
	readonly #signal: AbortSignal
	readonly #subjects: ReadonlyMap<string, Subject>
	readonly #images = new Map<string, Promise<Image>>()

	constructor({
		subjects,
		folder,
		signal,
	}: Readonly<{subjects: readonly Subject[]; folder: string; signal: AbortSignal}>) {
		this.#subjects = new Map(subjects.map((subject) => [subject.id, subject]))
		this.#folder = folder
		this.#signal = signal
	}

	/** @throws what has gone wrong before the guest could tell anything. */
	async measure(run: Run): Promise<Outcome> {
		const [folder, signal] = [this.#folder, this.#signal]
		if (run.kind === 'doorbell') {
			const {harts, samples, seconds} = run
			return {latencies: mutable(await measureDoorbells({harts, samples, seconds, folder, signal}))}
		}
		const {side} = this.#subjects.get(run.subject)!
		const {boot} = await this.#imageOf(run)
		const timeoutSeconds = Math.max(leastTimeout, patience * estimate(run))
		const ended = await side.boot(boot, {timeoutSeconds, signal})
		return run.kind === 'programs' ? programsOf(run, ended) : latenciesOf(run, ended)
	}

	#imageOf(run: Exclude<Run, {kind: 'doorbell'}>): Promise<Image> {
		const key = `${run.kind}-${run.harts}`
		const image = this.#images.get(key) ?? this.#makeImage(run, join(this.#folder, key))
		this.#images.set(key, image)
		return image
	}

	async #makeImage(run: Exclude<Run, {kind: 'doorbell'}>, folder: string): Promise<Image> {
		await mkdir(folder)
		const {harts} = run
		if (run.kind === 'programs') return await timedLinux(run.programs, {folder, harts, milliseconds: run.milliseconds})
		const kernel = join(folder, 'latency.elf')
		const limit = Math.round(run.seconds * 1e6 * ticksPerMicrosecond)
		await writeFile(kernel, await withParameters('latency', [tasks[run.kind], run.samples, limit]))
		return {boot: {kernel, harts}, programs: []}
	}
}

function programsOf({programs}: Run & {kind: 'programs'}, run: ConsoleRun): Outcome {
	const figures = figuresOf(programs)
	const timed = parseTimed(run.console, figures)
	const missing = figures.find(({name}) => !timed[name])
	const why = missing && `${hasDoneNothing(run.console, missing) ? 'no operation' : 'no figure'} of ${missing.name}`
	return {programs: timed, ...(why && {error: `${why}; ${howItEnded(run)}`})}
}

function latenciesOf({kind}: Run & {kind: 'pair' | 'crowd'}, run: ConsoleRun): Outcome {
	const samples = parseLatencies(run.console)
	const missing = seriesOf(kind).find(({name}) => !samples.has(name))
	const why = missing ? `no samples of ${missing.name}; ` : latenciesAreWhole(run.console) ? undefined : ''
	return {
		latencies: mutable(Object.fromEntries([...samples].map(([name, ticks]) => [name, histogramOf(ticks)]))),
		...(why !== undefined && {error: `${why}${howItEnded(run)}`}),
	}
}

/** What a failed run's console ended with: a kernel that hangs says why, before its figures go on. */
const [lastLines, lastLetters] = [60, 4000]

function howItEnded({console, timedOut, exitCode, seconds}: ConsoleRun): string {
	const lines = console.split(/\r?\n/).filter((line) => line.trim() !== '')
	const last = lines.slice(-lastLines).join(' | ').slice(-lastLetters) || 'nothing'
	return `${timedOut ? `ended by force after ${Math.round(seconds)} s` : `ended with ${exitCode}`}, after: ${last}`
}

/** For the record's type. */
const mutable = (histograms: Readonly<Record<string, readonly (readonly [number, number])[]>>) =>
	Object.fromEntries(
		Object.entries(histograms).map(([name, pairs]) => [
			name,
			pairs.map(([ticks, count]): [number, number] => [ticks, count]),
		]),
	)
