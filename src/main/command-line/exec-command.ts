/** `manyhart exec`: boots a guest, runs a command in it, and powers it off. */
import {relative, resolve} from 'node:path'
import type {AgentConnection} from '../../agent/index.ts'
import {isUserError, UserError} from '../../errors.ts'
import {exitCodes} from '../../exit-codes.ts'
import {type SharePlace, setUpGuest, sharePlaces} from '../agent/guest-setup.ts'
import {homeFolder} from '../agent/machine-agent.ts'
import {OpenDrives} from '../drives.ts'
import {translationsFolder} from '../guests/index.ts'
import type {CommandLineMachine, MachineOutcome} from '../machine-interface.ts'
import type {NetworkOptions} from '../network-devices.ts'
import {afterRunning} from '../running-time.ts'
import {untilAborted} from '../until-aborted.ts'
import type {BootParts} from './choose-guest.ts'
import {checkTerminal, runCommandInGuest} from './command-session.ts'
import {ConsoleTail} from './console-tail.ts'
import type {ExecCommandOptions} from './exec-options.ts'
import {describeFailure} from './failure.ts'
import {fetchWithProgress} from './fetch-progress.ts'
import {guestDrives} from './guest-drives.ts'
import {OutputFile} from './output-file.ts'
import {beginPorts} from './port-options.ts'
import type {Result} from './result.ts'
import type {RunEnvironment} from './run-command.ts'
import {commandSignals, EndingSignals, endingSignals} from './signals.ts'
import {statisticsReport} from './statistics-report.ts'
import {TimeLimit, TimePassed} from './time-limit.ts'

const defaultGuest = 'debian'
/** Milliseconds that the guest gets to power off. */
const powerOffLimit = 20_000
/** Milliseconds from the end of the agent until that of the guest, if that is why. */
const endLimit = 10_000

export async function execCommand(options: ExecCommandOptions, environment: RunEnvironment): Promise<Result> {
	checkTerminal(options.command)
	using limit = new TimeLimit(options.run.timeoutSeconds)
	const say = (line: string) => void process.stderr.write(`${line}\n`)
	for (const warning of options.run.warnings) say(`manyhart: warning: ${warning}`)
	try {
		return {exitCode: await bootAndRun(options, {...environment, say, limit: limit.signal}), output: 'all'}
	} catch (error) {
		if (!(error instanceof TimePassed)) throw error
		say(`manyhart: stopped after ${options.run.timeoutSeconds} seconds`)
		return {exitCode: exitCodes.timeout.code, output: 'what is read soon'}
	}
}

type Run = RunEnvironment & Readonly<{say: (line: string) => void; limit: AbortSignal}>

async function bootAndRun(options: ExecCommandOptions, run: Run): Promise<number> {
	const {say, limit, createMachine} = run
	const {smp, memory, shares, networks = [], overlay, snapshot, translation, virtioMmioVersion} = options.run
	// Until the command runs; then signals are the command's.
	using signals = new EndingSignals([...endingSignals, ...commandSignals])
	const signal = AbortSignal.any([signals.signal, limit])
	const start = performance.now()
	await using opened = new AsyncDisposableStack()
	const {stats} = options.run
	const statisticsFile =
		stats === undefined ? undefined : opened.use(await untilAborted(signal, OutputFile.open('--stats', stats)))
	const {drives: ownDrives = [], networks: _, ...parts} = await guestParts(options, {...run, signal})
	// That what a command writes to the guest's own disk is gone at the end is what exec is for.
	const guestDisks = await untilAborted(signal, guestDrives(ownDrives, {overlay, snapshot, say: () => {}}))
	const drives = [...guestDisks, ...options.run.drives]
	const openDrives = opened.use(await untilAborted(signal, OpenDrives.open(drives)))
	for (const warning of openDrives.warnings) say(`manyhart: warning: ${warning}`)
	const ports = await untilAborted(signal, beginPorts(options.run.ports))
	const machineOptions = {
		smp,
		memory,
		...parts,
		...translation,
		...(options.run.keepsTranslations && {translationCache: translationsFolder()}),
		...(drives.length > 0 && {drives}),
		...(shares.length > 0 && {shares}),
		...(ports.length > 0 && {ports}),
		...(options.run.balloon && {balloon: options.run.balloon}),
		...(virtioMmioVersion && {virtioMmioVersion}),
		agent: 'alone' as const,
	}
	await using machine = await untilAborted(signal, createMachine(machineOptions, openDrives, networks))
	const writeStatistics = async (exitCode: number) =>
		await statisticsFile?.write(await statisticsReport(machine, {smp, memory, start}, {exitCode}))
	const exitCode = await runInMachine(machine, options, {networks, signals, signal, limit, say}).catch(
		async (error) => {
			// However it has ended, there is a machine to ask.
			await writeStatistics(exitCodeOf(error)).catch((failure) => say(describeFailure(failure).line))
			throw error
		},
	)
	await writeStatistics(exitCode)
	return exitCode
}

