/** A redis-server for tests, on loopback: the one in PATH, or Debian's package for this host, fetched into the user's cache by apt. */
import {type ChildProcess, execFile, spawn} from 'node:child_process'
import {access, constants, glob, mkdir, readdir, rename, rm} from 'node:fs/promises'
import {createServer} from 'node:net'
import {delimiter, dirname, join} from 'node:path'
import {promisify} from 'node:util'
import {Redis} from 'ioredis'
import {Apt} from '../../../src/main/guests/apt.ts'
import {findDebianMirror} from '../../../src/main/guests/apt-mirror.ts'
import {cacheFolder} from '../../../src/main/guests/cache-folder.ts'
import {acquireFetchLock} from '../../../src/main/guests/fetch-lock.ts'
import {eventually} from '../../support/eventually.ts'

const run = promisify(execFile)

type Command = readonly [program: string, ...args: string[]]

/** @param path where programs are looked for. @returns how it is started. @throws Error if it is not installed and cannot be fetched. */
export async function findRedisServer(path: string = process.env.PATH ?? ''): Promise<Command> {
	for (const folder of path.split(delimiter).filter(Boolean)) {
		const file = join(folder, 'redis-server')
		const isThere = await access(file, constants.X_OK).then(
			() => true,
			() => false,
		)
		if (isThere) return [file]
	}
	return await fetchedRedisServer()
}

/** What sets the package up on a system, which ours is not. */
const leftOut: ReadonlySet<string> = new Set(['adduser', 'init-system-helpers', 'lsb-base', 'sysvinit-utils'])

/** Its packages are unpacked in a folder; it is started by that folder's loader with that folder's libraries. */
async function fetchedRedisServer(): Promise<Command> {
	const folder = join(cacheFolder(), 'test', 'redis-server')
	await using _ = await acquireFetchLock({folder})
	const isThere = await access(folder).then(
		() => true,
		() => false,
	)
	if (!isThere) await fetchInto(folder)
	const [loader] = await Array.fromAsync(glob('{,usr/}{lib64,lib,lib/*-linux-gnu}/ld-linux-*.so.*', {cwd: folder}))
	if (loader === undefined) throw new Error(`Expected a loader in ${folder}, got none`)
	const libraries = await Array.fromAsync(glob('{,usr/}lib/*-linux-gnu/{,*/}lib*.so*', {cwd: folder}))
	const folders = [...new Set(libraries.map((file) => join(folder, dirname(file))))]
	// A link in the package redis-server to a program in redis-tools.
	return [
		join(folder, loader),
		'--library-path',
		folders.join(':'),
		'--argv0',
		'redis-server',
		join(folder, 'usr/bin/redis-server'),
	]
}

async function fetchInto(folder: string): Promise<void> {
	const architecture = (await run('dpkg', ['--print-architecture'])).stdout.trim()
	const mirror = await findDebianMirror(undefined)
	const aptFolder = `${folder}.apt`
	const apt = await Apt.create({folder: aptFolder, mirror, suite: 'trixie', architecture})
	await apt.update({onProgress: () => {}})
	const names = await apt.needed(['redis-server', 'redis-tools'], {without: leftOut})
	const packages = await apt.download(names, {onProgress: () => {}})
	const draft = `${folder}.draft`
	await mkdir(draft, {recursive: true})
	for (const file of (await readdir(packages)).filter((name) => name.endsWith('.deb')))
		await run('dpkg-deb', ['--extract', join(packages, file), draft])
	await rename(draft, folder)
	await rm(aptFolder, {recursive: true})
}

/** @returns a port of loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
	const server = createServer()
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
	const {port} = server.address() as {port: number}
	await new Promise((resolve) => server.close(resolve))
	return port
}

export class RedisServer implements AsyncDisposable {
	readonly port: number
	readonly #command: Command
	readonly #folder: string
	readonly #password: string | undefined
	#child: ChildProcess | undefined

	/** @param folder keeps what it writes, over its restarts. */
	constructor({command, folder, port, password}: {command: Command; folder: string; port: number; password?: string}) {
		this.#command = command
		this.#folder = folder
		this.port = port
		this.#password = password
	}

	get address(): string {
		return `redis://${this.#password === undefined ? '' : `:${this.#password}@`}127.0.0.1:${this.port}`
	}

	/** Resolves when it answers. */
	async start(): Promise<void> {
		const [program, ...args] = this.#command
		const options = {
			...{'--port': `${this.port}`, '--bind': '127.0.0.1', '--dir': this.#folder},
			...{'--appendonly': 'yes', '--save': ''},
			...(this.#password !== undefined && {'--requirepass': this.#password}),
		}
		this.#child = spawn(program, [...args, ...Object.entries(options).flat()], {stdio: 'ignore'})
		await eventually(() => this.#answers(), `redis-server to answer at ${this.port}`)
	}

	async #answers(): Promise<boolean> {
		const client = new Redis(this.address, {lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0})
		client.on('error', () => {})
		try {
			await client.connect()
			return (await client.ping()) === 'PONG'
		} catch {
			return false
		} finally {
			client.disconnect()
		}
	}

	/** It answers nobody until it is continued. */
	pause(): void {
		this.#child?.kill('SIGSTOP')
	}

	/** Ends it at once, as a crash of the machine's process would. */
	async kill(): Promise<void> {
		const child = this.#child
		this.#child = undefined
		if (!child || child.exitCode !== null || child.signalCode !== null) return
		const ended = new Promise((resolve) => child.once('exit', resolve))
		child.kill('SIGKILL')
		await ended
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.kill()
	}
}
