/** The workloads compiled for the host: what a guest's curve can reach at most on the same cores. */
import {execFile} from 'node:child_process'
import {createHash, randomUUID} from 'node:crypto'
import {access, glob, readFile, rename, rm} from 'node:fs/promises'
import {join, sep} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {cacheFolder, makeFolder} from '../../main/guests/index.ts'

const run = promisify(execFile)

/** Tried in this order. */
const compilers = ['cc', 'gcc', 'clang'] as const
/** -ffp-contract: a compiler for a processor that fuses must round as the others do. */
const options = ['-std=gnu17', '-O2', '-ffp-contract=off', '-pthread'] as const
/** A program that needs nothing of the host's is what the guest runs; some hosts have no C library for it. */
const linkings: readonly (readonly string[])[] = [['-static'], []]
const architectures: readonly string[] = ['x64', 'arm64', 'riscv64']

/** Folders of test/guests that the program is compiled from; the guest's build lists the same. */
export const nativeSources = ['shared', 'linux', 'scale', 'scale-linux'] as const

export type NativeOptions = Readonly<{
	/** Where the folders of sources are. */
	sources?: string
	/** For the program. */
	cache?: string
	/** Programs in PATH, or paths. */
	compilers?: readonly string[]
	platform?: NodeJS.Platform
	arch?: string
	signal?: AbortSignal
}>

/** @property compiler the first line of what it says of its version. */
export type Native = Readonly<{program: string; compiler: string}> | Readonly<{program?: undefined; reason: string}>

/** Compiles the workloads, or finds what was compiled before from the same sources, by the same compiler. */
export async function nativeWorkloads(given: NativeOptions = {}): Promise<Native> {
	const {platform = process.platform, arch = process.arch, signal} = given
	if (platform !== 'linux') return {reason: `The workloads are for Linux, and this host runs ${platform}`}
	if (!architectures.includes(arch)) return {reason: `The workloads are not written for ${arch}`}
	const found = await findCompiler(given.compilers ?? compilers, signal)
	if (!found) return {reason: `No C compiler in PATH (${(given.compilers ?? compilers).join(', ')})`}
	const sources = given.sources ?? fileURLToPath(sourceFolder())
	const files = await sourceFiles(sources)
	if (files.length === 0) return {reason: `No sources of the workloads in ${sources}`}
	const folder = given.cache ?? join(cacheFolder(), 'scale')
	const program = join(folder, `scale-${await hashOf(sources, files, found.version)}`)
	if (await isThere(program)) return {program, compiler: found.version}
	await makeFolder(folder)
	const units = files.filter((file) => file.endsWith('.c')).map((file) => join(sources, file))
	let reason = ''
	for (const linking of linkings) {
		// Threads of a process may compile at once.
		const draft = `${program}.${randomUUID()}`
		try {
			await run(found.compiler, [...options, ...linking, ...units, '-o', draft], {...(signal && {signal})})
			await rename(draft, program)
			return {program, compiler: found.version}
		} catch (error) {
			signal?.throwIfAborted()
			await rm(draft, {force: true})
			reason ||= firstLines((error as {stderr?: string}).stderr || (error as Error).message)
		}
	}
	return {reason: `${found.compiler} cannot compile the workloads: ${reason}`}
}

/** In the package beside the bundle; otherwise where the guest's are. */
const sourceFolder = (): URL =>
	new URL(import.meta.url.endsWith('.ts') ? '../../../test/guests/' : 'scale-sources/', import.meta.url)

async function findCompiler(names: readonly string[], signal?: AbortSignal) {
	for (const compiler of names) {
		try {
			const {stdout} = await run(compiler, ['--version'], {...(signal && {signal})})
			return {compiler, version: stdout.split('\n')[0]!}
		} catch {
			signal?.throwIfAborted()
		}
	}
	return undefined
}

/** @returns their paths from the folder, in a fixed order. */
async function sourceFiles(folder: string): Promise<readonly string[]> {
	const files = await Array.fromAsync(glob(`{${nativeSources.join(',')}}/*.{c,h}`, {cwd: folder}))
	return files.map((file) => file.replaceAll(sep, '/')).toSorted()
}

async function hashOf(folder: string, files: readonly string[], compiler: string): Promise<string> {
	const hash = createHash('sha256').update(`${compiler}\n${options.join(' ')}\n`)
	for (const file of files) {
		const content = await readFile(join(folder, file))
		hash.update(`${file}:${content.length}:`).update(content)
	}
	return hash.digest('hex').slice(0, 16)
}

const firstLines = (text: string) => text.trim().split('\n').slice(0, 2).join('; ')

const isThere = (path: string): Promise<boolean> =>
	access(path).then(
		() => true,
		() => false,
	)
