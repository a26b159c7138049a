/** `manyhart run`: boots a guest and stays with it until it ends. */
import {exitCodes} from '../../exit-codes.ts'
import {formatEndpoint} from '../../net/index.ts'
import {ControlServer} from '../agent/control-server.ts'
import {OpenDrives} from '../drives.ts'
import {translationsFolder} from '../guests/index.ts'
import type {CommandLineMachine, CreateMachine} from '../machine-interface.ts'
import {type NetworkOptions, withPorts} from '../network-devices.ts'
import type {TraceStatistics} from '../tracing/index.ts'
import {perfMapPath} from '../translation/index.ts'
import {untilAborted} from '../until-aborted.ts'
import {chooseGuest} from './choose-guest.ts'
import {guestDrives} from './guest-drives.ts'
import type {GuestLibrary} from './guest-library.ts'
import {LineWatcher} from './line-watcher.ts'
import {parseNetworks} from './network-options.ts'
import {OutputFile} from './output-file.ts'
import {beginPorts} from './port-options.ts'
import type {Result} from './result.ts'
import type {RunOptions} from './run-options.ts'
import {abortedBy, type Ending, RunSession} from './run-session.ts'
import {EndingSignals, SignalReceived} from './signals.ts'
import {statisticsReport} from './statistics-report.ts'
import {Terminal} from './terminal.ts'
import {TimeLimit, TimePassed} from './time-limit.ts'
import {TraceFiles} from './trace-files.ts'
import {readInput} from './typed-input.ts'

export type RunEnvironment = Readonly<{
	createMachine: CreateMachine
	guests: GuestLibrary
	/** By default the process's own. For tests. */
	terminal?: Terminal
}>

export async function runCommand(options: RunOptions, environment: RunEnvironment): Promise<Result> {
	using signals = new EndingSignals()
	using limit = new TimeLimit(options.timeoutSeconds)
	using terminal = environment.terminal ?? new Terminal()
	const say = (line: string) => terminal.say(line)
	const signal = AbortSignal.any([signals.signal, limit.signal])
	for (const warning of options.warnings) say(`manyhart: warning: ${warning}`)
	const ending = await bootAndStay(options, {...environment, terminal, say, signal}).catch((error: unknown) => {
		if (error === signal.reason && error instanceof TimePassed) return abortedBy(signal)
		throw error
	})
	const exitCode = conclude(ending, {options, say, signal})
	const isOver = ending.kind === 'machine' || ending.kind === 'matched' || ending.kind === 'dumped'
	return {exitCode, output: isOver ? 'all' : 'what is read soon'}
}

/** Says which ports were found where any was asked for. @returns the networks, with those, for the next machine. */
function concludeForwards(
	networks: readonly NetworkOptions[],
	{machine, say}: Readonly<{machine: CommandLineMachine; say: (line: string) => void}>,
): readonly NetworkOptions[] {
	const opened = machine.forwards ?? []
	for (const {forward, bound} of opened)
		if (forward.host.port === 0)
			say(
				`manyhart: ${forward.protocol} ${formatEndpoint(bound.address, bound.port)} is port ${forward.guest.port} of the guest`,
			)
	return withPorts(networks, opened)
}

type Run = RunEnvironment & Readonly<{terminal: Terminal; say: (line: string) => void; signal: AbortSignal}>

