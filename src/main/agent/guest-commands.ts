/** Commands in a guest, as the library and the command line start them. */
import {
	type AgentConnection,
	type ExitStatus,
	GuestProcess,
	isLinuxSignal,
	type TerminalSize,
} from '../../agent/index.ts'
import {expected} from '../../errors.ts'

/** What a command reads: nothing, by default. */
export type CommandInput = string | Uint8Array | AsyncIterable<string | Uint8Array>

export type ExecOptions = Readonly<{
	stdin?: CommandInput
	/** Variables beside PATH, HOME and the like; undefined takes one away. */
	env?: Readonly<Record<string, string | undefined>>
	/** A folder of the guest; by default the first of the machine's shares that it has mounted, or else `/root`. */
	cwd?: string
	/** Gives it a terminal of this size: then its stderr is part of stdout. */
	tty?: TerminalSize
	/** Ends the command by SIGTERM when aborted, and after five seconds by SIGKILL. Before the command runs, exec() rejects. */
	signal?: AbortSignal
}>

/** A command that runs in a guest. */
export type GuestCommand = Readonly<{
	stdout: AsyncIterable<Uint8Array>
	stderr: AsyncIterable<Uint8Array>
	/**
	 * As in shells: 128 + n if signal n ended it, 127 if there is no such command, 126 if it cannot be run. Rejects if the machine
	 * ends before, and with what its stdin throws: then SIGTERM ends the command.
	 */
	exitCode: Promise<number>
	/** Sends a signal, such as SIGINT, to the command and those that it has started. */
	kill(signal?: string): void
	resize(size: TerminalSize): void
}>

const usualEnvironment: Readonly<Record<string, string>> = {
	PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
	HOME: '/root',
	USER: 'root',
	LOGNAME: 'root',
	SHELL: '/bin/sh',
}

/** @returns the environment of a command, with what the user adds and takes away. */
export function commandEnvironment(
	own: Readonly<Record<string, string | undefined>>,
	{hasTerminal}: Readonly<{hasTerminal: boolean}>,
): Record<string, string> {
	const all = {...usualEnvironment, ...(hasTerminal && {TERM: 'xterm'}), ...own}
	for (const name of Object.keys(own))
		if (name === '' || name.includes('=')) throw expected('the name of a variable', JSON.stringify(name))
	return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** Milliseconds from SIGTERM to SIGKILL. */
const grace = 5000

/** @param cwd where the command runs if the options do not say. @throws UserError for a command that cannot be sent. */
export function startCommand(
	connection: AgentConnection,
	{command, cwd, options}: Readonly<{command: readonly string[]; cwd: string; options: ExecOptions}>,
): GuestCommand {
	if (!Array.isArray(command) || command.length === 0 || command.some((word) => typeof word !== 'string'))
		throw expected('a command as an array of texts', JSON.stringify(command))
	const {stdin, tty, signal} = options
	const process = new GuestProcess(connection, {
		command,
		env: commandEnvironment(options.env ?? {}, {hasTerminal: tty !== undefined}),
		cwd: options.cwd ?? cwd,
		tty,
		hasStdin: stdin !== undefined,
	})
	const fed = Promise.withResolvers<never>()
	if (stdin !== undefined) feed(process, stdin).catch(fed.reject)
	const exitCode = Promise.race([process.exited.then(({exitCode: code}: ExitStatus) => code), fed.promise])
	exitCode.catch(() => {})
	if (signal) endOn(signal, process)
	return {
		stdout: process.stdout,
		stderr: process.stderr,
		exitCode,
		kill: (name = 'SIGTERM') => {
			if (!isLinuxSignal(name)) throw expected('a signal such as SIGTERM', name)
			process.kill(name)
		},
		resize: (size) => process.resize(size),
	}
}

async function feed(process: GuestProcess, stdin: CommandInput): Promise<void> {
	const pieces = typeof stdin === 'string' || stdin instanceof Uint8Array ? [stdin] : stdin
	try {
		for await (const piece of pieces)
			if (!(await process.write(typeof piece === 'string' ? Buffer.from(piece) : piece))) return
	} catch (error) {
		// Before the end of its input, which it could take for all of it.
		process.kill('SIGTERM')
		throw error
	} finally {
		process.end()
	}
}

function endOn(signal: AbortSignal, process: GuestProcess): void {
	let timer: NodeJS.Timeout | undefined
	const abort = () => {
		process.kill('SIGTERM')
		timer = setTimeout(() => process.kill('SIGKILL'), grace)
		timer.unref()
	}
	signal.addEventListener('abort', abort, {once: true})
	if (signal.aborted) abort()
	const done = () => {
		signal.removeEventListener('abort', abort)
		clearTimeout(timer)
	}
	process.exited.then(done, done)
}
