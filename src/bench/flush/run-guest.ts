/** Starts a guest for a subject, in a process of its own, and measures it. */
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import type {TlbDesign} from '../../tlb/index.ts'
import {formatTlbDesign} from '../../tlb/index.ts'
import {type ConsoleRun, runConsole} from '../console-run.ts'
import {type Figures, parseFigures} from '../figures.ts'
import {benchPath} from '../files.ts'
import {cpuSecondsOfChildren} from '../host.ts'
import {type Image, initMarks} from '../images.ts'
import {qemuArguments} from '../qemu.ts'
import {qemuCommand} from '../qemu-command.ts'
import {type QemuFlushes, readQemuFlushes} from '../qemu-flushes.ts'
import {manyhartCounters, manyhartLatencies, qemuCounters} from './counters.ts'
import type {Subject} from './plan.ts'
import type {Measurement} from './record.ts'

const memory = '1G'

export type GuestOptions = Readonly<{
	harts: number
	/** Linux waits at the end of its programs; a program on bare metal powers off. */
	ends: 'waits' | 'powers off'
	/** For the statistics and the socket of this run. */
	folder: string
	timeoutSeconds: number
	signal: AbortSignal
}>

export type GuestFigures = Pick<Measurement, 'bootSeconds' | 'cpuSeconds' | 'programs' | 'counters' | 'latencies'> &
	Readonly<{
		/** The kernel's release; undefined: not Linux. */
		kernel?: string
	}>

/** Something of the guest's has gone wrong: the run is recorded with this message. */
export class GuestFailed extends Error {
	override readonly name = 'GuestFailed'
}

/** @throws GuestFailed unless it ran all programs. */
export async function runGuest(subject: Subject, image: Image, options: GuestOptions): Promise<GuestFigures> {
	const before = cpuSecondsOfChildren()
	let bootSeconds: number | undefined
	const began = performance.now()
	const onConsole = (console: string) => {
		if (initMarks.begins.test(console)) bootSeconds ??= (performance.now() - began) / 1000
	}
	const {run, ...counted} =
		subject.kind === 'qemu'
			? await runQemu(subject.file, image, {...options, onConsole})
			: await runManyhart(subject.design, image, {...options, onConsole})
	const after = cpuSecondsOfChildren()
	const figures = parseFigures(run.console)
	requireSuccess(run, {image, figures, options})
	const kernel = initMarks.begins.exec(run.console)?.[1]
	return {
		...(kernel !== undefined && {kernel}),
		...(bootSeconds !== undefined && {bootSeconds}),
		...(before !== undefined && after !== undefined && {cpuSeconds: Math.round((after - before) * 100) / 100}),
		...(image.programs.length > 0 && {programs: Object.fromEntries(figures)}),
		...counted,
	}
}

type Started = GuestOptions & Readonly<{onConsole: (console: string) => void}>
type Ended = Readonly<{run: ConsoleRun}> & Pick<Measurement, 'counters' | 'latencies'>

async function runManyhart(design: Readonly<Record<string, string>>, {boot}: Image, options: Started): Promise<Ended> {
	const {harts, ends, folder, timeoutSeconds, signal, onConsole} = options
	const tlb = formatTlbDesign(design as Partial<TlbDesign>)
	const file = join(folder, 'stats.json')
	const args = [
		// A design that ran before would else find its translations.
		...['run', '--no-translation-cache', '--smp', String(harts), '--memory', memory, '--kernel', boot.kernel],
		...(boot.initrd ? ['--initrd', boot.initrd] : []),
		...(boot.append ? ['--append', boot.append] : []),
		...(tlb ? ['--tlb', tlb] : []),
		...(ends === 'waits' ? ['--expect', initMarks.ended.source] : []),
		...['--stats', file],
	]
	const run = await runConsole(process.execPath, [benchPath('manyhart'), ...args], {timeoutSeconds, signal, onConsole})
	// Where the run has failed, its console says why.
	const statistics = await readFile(file, 'utf8').then(JSON.parse, () => undefined)
	return {run, ...(statistics && {counters: manyhartCounters(statistics), latencies: manyhartLatencies(statistics)})}
}

async function runQemu(named: string, {boot}: Image, options: Started): Promise<Ended> {
	const {harts, ends, folder, timeoutSeconds, signal, onConsole} = options
	const {program, args} = qemuCommand(named)
	const monitor = join(folder, 'monitor')
	let flushes: QemuFlushes | undefined
	const onMatch = async () => {
		// What it ran counts without them.
		flushes = await readQemuFlushes(monitor).catch(() => undefined)
	}
	const run = await runConsole(program, [...args, ...qemuArguments({...boot, harts, memory, monitor})], {
		timeoutSeconds,
		signal,
		onConsole,
		// A guest that powers off ends QEMU before it could be asked.
		...(ends === 'waits' && {until: initMarks.ended, onMatch}),
	})
	return {run, ...(flushes && {counters: qemuCounters(flushes)})}
}

type Requirements = Readonly<{image: Image; figures: Figures; options: GuestOptions}>

function requireSuccess(run: ConsoleRun, {image, figures, options}: Requirements): void {
	const {console, timedOut, exitCode} = run
	const failed = (what: string) => new GuestFailed(`${what}; its console ended with: ${lastLines(console)}`)
	if (timedOut) throw failed(`did not end in ${Math.round(options.timeoutSeconds)} seconds`)
	if (options.ends === 'waits') {
		const code = initMarks.ended.exec(console)?.[1]
		if (code === undefined) throw failed(`ended with ${exitCode} before the programs had`)
		if (code !== '0') throw failed(`the programs ended with ${code}`)
	} else if (exitCode !== 0) throw failed(`ended with ${exitCode}`)
	const missing = image.programs.find((name) => !figures.has(name))
	if (missing !== undefined) throw failed(`printed no figure for ${missing}`)
}

function lastLines(console: string): string {
	const lines = console.split(/\r?\n/).filter((line) => line.trim() !== '')
	return lines.slice(-5).join(' | ').slice(-500) || 'nothing'
}
