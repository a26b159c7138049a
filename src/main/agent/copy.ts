/** Copies files and folders between host and guest, as archives that the guest's tar reads and writes. */
import {once} from 'node:events'
import {mkdtemp, rename, rm, stat} from 'node:fs/promises'
import {basename, dirname, join, posix} from 'node:path'
import {PassThrough} from 'node:stream'
import {create, extract} from 'tar'
import type {AgentConnection} from '../../agent/index.ts'
import {UserError} from '../../errors.ts'
import {describeSystemError} from '../system-error.ts'
import {type ExecOptions, startCommand} from './guest-commands.ts'

/** Where a copy goes: the folder, and its name there. */
type Target = Readonly<{folder: string; name: string}>

/**
 * @param from a path of the host. @param to a path of the guest: a folder that is there gets a copy within; else it is the
 * copy's own. @throws UserError if it cannot be copied.
 */
export async function copyIn(agent: AgentConnection, {from, to}: Readonly<{from: string; to: string}>): Promise<void> {
	const base = basename(from)
	await stat(from).catch((error) => {
		throw new UserError(`Expected a file or a folder to copy, got ${from}: ${describeSystemError(error)}`)
	})
	const isFolder = (await run(agent, ['test', '-d', to])).exitCode === 0
	const target = targetOf(to, {isFolder, base})
	const archive = create(
		{
			cwd: dirname(from),
			portable: true,
			onWriteEntry: (entry) => {
				entry.path = target.name + entry.path.replace(/^\.\//, '').slice(base.length)
			},
		},
		// A name may begin with `@`, which is an archive otherwise.
		[`./${base}`],
	)
	// A stream of Node's, which holds the archive up while the guest does not read.
	const bytes: AsyncIterable<Uint8Array> = archive.pipe(new PassThrough())
	const {exitCode, errors} = await run(agent, ['tar', '-xof', '-', '-C', target.folder], {stdin: bytes})
	if (exitCode !== 0)
		throw new UserError(`Expected the guest to write ${to}, got: ${errors || `exit code ${exitCode}`}`)
}

/** The other way. */
export async function copyOut(agent: AgentConnection, {from, to}: Readonly<{from: string; to: string}>): Promise<void> {
	const base = posix.basename(from)
	const isFolder = await stat(to).then(
		(found) => found.isDirectory(),
		() => false,
	)
	const {folder, name} = targetOf(to, {isFolder, base})
	await stat(folder).catch((error) => {
		throw new UserError(`Expected a folder for the copy, got ${folder}: ${describeSystemError(error)}`)
	})
	// Under another name: aside first, since the guest's archive has its own.
	const aside = name === base ? undefined : await mkdtemp(join(folder, '.manyhart-copy-'))
	try {
		const command = startCommand(agent, {
			command: ['tar', '-cf', '-', '-C', posix.dirname(from), '--', base],
			cwd: '/',
			options: {},
		})
		const errors = textOf(command.stderr)
		const extracted = unpack(command.stdout, {folder: aside ?? folder, base})
		// The guest's reason goes first: without its file there is no archive either.
		extracted.catch(() => {})
		const exitCode = await command.exitCode
		if (exitCode !== 0)
			throw new UserError(`Expected the guest to read ${from}, got: ${(await errors) || `exit code ${exitCode}`}`)
		await extracted.catch((error: Error) => {
			throw new UserError(`Expected to write ${to}, got: ${error.message}`)
		})
		if (aside) await rename(join(aside, base), to)
	} finally {
		if (aside) await rm(aside, {recursive: true, force: true})
	}
}

/** The guest is not trusted: nothing is written beside `base`, and the package follows no link out of the folder. */
async function unpack(
	bytes: AsyncIterable<Uint8Array>,
	{folder, base}: Readonly<{folder: string; base: string}>,
): Promise<void> {
	const {promise, resolve, reject} = Promise.withResolvers<void>()
	promise.catch(() => {})
	const sink = extract({
		cwd: folder,
		preserveOwner: false,
		strict: true,
		filter: (path) => path === base || path.startsWith(`${base}/`),
	})
	sink.on('close', resolve)
	sink.on('error', reject)
	for await (const piece of bytes)
		if (!sink.write(Buffer.from(piece))) await Promise.race([promise, once(sink, 'drain')])
	sink.end()
	await promise
}

function targetOf(to: string, {isFolder, base}: Readonly<{isFolder: boolean; base: string}>): Target {
	return isFolder ? {folder: to, name: base} : {folder: dirname(to), name: basename(to)}
}

type Ran = Readonly<{exitCode: number; errors: string}>

async function run(agent: AgentConnection, command: readonly string[], options: ExecOptions = {}): Promise<Ran> {
	const {stdout, stderr, exitCode} = startCommand(agent, {command, cwd: '/', options})
	const [, errors] = await Promise.all([textOf(stdout), textOf(stderr)])
	return {exitCode: await exitCode, errors}
}

const mostText = 4096

/** @returns one line of it. */
async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
	let text = ''
	for await (const bytes of stream) if (text.length < mostText) text += Buffer.from(bytes).toString()
	return text.trim().replace(/\s*\n\s*/g, '; ')
}
