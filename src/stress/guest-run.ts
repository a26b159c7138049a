/**
 * The kinds that run a machine: its harts use, remap and fence pages of several address spaces, all at the same time; among these steps
 * come atomics on shared words, code that is rewritten, or devices.
 */
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {elfWithParameters} from '../bench/index.ts'
import {stressThreshold} from '../main/command-line/stress-library.ts'
import type {MachineStatistics} from '../main/index.ts'
import {MachineCore} from '../main/machine.ts'
import {stressFile} from './files.ts'
import {type Figures, noFigures, type RunOptions, type RunResult} from './run.ts'

/** Milliseconds of the guest between two lines of progress. */
const progressPeriod = 500
/** Milliseconds without one after which the guest is taken for stuck. Guests of many harts on few cores are slow. */
const patience = 120_000
const memory = 2 ** 28

/** Steps of the guest, as its sources number them. */
const steps = {flushes: 1, atomics: 2, code: 4, devices: 8} as const
export const guestKinds = {
	flush: steps.flushes,
	atomics: steps.flushes | steps.atomics,
	smc: steps.flushes | steps.code,
	devices: steps.flushes | steps.atomics | steps.code | steps.devices,
} as const
export type GuestKind = keyof typeof guestKinds

export async function runGuest(kind: GuestKind, options: RunOptions): Promise<RunResult> {
	const {harts, seed, seconds, iterations = 0, translation, fault, signal} = options
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-stress-'))
	await using cleaning = new AsyncDisposableStack()
	cleaning.defer(() => rm(folder, {recursive: true, force: true}))
	const kernel = join(folder, 'stress.elf')
	const words = [seed, Math.ceil(seconds * 1000), iterations, progressPeriod, guestKinds[kind]]
	await writeFile(kernel, await elfWithParameters(fileURLToPath(stressFile('guest')), words))
	const began = performance.now()
	const machine = await MachineCore.create({
		...{smp: harts, memory, kernel, jitThreshold: stressThreshold, ...translation, signal},
		...(fault && {fault}),
	})
	cleaning.use(machine)
	const seen = new Output(machine, options)
	const outcome = await seen.watch(machine.run())
	return {
		kind,
		seed,
		harts,
		seconds: (performance.now() - began) / 1000,
		...seen.figures(),
		memory: seen.memory,
		violation: violationOf(outcome, seen),
	}
}

type Ending = Readonly<{reason: string; exitCode: number; message?: string}>

function violationOf({reason, exitCode, message}: Ending, {lines, hasPassed}: Output): readonly string[] {
	if (lines.length > 0) return lines
	if (reason === 'aborted' || reason === 'stopped') return []
	if (message !== undefined) return [`the machine ended: ${message}`]
	return exitCode === 0 && hasPassed ? [] : [`the guest ended before its checks, with ${exitCode} (${reason})`]
}

/** The guest's last line, after all its checks. */
const passed = 'stress: passed'
/** Lines that are printed for the console's sake, and must come whole. */
const consoleLine = /^(?:# hart \d+ 0123456789abcdefghijklmnopqrstuvwxyz)?$/

/** The guest's lines: progress, and a violation with the events before it. */
class Output {
	readonly lines: string[] = []
	hasPassed = false
	readonly #machine: MachineCore
	readonly #options: RunOptions
	#counts: readonly number[] = [0, 0, 0]
	#firstMemory = 0
	#lastMemory = 0
	#lastLine = performance.now()

	constructor(machine: MachineCore, options: RunOptions) {
		this.#machine = machine
		this.#options = options
	}

	get memory(): readonly [number, number] {
		return [this.#firstMemory, this.#lastMemory]
	}

	figures(): Figures {
		const [operations = 0, fences = 0] = this.#counts
		return {...noFigures, ...tableFigures(this.#machine.statistics()), operations, fences}
	}

	/** Until the machine ends; stops it if the guest makes no progress. */
	async watch(running: Promise<Ending>): Promise<Ending> {
		const reading = this.#read()
		const timer = setInterval(() => this.#look(), 1000)
		try {
			return await running
		} finally {
			clearInterval(timer)
			await reading
		}
	}

	async #read(): Promise<void> {
		const decoder = new TextDecoder()
		let pending = ''
		for await (const bytes of this.#machine.console) {
			const pieces = (pending + decoder.decode(bytes, {stream: true})).split('\n')
			pending = pieces.pop() ?? ''
			for (const line of pieces) this.#take(line.trimEnd())
		}
		this.#take(pending.trimEnd())
	}

	#take(line: string): void {
		this.#lastLine = performance.now()
		const progress = /^progress (\d+) (\d+) (\d+)$/.exec(line)
		if (progress) {
			this.#counts = progress.slice(1).map(Number)
			this.#lastMemory = process.memoryUsage.rss()
			this.#firstMemory ||= this.#lastMemory
			this.#options.onProgress(this.figures())
		} else if (line === passed) this.hasPassed = true
		else if (!consoleLine.test(line)) this.lines.push(line)
	}

	#look(): void {
		if (performance.now() - this.#lastLine < patience) return
		this.lines.push(`the guest has made no progress for ${patience / 1000} s`)
		this.#lastLine = Number.POSITIVE_INFINITY
		this.#machine.stop()
	}
}

function tableFigures({harts, rcu, tlbPool}: MachineStatistics): Omit<Figures, 'operations' | 'fences'> {
	const flushes = harts.reduce(
		(sum, {tlb}) => sum + tlb.swaps + tlb.undone + tlb.cleared + tlb.generations + tlb.pageFlushes,
		0,
	)
	return {flushes, gracePeriods: rcu.gracePeriods, retired: tlbPool.waiting, slowest: rcu.latency.maximum}
}
