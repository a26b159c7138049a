/** Boots a guest under an engine, in a process of its own, and has it run the workloads one after the other. */
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {type ConsoleRun, runConsole} from '../console-run.ts'
import {benchPath} from '../files.ts'
import {type Image, initMarks, readElf, waitingScript} from '../images.ts'
import {qemuArguments} from '../qemu.ts'
import {qemuCommand} from '../qemu-command.ts'
import {beginMark, endMark, keyOf, markSource, parseConsole, parseMark} from './console.ts'
import type {PlannedBoot, Task} from './plan.ts'
import type {Boot, Breakdown, Engine, Latency, Run} from './record.ts'
import type {Subject} from './subjects.ts'
import {TaskWatch} from './watch.ts'
import {type Amount, workloadArguments} from './workloads.ts'

export const memory = '1G'

/** Seconds that one program may take, and a boot apart from its programs. */
export const taskTimeout = 60
const bootTimeout = 120

/** What is known of a run, beside what it is a run of. */
export type RunFigures = Pick<
	Run,
	| 'operations'
	| 'seconds'
	| 'checksum'
	| 'error'
	| 'instructions'
	| 'cpuSeconds'
	| 'waitedSeconds'
	| 'voluntarySwitches'
	| 'involuntarySwitches'
	| 'stealSeconds'
	| 'otherCores'
>

export type BootFigures = Readonly<{
	/** By keyOf(). */
	runs: ReadonlyMap<string, RunFigures>
	bootSeconds?: number
	/** The guest's kernel. */
	kernel?: string
	/** With times: by keyOf(), and of the whole boot. */
	times?: ReadonlyMap<string, Spent>
	latencies?: Boot['latencies']
	/** Why it ended early. */
	error?: string
}>

/** @param folder for the image. */
export async function makeImage(
	{harts, tasks}: PlannedBoot,
	{subjects, folder}: Readonly<{subjects: readonly Subject[]; folder: string}>,
): Promise<Image> {
	const files = await Promise.all(subjects.flatMap((subject) => (subject.kind === 'own' ? [ownFile(subject)] : [])))
	const scale = {kind: 'file', name: 'bin/scale', mode: 0o755, data: await readFile(benchPath('scaleLinux'))} as const
	const byName = new Map(subjects.map((subject) => [subject.name, subject]))
	return await waitingScript([], {
		folder,
		harts,
		files: [scale, ...(files.length > 0 ? [{kind: 'directory', name: 'own'} as const, ...files] : [])],
		commands: tasks.flatMap((task) => [
			`echo ${beginMark(task)}`,
			`/bin/busybox timeout -s KILL ${taskTimeout} ${commandOf(byName.get(task.workload)!, {task, harts})}`,
			`echo ${endMark(task, '$?')}`,
		]),
	})
}

const ownFile = async ({name, path}: Subject & {kind: 'own'}) => ({
	kind: 'file' as const,
	name: `own/${name}`,
	mode: 0o755,
	data: await readElf('--workload', path),
})

function commandOf(subject: Subject, {task, harts}: Readonly<{task: Task; harts: number}>): string {
	const {name} = subject
	// One run after the other, without other copies and wake-ups.
	if (subject.kind === 'own') return `/bin/busybox env THREADS=${harts} /bin/bench 1000 1 0 --own ${name} /own/${name}`
	const {of} = subject
	return ['/bin/scale', ...workloadArguments(of, harts, amountOf(task.scaling, of.work.emulated))].join(' ')
}

export const amountOf = (scaling: Task['scaling'], work: number): Amount =>
	scaling === 'strong' ? {work} : {perThread: work}

export type GuestOptions = Readonly<{
	boot: PlannedBoot
	image: Image
	/** For the statistics of this boot. */
	folder: string
	signal: AbortSignal
}>

/** @returns what ran until the end, or until the signal. */
export async function runGuest(engine: Engine, options: GuestOptions): Promise<BootFigures> {
	const {boot, signal} = options
	let [console, pid]: [string, number | undefined] = ['', undefined]
	const watch = new TaskWatch(() => pid)
	let bootSeconds: number | undefined
	const start = performance.now()
	const onStart = (of: number) => {
		pid = of
	}
	const onConsole = (all: string) => {
		console = all
		if (initMarks.begins.test(all)) bootSeconds ??= (performance.now() - start) / 1000
		watch.see(all)
	}
	const ended = await (engine.kind === 'qemu' ? runQemu(engine.file, options) : runManyhart(options))({
		onStart,
		onConsole,
	}).catch((error: Error) => {
		if (signal.aborted) return undefined
		throw error
	})
	const figures = parseConsole(console, taskTimeout)
	const {instructions, times, latencies} = ended ?? {}
	const kernel = initMarks.begins.exec(console)?.[1]
	const error = ended && failureOf(ended.run, boot)
	return {
		runs: new Map(
			[...figures].map(([key, figure]) => {
				const counted = instructions?.get(key)
				return [key, {...figure, ...watch.costs.get(key), ...(counted && {instructions: [...counted]})}]
			}),
		),
		...(bootSeconds !== undefined && {bootSeconds}),
		...(kernel !== undefined && {kernel}),
		...(times && {times}),
		...(latencies && {latencies}),
		...(error !== undefined && {error}),
	}
}

type Listeners = Readonly<{onStart: (pid: number) => void; onConsole: (console: string) => void}>
type Instructions = ReadonlyMap<string, readonly number[]>
type Ended = Readonly<{
	run: ConsoleRun
	instructions?: Instructions
	times?: ReadonlyMap<string, Spent>
	latencies?: Boot['latencies']
}>
type Start = (listeners: Listeners) => Promise<Ended>

