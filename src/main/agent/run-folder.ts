/** The folder of the sockets by which running machines are reached by name. Only its owner can use it. */
import {lstat, mkdir, readdir} from 'node:fs/promises'
import {connect} from 'node:net'
import {tmpdir, userInfo} from 'node:os'
import {join} from 'node:path'
import {expected} from '../../errors.ts'
import {environmentVariables} from '../environment.ts'

const suffix = '.sock'
/** Of a Unix socket, without the zero at its end. Linux, unix(7). */
const mostPathBytes = 107
const namePattern = /^[A-Za-z0-9][\w.-]{0,63}$/

export function runFolder(): string {
	const own = process.env[environmentVariables.runtime.name]
	return own ? join(own, 'manyhart') : join(tmpdir(), `manyhart-${userInfo().uid}`)
}

/** @throws UserError unless the folder is there, or can be made, and nobody else can use it. */
export async function makeRunFolder(): Promise<string> {
	const folder = runFolder()
	await mkdir(folder, {recursive: true, mode: 0o700})
	const {uid, mode} = await lstat(folder)
	// In a folder that all may write to, another user may have made it.
	if (uid !== userInfo().uid || (mode & 0o077) !== 0)
		throw expected(`a folder that only its owner can use for sockets`, `${folder}, which belongs to user ${uid}`)
	return folder
}

/** @throws UserError for a name that no machine can have. */
export function socketPath(name: string): string {
	if (!namePattern.test(name))
		throw expected('a name of letters, digits, dots, dashes and underscores, at most 64 of them', JSON.stringify(name))
	const path = join(runFolder(), name + suffix)
	if (Buffer.byteLength(path) > mostPathBytes)
		throw expected(`a path of at most ${mostPathBytes} bytes for the machine's socket`, path)
	return path
}

/** Whether somebody listens. A machine that was killed leaves a socket without. */
export async function isAlive(path: string): Promise<boolean> {
	const {promise, resolve} = Promise.withResolvers<boolean>()
	const socket = connect(path)
	socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
	return await promise.finally(() => socket.destroy())
}

/** @returns the names of the machines that run. */
export async function runningMachines(): Promise<readonly string[]> {
	const folder = runFolder()
	const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith(suffix))
	const names = await Promise.all(
		files.map(async (file) => ((await isAlive(join(folder, file))) ? file.slice(0, -suffix.length) : undefined)),
	)
	return names.filter((name) => name !== undefined).sort()
}
