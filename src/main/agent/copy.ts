/** Copies files and folders between host and guest, as archives that the guest's tar reads and writes. */
import {realpath, stat} from 'node:fs/promises'
import {basename, dirname, posix, resolve} from 'node:path'
import {PassThrough} from 'node:stream'
import {create} from 'tar'
import type {AgentConnection} from '../../agent/index.ts'
import {UserError} from '../../errors.ts'
import {describeSystemError} from '../system-error.ts'
import {type ExecOptions, startCommand} from './guest-commands.ts'
import {unpack} from './unpack.ts'

/** Where a copy goes: the folder, and its name there. */
type Target = Readonly<{folder: string; name: string}>

/**
 * A link is followed if it is `from` itself; those below are copied.
 * @param from a path of the host. @param to a path of the guest: a folder that is there gets a copy within; else it is the
 * copy's own. @throws UserError if it cannot be copied.
 */
export async function copyIn(agent: AgentConnection, {from, to}: Readonly<{from: string; to: string}>): Promise<void> {
	const real = await realpath(from).catch((error) => {
		throw new UserError(`Expected a file or a folder to copy, got ${from}: ${describeSystemError(error)}`)
	})
	const [base, realBase] = [nameOf(resolve(from)), nameOf(real)]
	const isFolder = (await run(agent, ['test', '-d', to])).exitCode === 0
	const {folder, name} = targetOf(to, {isFolder, base})
	const renamed = (path: string) => name + path.replace(/^\.\//, '').slice(realBase.length)
	const others: string[] = []
	const archive = create(
		{
			cwd: dirname(real),
			filter: (path, found) => {
				const isCopied = 'isFile' in found && (found.isFile() || found.isDirectory() || found.isSymbolicLink())
				if (!isCopied) others.push(path)
				return isCopied
			},
			onWriteEntry: (entry) => {
				entry.path = renamed(entry.path)
				if (entry.type === 'Link' && entry.linkpath !== undefined) entry.linkpath = renamed(entry.linkpath)
			},
		},
		// A name may begin with `@`, which is an archive otherwise.
		[`./${realBase}`],
	)
	// A stream of Node's, which holds the archive up while the guest does not read.
	const bytes = new PassThrough()
	archive.on('error', (error) => bytes.destroy(error as Error))
	archive.pipe(bytes)
	const {exitCode, errors} = await run(agent, ['tar', '-xopf', '-', '-C', folder], {stdin: bytes}).catch((error) => {
		throw bytes.errored ? new UserError(`Expected to read ${from}, got: ${describeSystemError(bytes.errored)}`) : error
	})
	if (exitCode !== 0)
		throw new UserError(`Expected the guest to write ${to}, got: ${errors || `exit code ${exitCode}`}`)
	checkOthers(others)
}

/** The other way. */
export async function copyOut(agent: AgentConnection, {from, to}: Readonly<{from: string; to: string}>): Promise<void> {
	const followed = await run(agent, ['readlink', '-f', '--', from])
	const real = followed.exitCode === 0 ? followed.output.replace(/\n$/, '') : from
	const [base, realBase] = [nameOf(posix.resolve('/', from)), nameOf(real)]
	const isFolder = await stat(to).then(
		(found) => found.isDirectory(),
		() => false,
	)
	const {folder, name} = targetOf(to, {isFolder, base})
	await stat(folder).catch((error) => {
		throw new UserError(`Expected a folder for the copy, got ${folder}: ${describeSystemError(error)}`)
	})
	const command = startCommand(agent, {
		command: ['tar', '-cf', '-', '-C', posix.dirname(real), '--', realBase],
		cwd: '/',
		options: {},
	})
	const errors = textOf(command.stderr)
	// If the machine ends, the exit code says so.
	errors.catch(() => {})
	const [unpacked] = await Promise.allSettled([unpack(command.stdout, {folder, base: realBase, name})])
	const exitCode = await command.exitCode
	const reason = inOneLine(await errors)
	// The guest's reason goes first: without its file there is no archive either. It has none if its reader has gone away.
	if (exitCode !== 0 && (reason || unpacked.status === 'fulfilled'))
		throw new UserError(`Expected the guest to read ${from}, got: ${reason || `exit code ${exitCode}`}`)
	if (unpacked.status === 'rejected') throw new UserError(`Expected to write ${to}, got: ${unpacked.reason.message}`)
	checkOthers(unpacked.value)
}

/** @throws UserError if there is more than was copied. */
function checkOthers([first, ...rest]: readonly string[]): void {
	if (first === undefined) return
	const all = rest.length === 0 ? first : `${first} and ${rest.length} more`
	throw new UserError(`Expected files, folders and links, which have been copied, got ${all}: not a file`)
}

function nameOf(path: string): string {
	const name = posix.basename(path)
	if (name === '') throw new UserError(`Expected something in a folder to copy, got ${path}`)
	return name
}

function targetOf(to: string, {isFolder, base}: Readonly<{isFolder: boolean; base: string}>): Target {
	return isFolder ? {folder: to, name: base} : {folder: dirname(to), name: basename(to)}
}

type Ran = Readonly<{exitCode: number; output: string; errors: string}>

async function run(agent: AgentConnection, command: readonly string[], options: ExecOptions = {}): Promise<Ran> {
	const {stdout, stderr, exitCode} = startCommand(agent, {command, cwd: '/', options})
	const [output, errors] = await Promise.all([textOf(stdout), textOf(stderr)])
	return {exitCode: await exitCode, output, errors: inOneLine(errors)}
}

const mostText = 8192

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
	const pieces: Uint8Array[] = []
	let length = 0
	for await (const bytes of stream) {
		length += bytes.length
		if (length <= mostText) pieces.push(bytes)
	}
	return Buffer.concat(pieces).toString()
}

const inOneLine = (text: string) => text.trim().replace(/\s*\n\s*/g, '; ')