const exitCodeOf = (error: unknown): number =>
	error instanceof TimePassed ? exitCodes.timeout.code : describeFailure(error).exitCode

type MachineRun = Pick<Run, 'say' | 'limit'> &
	Readonly<{
		networks: readonly NetworkOptions[]
		/** Those until the command runs, and the abort that they or the limit cause. */
		signals: EndingSignals
		signal: AbortSignal
	}>

/** @returns the command's exit code, once the guest is off. @throws why the command does not end by itself. */
async function runInMachine(
	machine: CommandLineMachine,
	options: ExecCommandOptions,
	{networks, signals, signal, limit, say}: MachineRun,
): Promise<number> {
	const tail = new ConsoleTail(machine.console, {shows: options.showsConsole})
	const over = machine.run().then(async (outcome) => {
		await tail.ended
		throw endOfGuest(outcome, tail)
	})
	over.catch(() => {})
	const agent = machine.agent!
	const before = <Value>(work: Promise<Value>) => beforeEnd(work, over)
	await untilAborted(signal, before(untilReady(agent, options, tail)))
	const places = sharePlaces(options.run.shares)
	const mounted = await untilAborted(signal, before(setUpGuest(agent, {places, networks})))
	signals[Symbol.dispose]()
	const {command} = options
	const running = runCommandInGuest(agent, {command, cwd: folderIn(places, mounted), say})
	const {exitCode, by} = await untilAborted(limit, before(running))
	if (by === 'command') await powerOff(agent, over)
	return exitCode
}

async function guestParts(
	{run: {guest, parts}}: ExecCommandOptions,
	{guests, signal}: Run & Readonly<{signal: AbortSignal}>,
): Promise<BootParts> {
	if (guest === undefined && parts.kernel !== undefined) return parts
	const name = guest ?? defaultGuest
	if (guest === undefined) await fetchWithProgress(name, {guests, signal})
	return {...(await guests.resolveGuest(name)), ...parts}
}

/** @throws UserError if the agent does not answer in time. */
async function untilReady(
	agent: AgentConnection,
	{bootTimeoutSeconds}: ExecCommandOptions,
	tail: ConsoleTail,
): Promise<void> {
	const late = Promise.withResolvers<never>()
	using _limit = afterRunning(bootTimeoutSeconds * 1000, () =>
		late.reject(
			new UserError(
				`Expected the guest to be ready within ${bootTimeoutSeconds} seconds (--boot-timeout), got no answer of its agent${tail.lines()}`,
				exitCodes.guestStuck.code,
			),
		),
	)
	await Promise.race([agent.ready, late.promise])
}

/** @returns where this process's folder is in the guest, if it is shared; else the first folder that is. */
function folderIn(places: readonly SharePlace[], mounted: readonly string[]): string {
	for (const [index, {path}] of places.entries()) {
		const below = relative(path, process.cwd())
		if (below !== '..' && !below.startsWith('../')) return resolve(mounted[index]!, below)
	}
	return mounted[0] ?? homeFolder
}

/** The agent is the first to tell of the end of a guest, which knows more of it. @throws why the guest has ended. */
async function beforeEnd<Value>(work: Promise<Value>, over: Promise<never>): Promise<Value> {
	try {
		return await Promise.race([over, work])
	} catch (error) {
		if (isUserError(error)) throw error
		const stillRuns = Promise.withResolvers<void>()
		using _limit = afterRunning(endLimit, stillRuns.resolve)
		await Promise.race([over, stillRuns.promise])
		throw new UserError(
			`Expected the agent in the guest to go on until the command ends, got: ${(error as Error).message}`,
			exitCodes.guestStuck.code,
		)
	}
}

/** The guest has ended before the command did. */
function endOfGuest({reason, exitCode, message}: MachineOutcome, tail: ConsoleTail): UserError {
	if (reason === 'error') return new UserError(message ?? 'the machine has failed', exitCode || exitCodes.failure.code)
	const how = {reboot: 'it reboots', 'power-off': 'it has powered off', exit: `it has exited with ${exitCode}`} as const
	const got = reason === 'stopped' || reason === 'aborted' ? 'the machine was stopped' : how[reason]
	return new UserError(
		`Expected the guest to go on until the command ends, got: ${got}${tail.lines()}`,
		exitCodes.guestStuck.code,
	)
}

/** What the guest wrote reaches its disks. Whoever disposes of the machine stops one that does not power off in time. */
async function powerOff(agent: AgentConnection, over: Promise<never>): Promise<void> {
	const late = Promise.withResolvers<void>()
	using _limit = afterRunning(powerOffLimit, late.resolve)
	agent.powerOff()
	await Promise.race([over.catch(() => {}), late.promise])
}
