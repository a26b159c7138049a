/** Boots a guest under an engine, in a process of its own, and has it run the workloads one after the other. */
import {readFile, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {type ConsoleOptions, type ConsoleRun, runConsole} from '../console-run.ts'
import {benchPath} from '../files.ts'
import {elfWithParameters} from '../guest-parameters.ts'
import {type Image, initMarks, readElf, waitingScript} from '../images.ts'
import {qemuArguments} from '../qemu.ts'
import {qemuCommand} from '../qemu-command.ts'
import {beginMark, endMark, markSource, parseConsole} from './console.ts'
import {
	type Instructions,
	instructionsBetween,
	latenciesBetween,
	latenciesOf,
	type Spent,
	timesBetween,
} from './marked-statistics.ts'
import type {PlannedBoot, Task} from './plan.ts'
import type {Boot, Breakdown, Engine, Run} from './record.ts'
import type {Subject} from './subjects.ts'
import {TaskWatch} from './watch.ts'
import {type Amount, longestPart, workloadArguments} from './workloads.ts'

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
	taskLatencies?: ReadonlyMap<string, Breakdown['latencies']>
	latencies?: Boot['latencies']
	/** Why it ended early. */
	error?: string
}>

type ImageOptions = Readonly<{
	subjects: readonly Subject[]
	folder: string
	/** Milliseconds that a program measures at most. */
	most?: number
}>

/** @param folder for the image. */
export const makeImage = (boot: PlannedBoot, options: ImageOptions): Promise<Image> =>
	boot.system === 'bare' ? bareImage(boot, options) : linuxImage(boot, options)

async function linuxImage({harts, tasks}: PlannedBoot, {subjects, folder, most}: ImageOptions): Promise<Image> {
	const files = await Promise.all(subjects.flatMap((subject) => (subject.kind === 'own' ? [ownFile(subject)] : [])))
	const scale = {kind: 'file', name: 'bin/scale', mode: 0o755, data: await readFile(benchPath('scaleLinux'))} as const
	const byName = new Map(subjects.map((subject) => [subject.name, subject]))
	return await waitingScript([], {
		folder,
		harts,
		files: [scale, ...(files.length > 0 ? [{kind: 'directory', name: 'own'} as const, ...files] : [])],
		commands: tasks.flatMap((task) => [
			`echo ${beginMark(task)}`,
			`/bin/busybox timeout -s KILL ${taskTimeout} ${commandOf(byName.get(task.workload)!, {task, harts, most})}`,
			`echo ${endMark(task, '$?')}`,
		]),
	})
}

/** Parameters of scale-bare.elf: all harts, and each workload with an amount of its own. */
async function bareImage(
	{harts, tasks}: PlannedBoot,
	{subjects, folder, most = longestPart}: ImageOptions,
): Promise<Image> {
	const words = tasks.map(({workload, scaling}) => {
		const subject = subjects.find(({name}) => name === workload)
		if (subject?.kind !== 'ours') throw new Error(`Expected ${workload} to be one of ours`)
		return `${workload}:${scaling}:${subject.of.work.emulated}:${most}`
	})
	const kernel = join(folder, 'scale.elf')
	const names = new TextEncoder().encode(`${words.join(' ')}\0`)
	await writeFile(kernel, await elfWithParameters(benchPath('scaleBare'), [0, 1, 0], names))
	return {boot: {kernel, harts}, programs: []}
}

const ownFile = async ({name, path}: Subject & {kind: 'own'}) => ({
	kind: 'file' as const,
	name: `own/${name}`,
	mode: 0o755,
	data: await readElf('--workload', path),
})

function commandOf(
	subject: Subject,
	{task, harts, most}: Readonly<{task: Task; harts: number; most: number | undefined}>,
): string {
	const {name} = subject
	// One run after the other, without other copies and wake-ups.
	if (subject.kind === 'own') return `/bin/busybox env THREADS=${harts} /bin/bench 1000 1 0 --own ${name} /own/${name}`
	const {of} = subject
	return ['/bin/scale', ...workloadArguments(of, harts, amountOf(task.scaling, of.work.emulated, most))].join(' ')
}

export const amountOf = (
	scaling: Task['scaling'],
	work: number,
	most = longestPart,
): Amount & Readonly<{most: number}> => ({
	...(scaling === 'strong' ? {work} : {perThread: work}),
	most,
})

export type GuestOptions = Readonly<{
	boot: PlannedBoot
	image: Image
	/** For the statistics of this boot. */
	folder: string
	signal: AbortSignal
	/** More switches of `manyhart run`. */
	switches?: readonly string[]
	/** A program with its arguments that starts the engine. */
	launcher?: readonly string[]
	/** Seconds without a word after which the guest is given up; default: what a healthy one never needs. */
	mostSilence?: number
}>

/** What shows that the workloads begin, and that all have ended. */
const bootMarks = {
	linux: initMarks,
	// QEMU, ended at once, may write behind it before the line ends.
	bare: {begins: /^scale: begin /m, ended: /^scale: passed/m},
} as const
const marksOf = ({system}: PlannedBoot) => bootMarks[system ?? 'linux']
/** Seconds without a word. Under Linux each program has a limit of its own, unless the guest itself hangs: each tells when it begins and ends. */
const longestSilence = ({system}: PlannedBoot) => bootTimeout + (system === 'bare' ? 0 : taskTimeout)

