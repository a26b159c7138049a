/** `manyhart ssh` and `manyhart cp`: a shell, commands and files of a machine that another process runs, by its name. */
import type {AgentConnection} from '../../agent/index.ts'
import {expected, isUserError, UserError} from '../../errors.ts'
import {exitCodes} from '../../exit-codes.ts'
import {connectToMachine} from '../agent/control-client.ts'
import {copyIn, copyOut} from '../agent/copy.ts'
import {homeFolder} from '../agent/machine-agent.ts'
import {afterRunning} from '../running-time.ts'
import {checkTerminal, runCommandInGuest} from './command-session.ts'
import {checkCommandOptions, type RawSshOptions} from './exec-options.ts'
import type {Result} from './result.ts'

/** Seconds that a guest that still boots gets. */
const readyLimit = 300
/** Bash, where the guest has it. */
const shell = ['/bin/sh', '-c', 'command -v bash >/dev/null && exec bash -l; exec sh -l']

/** @param words as ssh takes them: joined, and run by a shell; none: an interactive shell. @throws UserError */
export async function sshCommand(name: string, words: readonly string[], raw: RawSshOptions): Promise<Result> {
	const isShell = words.length === 0
	const tty = raw.tty ?? (isShell && process.stdin.isTTY === true)
	const command = checkCommandOptions(isShell ? shell : ['/bin/sh', '-c', words.join(' ')], {...raw, tty})
	checkTerminal(command)
	using remote = await connectToMachine(name)
	await untilReady(name, remote.agent)
	const say = (line: string) => void process.stderr.write(`${line}\n`)
	const running = runCommandInGuest(remote.agent, {command, cwd: homeFolder, say})
	const {exitCode} = await running.catch((error: Error) => {
		throw new UserError(
			`Expected ${name} to go on until the command ends, got: ${error.message}`,
			exitCodes.guestStuck.code,
		)
	})
	return {exitCode, output: 'all'}
}

/** @throws UserError unless one of both is NAME:PATH. */
export async function copyCommand(from: string, to: string): Promise<Result> {
	const [source, target] = [placeOf(from), placeOf(to)]
	if ((source.machine === undefined) === (target.machine === undefined))
		throw expected('one path here and one as NAME:PATH in a machine', `${from} and ${to}`)
	const name = (source.machine ?? target.machine)!
	using remote = await connectToMachine(name)
	await untilReady(name, remote.agent)
	const paths = {from: source.path, to: target.path}
	await (source.machine === undefined ? copyIn : copyOut)(remote.agent, paths).catch((error: Error) => {
		if (isUserError(error)) throw error
		throw new UserError(
			`Expected ${name} to go on until all is copied, got: ${error.message}`,
			exitCodes.guestStuck.code,
		)
	})
	return {exitCode: exitCodes.success.code, output: 'all'}
}

/** As scp has it: what has a slash before its colon is a path here. Without a path: the home folder. */
function placeOf(text: string): Readonly<{machine?: string; path: string}> {
	const {machine, path} = /^(?<machine>[^/:]+):(?<path>.*)$/s.exec(text)?.groups ?? {}
	if (machine === undefined) return {path: text}
	return {machine, path: path!.startsWith('/') ? path! : `${homeFolder}/${path}`.replace(/\/$/, '')}
}

async function untilReady(name: string, agent: AgentConnection): Promise<void> {
	const late = Promise.withResolvers<never>()
	const fail = (got: string) =>
		late.reject(
			new UserError(`Expected the agent in the guest of ${name} to answer, got ${got}`, exitCodes.guestStuck.code),
		)
	using _limit = afterRunning(readyLimit * 1000, () => fail(`nothing in ${readyLimit} seconds`))
	agent.ready.catch((error: Error) => fail(error.message))
	await Promise.race([agent.ready.catch(() => late.promise), late.promise])
}