const timeoutOf = ({tasks}: PlannedBoot) => bootTimeout + taskTimeout * tasks.length

const runQemu =
	(file: string, {boot, image, signal}: GuestOptions): Start =>
	async (listeners) => {
		const {program, args} = qemuCommand(file)
		const {kernel, initrd, append} = image.boot
		const run = await runConsole(
			program,
			[...args, ...qemuArguments({kernel, initrd, append, harts: boot.harts, memory})],
			{timeoutSeconds: timeoutOf(boot), signal, until: initMarks.ended, ...listeners},
		)
		return {run}
	}

const runManyhart =
	({boot, image, folder, signal}: GuestOptions): Start =>
	async (listeners) => {
		const file = join(folder, 'stats.json')
		const {kernel, initrd, append} = image.boot
		const args = [
			...['run', '--smp', String(boot.harts), '--memory', memory, '--kernel', kernel],
			...(initrd ? ['--initrd', initrd] : []),
			...(append ? ['--append', append] : []),
			...['--expect', initMarks.ended.source, '--stats', file, '--stats-at', markSource],
			...(boot.times ? ['--times'] : []),
		]
		const timeoutSeconds = timeoutOf(boot)
		const run = await runConsole(process.execPath, [benchPath('manyhart'), ...args], {
			timeoutSeconds,
			signal,
			...listeners,
		})
		// Where the run has failed, its console says why.
		const statistics = await readFile(file, 'utf8').then(JSON.parse, () => undefined)
		return {
			run,
			instructions: instructionsBetween(statistics),
			...(boot.times && {times: timesBetween(statistics), latencies: latenciesOf(statistics)}),
		}
	}

type HartReport = Readonly<{instructions: number; time?: Readonly<Record<string, unknown>>}>
type Report = Readonly<{
	marks?: readonly Readonly<{line: string; statistics: {harts?: readonly HartReport[]}}>[]
	statistics?: Readonly<{harts?: readonly HartReport[]; rcu?: Nested; tlbPool?: Nested}>
}>
type Nested = Readonly<Record<string, unknown>>

/** @param report of --stats with --stats-at. @returns by keyOf(), of each hart. */
export function instructionsBetween(report: Report | undefined): Instructions {
	const between = new Map<string, readonly number[]>()
	let before: readonly number[] = []
	for (const {line, statistics} of report?.marks ?? []) {
		const mark = parseMark(line)
		const counts = (statistics.harts ?? []).map(({instructions}) => instructions)
		if (mark?.kind === 'begin') before = counts
		else if (mark)
			between.set(
				keyOf(mark.task),
				counts.map((count, hart) => Math.max(0, count - (before[hart] ?? 0))),
			)
	}
	return between
}

/** Seconds of all harts. */
export type Spent = Pick<Breakdown, 'spent' | 'descheduled'>

/** No times, or no sums over harts. */
const notSpent = ['samples', 'descheduled', 'doorbells', 'locks']

/** @param report of --stats with --stats-at and --times. @returns by keyOf(). */
export function timesBetween(report: Report | undefined): ReadonlyMap<string, Spent> {
	const between = new Map<string, Spent>()
	let before: ReadonlyMap<string, number> = new Map()
	for (const {line, statistics} of report?.marks ?? []) {
		const mark = parseMark(line)
		const sums = new Map<string, number>()
		for (const {time = {}} of statistics.harts ?? [])
			for (const [name, value] of Object.entries(time))
				if (typeof value === 'number') sums.set(name, (sums.get(name) ?? 0) + value)
		if (mark?.kind === 'begin') before = sums
		else if (mark && sums.size > 0) {
			// Milliseconds. A share that samples estimate may go down a little.
			const seconds = (name: string) =>
				Math.max(0, Math.round((sums.get(name) ?? 0) * 10 - (before.get(name) ?? 0) * 10) / 10_000)
			const names = [...sums.keys()].filter((name) => !notSpent.includes(name))
			between.set(keyOf(mark.task), {
				spent: Object.fromEntries(names.map((name) => [name, seconds(name)])),
				...(sums.has('descheduled') && {descheduled: seconds('descheduled')}),
			})
		}
	}
	return between
}

/** Of the whole boot. */
function latenciesOf(report: Report | undefined): Boot['latencies'] {
	const {harts = [], rcu, tlbPool} = report?.statistics ?? {}
	const ofHarts = (name: string) => harts.flatMap(({time}) => latencyOf(time?.[name]) ?? [])
	const shared = (value: unknown) => [latencyOf(value)].filter((each) => each !== undefined)
	return {
		doorbells: ofHarts('doorbells'),
		locks: ofHarts('locks'),
		remoteFlushes: shared(tlbPool?.remoteFlushes),
		gracePeriods: shared(rcu && {count: rcu.gracePeriods, ...(rcu.latency as Nested | undefined)}),
	}
}

function latencyOf(value: unknown): Latency | undefined {
	const {count, median, p99, maximum} = (value ?? {}) as Partial<Latency>
	if (count === undefined || median === undefined || p99 === undefined || maximum === undefined) return undefined
	return {count, median, p99, maximum}
}

function failureOf({console, timedOut, exitCode}: ConsoleRun, boot: PlannedBoot): string | undefined {
	const lines = console.split(/\r?\n/).filter((line) => line.trim() !== '')
	const last = lines.slice(-5).join(' | ').slice(-500) || 'nothing'
	if (timedOut) return `did not end in ${timeoutOf(boot)} s; its console ended with: ${last}`
	if (!initMarks.ended.test(console))
		return `ended with ${exitCode} before the programs had; its console ended with: ${last}`
	return undefined
}
