/** A command in a guest with this process's streams, terminal and signals. */
import {
	type AgentConnection,
	type ExitStatus,
	GuestProcess,
	isLinuxSignal,
	type TerminalSize,
} from '../../agent/index.ts'
import {expected, type UserError} from '../../errors.ts'
import {commandEnvironment} from '../agent/guest-commands.ts'
import {describeSystemError} from '../system-error.ts'
import type {CommandOptions} from './exec-options.ts'
import {commandSignals, echo, endingSignals, signalExitCode} from './signals.ts'
import {handleStdoutFailure} from './stdout-failure.ts'
import {Terminal} from './terminal.ts'

type Options = Readonly<{
	command: CommandOptions
	/** Where it runs if the options do not say. */
	cwd: string
	/** Says a line to the user. */
	say: (line: string) => void
}>

/** How it ended; `signal`: a second signal came. */
export type CommandEnd = Readonly<{exitCode: number; by: 'command' | 'signal'}>

/** @throws UserError if there is no terminal for `--tty`. */
export function checkTerminal({tty}: CommandOptions): void {
	if (tty && !process.stdin.isTTY) throw expected('a terminal as stdin for --tty', 'none')
}

/** Runs it until it ends. Rejects if the machine ends before. @throws UserError for a command that cannot be sent. */
export async function runCommandInGuest(connection: AgentConnection, options: Options): Promise<CommandEnd> {
	const {command, cwd, say} = options
	using cleanup = new DisposableStack()
	const size = command.tty ? terminalSize() : undefined
	const terminal = process.env.TERM === undefined ? {} : {TERM: process.env.TERM}
	const guest = new GuestProcess(connection, {
		command: command.command,
		env: commandEnvironment({...(size && terminal), ...command.env}, {hasTerminal: size !== undefined}),
		cwd: command.workdir ?? cwd,
		tty: size,
		hasStdin: true,
	})
	const second = passSignals(guest, cleanup)
	let failure: NodeJS.ErrnoException | undefined
	handleStdoutFailure((error) => {
		// The command learns of it as from a closed pipe.
		void guest.stdout.return()
		failure ??= error
	})
	if (size) attachTerminal(guest, cleanup)
	else attachInput(guest, cleanup)
	const shown = Promise.all([show(guest.stdout, process.stdout), show(guest.stderr, process.stderr)])
	// Whoever is told of the end of the machine is told by `exited`.
	shown.catch(() => {})
	const ended = await Promise.race([guest.exited, second])
	if (typeof ended === 'number') {
		guest.abandon()
		return {exitCode: ended, by: 'signal'}
	}
	await Promise.race([shown, second])
	return {exitCode: conclude(ended, {failure, say}), by: 'command'}
}

function conclude(
	{exitCode, failure}: ExitStatus,
	{failure: outputFailure, say}: Readonly<{failure: NodeJS.ErrnoException | undefined; say: (line: string) => void}>,
): number {
	if (failure !== undefined) say(`manyhart: ${failure}`)
	if (outputFailure?.code === 'EPIPE') return exitCode || signalExitCode('SIGPIPE')
	if (outputFailure) {
		const mistake: UserError = expected('to write to stdout', describeSystemError(outputFailure))
		say(`manyhart: ${mistake.message}`)
		return exitCode || mistake.exitCode
	}
	return exitCode
}

function terminalSize(): TerminalSize {
	const stream = [process.stdout, process.stderr].find(({isTTY}) => isTTY)
	return {rows: stream?.rows || 24, columns: stream?.columns || 80}
}

/** @returns what resolves with an exit code when a signal comes that is not to be passed on any more. */
function passSignals(guest: GuestProcess, cleanup: DisposableStack): Promise<number> {
	const second = Promise.withResolvers<number>()
	let first: number | undefined
	const pass = (signal: NodeJS.Signals) => {
		if (isLinuxSignal(signal)) guest.kill(signal)
	}
	const onSignal = (signal: NodeJS.Signals) => {
		const now = performance.now()
		if (first === undefined) {
			first = now
			pass(signal)
		} else if (now - first > echo) second.resolve(signalExitCode(signal))
	}
	const listeners = [
		...endingSignals.map((signal) => [signal, onSignal] as const),
		// What stops this process stops the machine with all that is in it; the command learns that it goes on.
		...[...commandSignals, 'SIGCONT' as const].map((signal) => [signal, pass] as const),
	]
	for (const [signal, listener] of listeners) process.on(signal, listener)
	cleanup.defer(() => {
		for (const [signal, listener] of listeners) process.off(signal, listener)
	})
	return second.promise
}

/** Keys go to the guest as they are, Ctrl-C among them. */
function attachTerminal(guest: GuestProcess, cleanup: DisposableStack): void {
	const terminal = cleanup.use(new Terminal())
	terminal.attach(async (bytes) => {
		await guest.write(bytes)
	})
	const resize = () => guest.resize(terminalSize())
	process.on('SIGWINCH', resize)
	cleanup.defer(() => process.off('SIGWINCH', resize))
}

/** Passes stdin on, no faster than the command reads it. */
function attachInput(guest: GuestProcess, cleanup: DisposableStack): void {
	const {stdin} = process
	let isOver = false
	let writing: Promise<boolean> = Promise.resolve(true)
	const onData = async (bytes: Buffer) => {
		stdin.pause()
		writing = guest.write(bytes)
		if ((await writing) && !isOver) stdin.resume()
	}
	// It may come while the last bytes still wait for room.
	const onEnd = async () => {
		await writing
		guest.end()
	}
	stdin.on('data', onData)
	stdin.once('end', onEnd)
	// A standard input that cannot be read (closed, or a folder) is empty.
	stdin.on('error', onEnd)
	cleanup.defer(() => {
		isOver = true
		stdin.off('data', onData)
		stdin.off('end', onEnd)
		stdin.pause()
	})
}

/** Writes what comes, no faster than it is read. */
async function show(bytes: AsyncIterable<Uint8Array>, stream: NodeJS.WriteStream): Promise<void> {
	for await (const piece of bytes) {
		if (stream.write(piece)) continue
		const {promise, resolve} = Promise.withResolvers<void>()
		const settle = () => resolve()
		stream.once('drain', settle).once('error', settle).once('close', settle)
		await promise
		stream.off('drain', settle).off('error', settle).off('close', settle)
	}
}