/** @throws the signal's reason if it aborts before the guest runs. */
async function bootAndStay(options: RunOptions, run: Run): Promise<Ending | Dumped> {
	const {terminal, say, signal, guests, createMachine} = run
	const {expect, stats, statsAt, dumpdtb, smp, memory, virtioMmioVersion, translation, serialSeed, digest, shares} =
		options
	await using files = new AsyncDisposableStack()
	const open = async (option: string, path: string | undefined) =>
		path === undefined ? undefined : files.use(await untilAborted(signal, OutputFile.open(option, path)))
	const statisticsFile = await open('--stats', stats)
	const treeFile = await open('--dumpdtb', dumpdtb)
	const input = options.input === undefined ? undefined : await untilAborted(signal, readInput(options.input, say))
	const {
		drives: ownDrives = [],
		networks: ownNetworks = [],
		...parts
	} = await chooseGuest(options, {guests, say, signal})
	const drives = [...(await untilAborted(signal, guestDrives(ownDrives, {...options, say}))), ...options.drives]
	// For all machines: a guest that reboots finds its disks as it left them.
	const openDrives = files.use(await untilAborted(signal, OpenDrives.open(drives)))
	for (const warning of openDrives.warnings) say(`manyhart: warning: ${warning}`)
	const ports = await untilAborted(signal, beginPorts(options.ports))
	const control = options.name === undefined ? undefined : files.use(await ControlServer.listen(options.name))
	let networks = options.networks ?? (serialSeed === undefined ? parseNetworks({nic: ownNetworks}) : [])
	const traces = new TraceFiles(options, say)
	const create = async () => {
		const machineOptions = {
			smp,
			memory,
			...parts,
			...translation,
			...(options.keepsTranslations && {translationCache: translationsFolder()}),
			...(drives.length > 0 && {drives}),
			...(shares.length > 0 && {shares}),
			...(ports.length > 0 && {ports}),
			...(options.balloon && {balloon: options.balloon}),
			...(control && {agent: 'beside' as const}),
			...(virtioMmioVersion && {virtioMmioVersion}),
			...(options.times && {times: true}),
			...(!treeFile && (await traces.next())),
			...(serialSeed !== undefined && {serial: true, seed: serialSeed}),
			signal,
		}
		return await untilAborted(signal, createMachine(machineOptions, openDrives, networks))
	}
	if (treeFile) {
		await using machine = await create()
		await treeFile.write(machine.deviceTree())
		return {kind: 'dumped'}
	}
	if (translation.perfMap) say(`manyhart: perf map in ${perfMapPath()}`)
	const start = performance.now()
	// Created after the first machine, so that the terminal is not touched if that fails.
	let session: RunSession | undefined
	let running: CommandLineMachine | undefined
	const marks: Mark[] = []
	const onLine = (line: string) => {
		const seconds = (performance.now() - start) / 1000
		if (running) marks.push({line, seconds, statistics: running.statistics()})
	}
	const watcher = statsAt && new LineWatcher(statsAt, onLine)
	try {
		for (;;) {
			await using machine = await create()
			running = machine
			control?.serve(machine.agent)
			networks = concludeForwards(networks, {machine, say})
			session ??= new RunSession({terminal, signal, expect, watcher, input})
			const ending = await session.run(machine)
			if (traces.path !== undefined) concludeTrace(machine, {path: traces.path, say})
			if (rebooted(ending) && options.onReboot === 'start-again') continue
			if (digest && ending.kind === 'machine') say(`manyhart: digest ${await machine.digest()}`)
			await statisticsFile?.write(
				await statisticsReport(machine, {smp, memory, start}, {ending, ...(statsAt && {marks})}),
			)
			return ending
		}
	} finally {
		session?.[Symbol.dispose]()
	}
}

/** Says what the trace lacks. */
function concludeTrace(machine: CommandLineMachine, {path, say}: {path: string; say: (line: string) => void}): void {
	const {trace} = machine.statistics() as {trace?: TraceStatistics}
	if (!trace) return
	const {dropped, leftOut, cut, failure} = trace
	if (failure !== undefined) say(`manyhart: --trace ${path} is not whole: ${failure}`)
	const missing = [
		...(leftOut > 0 ? [`${leftOut} events above --trace-rate`] : []),
		...(cut > 0 ? [`${cut} events above --trace-size`] : []),
		...(dropped > 0 ? [`${dropped} events that this machine was too busy to write`] : []),
	]
	if (failure === undefined && missing.length > 0) say(`manyhart: --trace ${path} lacks ${missing.join(', ')}`)
}

function rebooted(ending: Ending): boolean {
	return ending.kind === 'machine' && ending.outcome.reason === 'reboot'
}

/** The device tree is written, and nothing has run. */
type Dumped = Readonly<{kind: 'dumped'}>

/** Statistics at a line of the console; the seconds are since the start. */
type Mark = Readonly<{line: string; seconds: number; statistics: unknown}>

type ConcludeOptions = Readonly<{options: RunOptions; say: (line: string) => void; signal: AbortSignal}>

/** Tells the user how the run ended. @returns the exit code. */
function conclude(ending: Ending | Dumped, {options: {expect, timeoutSeconds}, say, signal}: ConcludeOptions): number {
	const unmatched = (got: string) => say(`manyhart: Expected the console to match ${expect}, got ${got}`)
	switch (ending.kind) {
		case 'matched':
		case 'dumped':
			return exitCodes.success.code
		case 'timeout':
			if (expect) unmatched(`no match in ${timeoutSeconds} seconds`)
			else say(`manyhart: stopped after ${timeoutSeconds} seconds`)
			return exitCodes.timeout.code
		case 'quit':
			if (expect) unmatched('none before the user quit')
			return (expect ? exitCodes.failed : exitCodes.success).code
		case 'signal':
			return signal.reason instanceof SignalReceived ? signal.reason.exitCode : exitCodes.failure.code
		case 'machine': {
			const {reason, exitCode, message} = ending.outcome
			if (message !== undefined) say(`manyhart: ${message}`)
			if (reason === 'error') return exitCode || exitCodes.failure.code
			if (expect) unmatched(`none before the guest ended (${reason})`)
			return expect ? exitCode || exitCodes.failed.code : exitCode
		}
	}
}
