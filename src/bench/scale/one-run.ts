/** One run of one workload, alone: on Debian or bare metal, under one engine, or on the host itself. For campaigns. */
import {mkdtemp, rm} from 'node:fs/promises'
import {join} from 'node:path'
import type {ConsoleRun} from '../console-run.ts'
import {findQemu, qemuVersionOf} from '../qemu.ts'
import {parseFigure} from './console.ts'
import {nativeWorkloads} from './native.ts'
import {keyOf} from './plan.ts'
import type {Engine, Scaling} from './record.ts'
import {amountOf, type BootFigures, launched, makeImage, type RunFigures, runGuest, taskTimeout} from './run-guest.ts'
import {nativeId, type Subject} from './subjects.ts'
import {bareWorkloads, programName, type ScaleWorkload, scaleWorkloads, workloadArguments} from './workloads.ts'

/** What a workload runs on: Debian's kernel, or the machine itself, of which the host can take neither's place. */
export const scaleGuests = ['linux', 'bare'] as const
export type ScaleGuest = (typeof scaleGuests)[number]

export type WorkloadRun = Readonly<{
	guest: ScaleGuest
	workload: string
	scaling: Scaling
	/** Operations, in all or of each worker. */
	work: number
	harts: number
	/** A `qemu` is the first one in PATH. */
	engine: 'manyhart' | 'qemu' | 'native'
	/** Of Manyhart: --tlb, and the seed of --serial. */
	tlb?: string | undefined
	seed?: number | undefined
}>

export type WorkloadEnvironment = Readonly<{
	/** Of Manyhart. */
	version: string
	/** For temporary files. */
	folder: string
	signal: AbortSignal
	/** Starts the engine. */
	launcher?: readonly string[]
}>

export type WorkloadOutcome = RunFigures & Pick<BootFigures, 'bootSeconds' | 'kernel'> & Readonly<{engine: Engine}>

/** Milliseconds: all that was asked for is done, or the program is ended. */
const most = 1000 * taskTimeout

/** @throws Error for an engine that this host has not, or the signal's reason. */
export async function runWorkload(run: WorkloadRun, environment: WorkloadEnvironment): Promise<WorkloadOutcome> {
	const isOurs = ({name}: ScaleWorkload) => programName(name) === run.workload
	const program = scaleWorkloads.find(isOurs)
	const of = run.guest === 'bare' ? bareWorkloads.find(isOurs) : program
	if (!program || !of) throw new Error(`Expected a workload that there is, got ${run.workload}`)
	if (run.engine === 'native') return await runNative(program, run, environment)
	const engine = await engineOf(run, environment)
	// Runs at a time have a folder each.
	const folder = await mkdtemp(join(environment.folder, 'run-'))
	try {
		return await runInGuest(engine, {of, run}, {...environment, folder})
	} finally {
		await rm(folder, {recursive: true, force: true})
	}
}

/** A design of the TLB is an engine of its own: curves are per engine. */
async function engineOf({engine, tlb, seed}: WorkloadRun, {version}: WorkloadEnvironment): Promise<Engine> {
	if (engine === 'manyhart') {
		const id = [`Manyhart ${version}`, tlb && `--tlb ${tlb}`, seed !== undefined && '--serial']
		return {id: id.filter(Boolean).join(' '), kind: 'manyhart', version, ...(tlb && {tlb})}
	}
	const file = await findQemu()
	if (file === undefined) throw new Error('there is no qemu-system-riscv64 in PATH')
	const qemu = await qemuVersionOf(file)
	return {id: `QEMU ${qemu}`, kind: 'qemu', version: qemu, file}
}

const switchesOf = ({tlb, seed}: WorkloadRun): readonly string[] => [
	...(tlb ? ['--tlb', tlb] : []),
	...(seed === undefined ? [] : ['--serial', '--seed', String(seed)]),
]

async function runInGuest(
	engine: Engine,
	{of, run}: Readonly<{of: ScaleWorkload; run: WorkloadRun}>,
	{folder, signal, launcher}: WorkloadEnvironment,
): Promise<WorkloadOutcome> {
	const {name, title, unit} = of
	const work = {native: run.work, emulated: run.work}
	const subject: Subject = {kind: 'ours', system: run.guest, name, title, unit, of: {...of, work}}
	const task = {workload: name, scaling: run.scaling}
	const system = run.guest === 'bare' ? ({system: 'bare'} as const) : {}
	const boot = {engine: engine.id, harts: run.harts, repetition: 0, tasks: [task], ...system}
	const image = await makeImage(boot, {subjects: [subject], folder, most})
	const switches = switchesOf(run)
	const {runs, bootSeconds, kernel, error} = await runGuest(engine, {
		...{boot, image, folder, signal, switches},
		...(launcher && {launcher}),
	})
	signal.throwIfAborted()
	return {
		engine,
		...(runs.get(keyOf(task)) ?? {error: error ?? 'its boot ended before'}),
		...(bootSeconds !== undefined && {bootSeconds}),
		...(kernel !== undefined && {kernel}),
	}
}

async function runNative(
	of: ScaleWorkload,
	{harts, scaling, work}: WorkloadRun,
	{signal, launcher}: WorkloadEnvironment,
): Promise<WorkloadOutcome> {
	const native = await nativeWorkloads({signal})
	if (native.program === undefined) throw new Error(native.reason)
	const engine: Engine = {id: nativeId, kind: 'native', compiler: native.compiler}
	const command = [native.program, ...workloadArguments(of, harts, amountOf(scaling, work, most))]
	return {engine, ...figureOf(await launched(command, launcher, {timeoutSeconds: taskTimeout, signal}))}
}

/** The last line that is a figure; or why there is none. */
function figureOf({console, exitCode, timedOut}: ConsoleRun): RunFigures {
	const lines = console.split(/\r?\n/).filter((line) => line.trim() !== '')
	const said = lines.slice(-3).join(' | ').slice(-300) || 'nothing'
	if (timedOut) return {error: `did not end in ${taskTimeout} s; it printed ${said}`}
	if (exitCode !== 0) return {error: `ended with ${exitCode}: ${said}`}
	return lines.map(parseFigure).findLast((figure) => figure !== undefined) ?? {error: `printed no figure, but ${said}`}
}