/** @returns what ran until the end, or until the signal. */
export async function runGuest(engine: Engine, options: GuestOptions): Promise<BootFigures> {
	const {boot, signal, mostSilence = longestSilence(boot)} = options
	let [console, pid]: [string, number | undefined] = ['', undefined]
	const watch = new TaskWatch(() => pid)
	let bootSeconds: number | undefined
	const start = performance.now()
	const onStart = (of: number) => {
		pid = of
	}
	using silence = new Silence(mostSilence)
	const onConsole = (all: string) => {
		console = all
		silence.broken()
		if (marksOf(boot).begins.test(all)) bootSeconds ??= (performance.now() - start) / 1000
		watch.see(all)
	}
	const within = {...options, signal: AbortSignal.any([signal, silence.signal])}
	const ended = await (engine.kind === 'qemu' ? runQemu(engine.file, within) : runManyhart(within))({
		onStart,
		onConsole,
	}).catch((error: Error) => {
		if (within.signal.aborted) return undefined
		throw error
	})
	const figures = parseConsole(console, taskTimeout)
	const {instructions, times, latencies, taskLatencies} = ended ?? {}
	const kernel = boot.system === 'bare' ? undefined : initMarks.begins.exec(console)?.[1]
	const error = ended
		? failureOf(ended.run, boot)
		: silence.signal.aborted
			? `said nothing for ${mostSilence} s; its console ended with: ${endOf(console)}`
			: undefined
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
		...(taskLatencies && {taskLatencies}),
		...(latencies && {latencies}),
		...(error !== undefined && {error}),
	}
}

type Listeners = Readonly<{onStart: (pid: number) => void; onConsole: (console: string) => void}>
type Ended = Readonly<{
	run: ConsoleRun
	instructions?: Instructions
	times?: ReadonlyMap<string, Spent>
	taskLatencies?: ReadonlyMap<string, Breakdown['latencies']>
	latencies?: Boot['latencies']
}>
type Start = (listeners: Listeners) => Promise<Ended>

const timeoutOf = ({tasks}: PlannedBoot) => bootTimeout + taskTimeout * tasks.length

const runQemu =
	(file: string, {boot, image, signal, launcher}: GuestOptions): Start =>
	async (listeners) => {
		const {program, args} = qemuCommand(file)
		const {kernel, initrd, append} = image.boot
		const command = [program, ...args, ...qemuArguments({kernel, initrd, append, harts: boot.harts, memory})]
		const run = await launched(command, launcher, {
			timeoutSeconds: timeoutOf(boot),
			signal,
			until: marksOf(boot).ended,
			...listeners,
		})
		return {run}
	}

/** A console run of a command, by what starts it. */
export function launched(
	command: readonly string[],
	launcher: readonly string[] = [],
	options: ConsoleOptions,
): Promise<ConsoleRun> {
	const [program = '', ...args] = [...launcher, ...command]
	return runConsole(program, args, options)
}

const runManyhart =
	({boot, image, folder, signal, switches = [], launcher}: GuestOptions): Start =>
	async (listeners) => {
		const file = join(folder, 'stats.json')
		await rm(file, {force: true})
		const {kernel, initrd, append} = image.boot
		const args = [
			// Every run begins alike, whatever ran before.
			...['run', '--no-translation-cache', '--smp', String(boot.harts), '--memory', memory, '--kernel', kernel],
			...(initrd ? ['--initrd', initrd] : []),
			...(append ? ['--append', append] : []),
			...['--expect', marksOf(boot).ended.source, '--stats', file, '--stats-at', markSource],
			...(boot.times ? ['--times'] : []),
			...(boot.trace === undefined ? [] : ['--trace', boot.trace]),
			...switches,
		]
		const timeoutSeconds = timeoutOf(boot)
		const command = [process.execPath, benchPath('manyhart'), ...args]
		const run = await launched(command, launcher, {timeoutSeconds, signal, ...listeners})
		// Where the run has failed, its console says why.
		const statistics = await readFile(file, 'utf8').then(JSON.parse, () => undefined)
		return {
			run,
			instructions: instructionsBetween(statistics),
			...(boot.times && {times: timesBetween(statistics), latencies: latenciesOf(statistics)}),
			...(boot.times && {taskLatencies: latenciesBetween(statistics)}),
		}
	}

function failureOf({console, timedOut, exitCode}: ConsoleRun, boot: PlannedBoot): string | undefined {
	if (timedOut) return `did not end in ${timeoutOf(boot)} s; its console ended with: ${endOf(console)}`
	if (!marksOf(boot).ended.test(console))
		return `ended with ${exitCode} before the programs had; its console ended with: ${endOf(console)}`
	return undefined
}

function endOf(console: string): string {
	const lines = console.split(/\r?\n/).filter((line) => line.trim() !== '')
	return lines.slice(-5).join(' | ').slice(-500) || 'nothing'
}

/** Aborts when nothing is said for so long: without Linux, nobody in the guest ends a program that hangs, nor with a Linux that hangs. */
class Silence implements Disposable {
	readonly #end = new AbortController()
	readonly #timer: NodeJS.Timeout

	constructor(seconds: number) {
		this.#timer = setTimeout(() => this.#end.abort(new Error('silent')), seconds * 1000)
	}

	get signal(): AbortSignal {
		return this.#end.signal
	}

	broken(): void {
		this.#timer.refresh()
	}

	[Symbol.dispose](): void {
		clearTimeout(this.#timer)
	}
}
