/**
 * The kinds that run a machine: its harts use, remap and fence pages of several address spaces, all at the same time; among these steps
 * come atomics on shared words, code that is rewritten, or devices.
 */
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {elfWithParameters} from '../bench/index.ts'
import {serialThreshold, stressThreshold} from '../main/command-line/stress-library.ts'
import type {MachineStatistics} from '../main/index.ts'
import {MachineCore} from '../main/machine.ts'
import {drawn} from '../serial/index.ts'
import {stressFile} from './files.ts'
import {type Ending, GuestLines, violationOf} from './guest-lines.ts'
import {type HostFence, HostRemapper} from './host-remapper.ts'
import {type Figures, noFigures, type RunOptions, type RunResult, type TurnsOptions, type TurnsResult} from './run.ts'

/** Milliseconds of the guest between two lines of progress. */
const progressPeriod = 500
/** Milliseconds without one after which the guest is taken for stuck. Guests of many harts on few cores are slow. */
const patience = 120_000
const memory = 2 ** 28
/** Stream of draws. */
const ofAccel = 3001

/** Steps of the guest, as its sources number them. */
const steps = {flushes: 1, atomics: 2, code: 4, devices: 8} as const
export const guestKinds = {
	flush: steps.flushes,
	atomics: steps.flushes | steps.atomics,
	smc: steps.flushes | steps.code,
	devices: steps.flushes | steps.atomics | steps.code | steps.devices,
} as const
export type GuestKind = keyof typeof guestKinds

/** @param hostFence the host's, if it is another than the machine's: for tests. */
export async function runGuest(kind: GuestKind, options: RunOptions, hostFence?: HostFence): Promise<RunResult> {
	return await withMachine(kind, options, {hostFence}, async (_, run) => await run())
}

/** Runs the guest in serial mode. */
export async function runGuestByTurns(kind: GuestKind, options: RunOptions, by: TurnsOptions): Promise<TurnsResult> {
	return await withMachine(kind, options, {by}, async (machine, run) => {
		const result = await run()
		const digest = by.withDigest ? await machine.digest() : undefined
		return {...result, handovers: machine.handovers, steps: machine.turnSteps, digest}
	})
}

/** Two of three seeds interpret all code, which takes half the time, unless it is code that is to be rewritten. */
function accelOf(kind: GuestKind, seed: number): 'jit' | 'interp' {
	return kind === 'smc' || drawn(seed, ofAccel, 0) % 3 === 0 ? 'jit' : 'interp'
}

async function withMachine<Result>(
	kind: GuestKind,
	options: RunOptions,
	{by, hostFence}: Readonly<{by?: TurnsOptions; hostFence?: HostFence | undefined}>,
	use: (machine: MachineCore, run: () => Promise<RunResult>) => Promise<Result>,
): Promise<Result> {
	const {harts, seed, seconds, iterations = 0, translation, fault, signal} = options
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-stress-'))
	await using cleaning = new AsyncDisposableStack()
	cleaning.defer(() => rm(folder, {recursive: true, force: true}))
	const kernel = join(folder, 'stress.elf')
	const milliseconds = by ? 0 : Math.ceil(seconds * 1000)
	const words = [seed, milliseconds, iterations, progressPeriod, guestKinds[kind], by ? 1 : 0, by ? 0 : 1]
	await writeFile(kernel, await elfWithParameters(fileURLToPath(stressFile('guest')), words))
	const began = performance.now()
	const machine = await MachineCore.create({
		...{smp: harts, memory, kernel, jitThreshold: by ? serialThreshold : stressThreshold},
		...(by && {accel: accelOf(kind, seed)}),
		...{...translation, signal},
		...(fault && {fault}),
		...(by && {turns: by.turns}),
	})
	cleaning.use(machine)
	return await use(machine, async () => {
		const seen = new Output(machine, options)
		if (!by) seen.remap(new HostRemapper(machine.hostSide, {seed, ...(hostFence && {fence: hostFence})}))
		const outcome = await seen.watch(machine.run(), by)
		return {
			kind,
			seed,
			harts,
			seconds: (performance.now() - began) / 1000,
			...seen.figures(),
			memory: seen.memory,
			violation: violationOf(outcome, seen),
		}
	})
}

/** What the machine's guest prints, and the figures of both. */
class Output {
	readonly #guest: GuestLines
	readonly #machine: MachineCore
	#firstMemory = 0
	#lastMemory = 0
	#lastLine = performance.now()
	#host: HostRemapper | undefined
	#remapping: Promise<void> | undefined
	readonly #ended = new AbortController()

	constructor(machine: MachineCore, options: RunOptions) {
		this.#machine = machine
		this.#guest = new GuestLines(() => {
			this.#lastMemory = process.memoryUsage.rss()
			this.#firstMemory ||= this.#lastMemory
			options.onProgress(this.figures())
		})
	}

	/** A violation. */
	get lines(): string[] {
		return this.#guest.lines
	}

	get hasPassed(): boolean {
		return this.#guest.hasPassed
	}

	get memory(): readonly [number, number] {
		return [this.#firstMemory, this.#lastMemory]
	}

	figures(): Figures {
		const {operations, fences} = this.#guest.counts
		const ofTables = tableFigures(this.#machine.statistics())
		return {...noFigures, ...ofTables, operations, fences: fences + (this.#host?.fences ?? 0)}
	}

	/** The host remaps, too, from when the guest has made its pages until the machine ends. */
	remap(host: HostRemapper): void {
		this.#host = host
		this.#remapping = this.#guest.hostArea.then((area) => host.run(area, this.#ended.signal))
		this.#remapping.catch((error: Error) => this.#stop(`the host failed: ${error.message}`))
	}

	/** Until the machine ends; stops it if the guest makes no progress. */
	async watch(running: Promise<Ending>, by?: TurnsOptions): Promise<Ending> {
		const reading = this.#read()
		const began = performance.now()
		const timer = setInterval(
			() => this.#look(by && (performance.now() - began > by.limit || this.#machine.turnSteps > by.mostSteps)),
			200,
		)
		try {
			return await running
		} finally {
			clearInterval(timer)
			this.#ended.abort()
			await reading
		}
	}

	async #read(): Promise<void> {
		for await (const bytes of this.#machine.console) {
			this.#lastLine = performance.now()
			this.#guest.take(bytes)
		}
		this.#guest.end()
	}

	#look(isOverdue = false): void {
		if (this.#lastLine === Number.POSITIVE_INFINITY) return
		if (this.#machine.isIdle) this.#stop('every hart waits, and nothing is left that wakes one')
		else if (isOverdue) this.#machine.stop()
		if (performance.now() - this.#lastLine < patience) return
		this.#stop(`the guest has made no progress for ${patience / 1000} s`)
	}

	#stop(why: string): void {
		this.lines.push(why)
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
