/** `manyhart run`: boots a guest and stays with it until it ends. */
import {writeFile} from 'node:fs/promises'
import {exitCodes} from '../../exit-codes.ts'
import type {CommandLineMachine, CreateMachine, MachineOptions} from '../machine-interface.ts'
import {perfMapPath} from '../translation/index.ts'
import {chooseGuest} from './choose-guest.ts'
import type {GuestLibrary} from './guest-library.ts'
import type {Result} from './result.ts'
import type {RunOptions} from './run-options.ts'
import {type Ending, RunSession} from './run-session.ts'
import {EndingSignals, SignalReceived} from './signals.ts'
import {Terminal} from './terminal.ts'
import {readInput} from './typed-input.ts'

export type RunEnvironment = Readonly<{
	createMachine: CreateMachine
	guests: GuestLibrary
	/** By default the process's own. For tests. */
	terminal?: Terminal
}>

export async function runCommand(options: RunOptions, environment: RunEnvironment): Promise<Result> {
	using signals = new EndingSignals()
	using terminal = environment.terminal ?? new Terminal()
	const say = (line: string) => terminal.say(line)
	const input = options.input === undefined ? undefined : await readInput(options.input)
	const parts = await chooseGuest(options, {guests: environment.guests, say, signal: signals.signal})
	const {smp, memory, translation} = options
	const machineOptions = {smp, memory, ...parts, ...translation, signal: signals.signal}
	if (options.dumpdtb !== undefined) return dumpDeviceTree(options.dumpdtb, environment.createMachine, machineOptions)
	const {expect, timeoutSeconds} = options
	if (translation.perfMap) say(`manyhart: perf map in ${perfMapPath()}`)
	const start = performance.now()
	// Created after the first machine, so that the terminal is not touched if that fails.
	let session: RunSession | undefined
	try {
		for (;;) {
			await using machine = await environment.createMachine(machineOptions)
			session ??= new RunSession({terminal, signal: signals.signal, expect, timeoutSeconds, input})
			const ending = await session.run(machine)
			if (rebooted(ending) && options.onReboot === 'start-again') continue
			if (options.stats !== undefined) await writeStatistics(options.stats, {machine, ending, options, start})
			const exitCode = conclude(ending, {options, say, signal: signals.signal})
			return {exitCode, output: ending.kind === 'machine' || ending.kind === 'matched' ? 'all' : 'what is read soon'}
		}
	} finally {
		session?.[Symbol.dispose]()
	}
}

function rebooted(ending: Ending): boolean {
	return ending.kind === 'machine' && ending.outcome.reason === 'reboot'
}

async function dumpDeviceTree(path: string, createMachine: CreateMachine, options: MachineOptions): Promise<Result> {
	await using machine = await createMachine(options)
	await writeFile(path, machine.deviceTree())
	return {exitCode: exitCodes.success.code, output: 'all'}
}

type Statistics = Readonly<{machine: CommandLineMachine; ending: Ending; options: RunOptions; start: number}>

async function writeStatistics(path: string, {machine, ending, options, start}: Statistics): Promise<void> {
	const {smp, memory} = options
	const seconds = (performance.now() - start) / 1000
	const report = {smp, memory, seconds, ending, statistics: await machine.statistics()}
	// 64-bit counters become numbers: none reaches 2^53 in a run.
	const json = JSON.stringify(report, (_, value) => (typeof value === 'bigint' ? Number(value) : value), '\t')
	await writeFile(path, `${json}\n`)
}

type ConcludeOptions = Readonly<{options: RunOptions; say: (line: string) => void; signal: AbortSignal}>

/** Tells the user how the run ended. @returns the exit code. */
function conclude(ending: Ending, {options: {expect, timeoutSeconds}, say, signal}: ConcludeOptions): number {
	const unmatched = (got: string) => say(`manyhart: Expected the console to match ${expect}, got ${got}`)
	switch (ending.kind) {
		case 'matched':
			return exitCodes.success.code
		case 'timeout':
			if (expect) unmatched(`no match in ${timeoutSeconds} seconds`)
			else say(`manyhart: stopped after ${timeoutSeconds} seconds`)
			return exitCodes.timeout.code
		case 'quit':
			if (expect) unmatched('none before the user quit')
			return (expect ? exitCodes.unmatched : exitCodes.success).code
		case 'signal':
			return signal.reason instanceof SignalReceived ? signal.reason.exitCode : exitCodes.failure.code
		case 'machine': {
			const {reason, exitCode, message} = ending.outcome
			if (message !== undefined) say(`manyhart: ${message}`)
			if (reason === 'error') return exitCode || exitCodes.failure.code
			if (expect) unmatched(`none before the guest ended (${reason})`)
			return expect ? exitCode || exitCodes.unmatched.code : exitCode
		}
	}
}
