/** Carries out a plan, run by run, and keeps the record: whatever happens, what was measured is in it. */
import {mkdir, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {barePrograms, type Image, waitingLinux} from '../images.ts'
import {LabProgress} from '../progress.ts'
import {compileHartCore, measureCost} from './cost/measure-cost.ts'
import {estimate, flushForecast} from './forecast.ts'
import {designOfCost, type Plan, type Run, type Subject} from './plan.ts'
import type {FlushRecord, Measurement} from './record.ts'
import {type GuestFigures, runGuest} from './run-guest.ts'

/** Wake-ups of another process, or flushes on bare metal, a second: without any, QEMU would keep a small TLB. */
const beats = 100
/** Of a run: times its estimate, and at least so many seconds. */
const [patience, leastTimeout] = [20, 180]

export type MeasureOptions = Readonly<{
	plan: Plan
	/** Without measurements. */
	record: FlushRecord
	/** Called after each run. */
	keep: (record: FlushRecord) => Promise<void>
	/** Makes the Debian guest ready. Called once, before the first run that needs it. */
	prepareLinux: () => Promise<void>
	signal: AbortSignal
	stream: NodeJS.WriteStream
}>

/** @returns the record, complete or not; it does not throw because of what a run does. */
export async function carryOut(options: MeasureOptions): Promise<FlushRecord> {
	const {plan, signal, keep, stream} = options
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-flush-'))
	try {
		using progress = new LabProgress({total: plan.runs.length, stream})
		const lab = new Lab({...options, folder})
		const forecast = flushForecast()
		const began = performance.now()
		const elapsed = () => (performance.now() - began) / 1000
		let record = options.record
		let isOutOfTime = false
		for (const [number, run] of plan.runs.entries()) {
			if (signal.aborted) break
			const limit = plan.minutes * 60
			if (elapsed() + forecast.secondsOf(run) > limit) {
				isOutOfTime = true
				continue
			}
			progress.begin(number, inWords(run), Math.min(limit - elapsed(), forecast.of(plan.runs.slice(number))))
			const start = elapsed()
			const {kernel, ...figures}: Outcome = await lab.measure(run).catch(({message}: Error) => ({error: message}))
			if (signal.aborted) break
			const took = elapsed() - start
			const measurement = {...aboutRun(run), began: rounded(start), took: rounded(took), ...figures}
			if (measurement.error === undefined) forecast.finished(run, took)
			else progress.say(`bench: ${inWords(run)}: ${measurement.error}`)
			record = {
				...record,
				...(kernel !== undefined && {guest: `Debian's kernel ${kernel}`}),
				measurements: [...record.measurements, measurement],
			}
			await keep(record)
		}
		const state = signal.aborted ? 'interrupted' : isOutOfTime ? 'out of time' : 'complete'
		record = {...record, state}
		await keep(record)
		return record
	} finally {
		await rm(folder, {recursive: true, force: true})
	}
}

const rounded = (seconds: number) => Math.round(seconds * 1000) / 1000

function aboutRun(run: Run): Pick<Measurement, 'kind' | 'subject' | 'harts' | 'round' | 'log2Entries'> {
	const {kind, subject, harts, round} = run
	return {kind, subject, harts, round, ...(run.kind === 'cost' && {log2Entries: run.log2Entries})}
}

const kinds = {
	cost: 'cost of a flush',
	boot: 'boot',
	bare: 'bare metal',
	linux: 'Debian',
	storm: 'switches alone',
} as const

export function inWords(run: Run): string {
	const details =
		run.kind === 'cost' ? `2^${run.log2Entries} entries` : run.harts === 1 ? '1 hart' : `${run.harts} harts`
	return `${kinds[run.kind]}, ${details}, ${run.subject}, round ${run.round + 1}`
}

type GuestKind = Exclude<Run['kind'], 'cost'>

/** Figures, or why there are none. */
type Outcome = Partial<Measurement> & Pick<GuestFigures, 'kernel'>

class Lab {
	readonly #options: MeasureOptions & Readonly<{folder: string}>
	readonly #subjects: ReadonlyMap<string, Subject>
	readonly #images = new Map<string, Promise<Image>>()
	/** Checksums, by kind of run and program: the same wherever it runs. */
	readonly #checks = new Map<string, Readonly<{check: string; subject: string}>>()
	#hartCore: Promise<WebAssembly.Module> | undefined
	#linux: Promise<void> | undefined

	constructor(options: MeasureOptions & Readonly<{folder: string}>) {
		this.#options = options
		this.#subjects = new Map(options.plan.subjects.map((subject) => [subject.id, subject]))
	}

	/** @throws what has gone wrong, for the record. */
	async measure(run: Run): Promise<Outcome> {
		const {signal, folder} = this.#options
		if (run.kind === 'cost') {
			this.#hartCore ??= compileHartCore()
			const {log2Entries, fills, flushes} = run
			const of = {design: designOfCost(run.subject), log2Entries, fills, flushes}
			return {costs: [...(await measureCost(of, {hartCore: await this.#hartCore, signal}))]}
		}
		const image = await this.#imageOf(run)
		const timeoutSeconds = Math.max(leastTimeout, patience * estimate(run))
		const ends = run.kind === 'bare' ? 'powers off' : 'waits'
		const subject = this.#subjects.get(run.subject)!
		const figures = await runGuest(subject, image, {harts: run.harts, ends, folder, timeoutSeconds, signal})
		return {...figures, ...this.#differentCheck(run, figures)}
	}

	#imageOf(run: Run & {kind: GuestKind}): Promise<Image> {
		const [programs, scale] = run.kind === 'boot' ? [[], 1] : [run.programs, run.scale]
		const key = `${run.kind} ${run.harts} ${programs.join(' ')}`
		let image = this.#images.get(key)
		if (!image) {
			image = this.#makeImage(run.kind, programs, {harts: run.harts, scale, number: this.#images.size})
			this.#images.set(key, image)
		}
		return image
	}

	async #makeImage(
		kind: GuestKind,
		programs: readonly string[],
		{harts, scale, number}: Readonly<{harts: number; scale: number; number: number}>,
	): Promise<Image> {
		const folder = join(this.#options.folder, String(number))
		await mkdir(folder)
		const options = {folder, harts, copies: 1, beats, scale}
		if (kind === 'bare') return await barePrograms(programs, options)
		this.#linux ??= this.#options.prepareLinux()
		await this.#linux
		return await waitingLinux(programs, options)
	}

	#differentCheck({kind, subject}: Run, {programs = {}}: GuestFigures): Pick<Measurement, 'error'> {
		const differences = Object.entries(programs).flatMap(([name, {check}]) => {
			const key = `${kind} ${name}`
			const first = this.#checks.get(key)
			if (!first) this.#checks.set(key, {check, subject})
			return first && first.check !== check
				? [`${name} computes 0x${check}, and 0x${first.check} with ${first.subject}`]
				: []
		})
		return differences.length > 0 ? {error: differences.join('; ')} : {}
	}
}
