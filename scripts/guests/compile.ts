/** Compiles one guest program with the cross compiler, reproducibly. */
import {execFile} from 'node:child_process'
import {createHash} from 'node:crypto'
import {mkdir, readFile} from 'node:fs/promises'
import {dirname} from 'node:path'
import {promisify} from 'node:util'
import type {GuestProgram} from '../../test/guests/guests.ts'
import {BuildError, root} from '../build/project.ts'
import {sourcesOf} from './manifest.ts'

const compiler = 'riscv64-linux-gnu-gcc'
const run = promisify(execFile)

const language = ['-std=gnu17', '-O2', '-Wall', '-Wextra', '-Werror']
const target = ['-march=rv64gc', '-mabi=lp64d', '-mcmodel=medany', '-mno-relax']
// -fno-tree-loop-distribute-patterns: memset's own loop must not become a call of memset.
const freestanding = ['-ffreestanding', '-nostdlib', '-fno-stack-protector']
const withFirmware = 'test/guests/runtime/guest.ld'
const placed = ['-static', '-fno-pic', '-no-pie']
const exact = ['-fno-tree-loop-distribute-patterns', '-Wl,--build-id=none', '-s']

/**
 * @returns what determines the bytes: the first line of the compiler's `--version`, and for a program that is linked
 * with the C library also that library's hash. Undefined when either is not installed.
 */
export async function compilerVersion({
	on,
	hasNoLibrary,
}: Pick<GuestProgram, 'on' | 'hasNoLibrary'>): Promise<string | undefined> {
	try {
		const [version] = (await run(compiler, ['--version'])).stdout.split('\n')
		if (on === 'bare metal' || hasNoLibrary) return version
		const library = (await run(compiler, ['-print-file-name=libc.a'])).stdout.trim()
		const hash = createHash('sha256').update(await readFile(library))
		return `${version}, libc.a ${hash.digest('hex').slice(0, 16)}`
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
		throw error
	}
}

export async function compileGuest(program: GuestProgram, output: string): Promise<void> {
	const sources = (await sourcesOf(program)).filter((path) => /\.[cS]$/.test(path))
	await mkdir(dirname(output), {recursive: true})
	const isBare = program.on === 'bare metal'
	const script = isBare ? ['-T', program.withoutFirmware ?? withFirmware] : []
	const own = [...(isBare || program.hasNoLibrary ? freestanding : []), ...script]
	const options = [...language, ...target, ...own, ...placed, ...exact, ...sources, '-o', output]
	try {
		await run(compiler, options, {cwd: root, env: {...process.env, LC_ALL: 'C', SOURCE_DATE_EPOCH: '0'}})
	} catch (error) {
		throw new BuildError(`${program.name}: ${(error as {stderr?: string}).stderr ?? error}`)
	}
}
