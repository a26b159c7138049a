/** Compiles one guest program: its own folder and the runtime, with the cross compiler, always to the same bytes. */
import {execFile} from 'node:child_process'
import {mkdir} from 'node:fs/promises'
import {dirname} from 'node:path'
import {promisify} from 'node:util'
import {BuildError, root} from '../build/project.ts'
import {sourcesOf} from './manifest.ts'

const compiler = 'riscv64-linux-gnu-gcc'
const run = promisify(execFile)

const language = ['-std=gnu17', '-O2', '-Wall', '-Wextra', '-Werror']
const target = ['-march=rv64gc', '-mabi=lp64d', '-mcmodel=medany', '-mno-relax']
// -fno-tree-loop-distribute-patterns: the compiler may not turn memset's own loop into a call of memset.
const freestanding = ['-ffreestanding', '-nostdlib', '-static', '-fno-pic', '-no-pie', '-fno-stack-protector']
const exact = ['-fno-tree-loop-distribute-patterns', '-Wl,--build-id=none', '-s']

/** @returns its first line of `--version`, or undefined when there is no such compiler. */
export async function compilerVersion(): Promise<string | undefined> {
	try {
		return (await run(compiler, ['--version'])).stdout.split('\n')[0]
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
		throw error
	}
}

export async function compileGuest(name: string, output: string): Promise<void> {
	const sources = (await sourcesOf(name)).filter((path) => /\.[cS]$/.test(path))
	await mkdir(dirname(output), {recursive: true})
	const script = ['-T', 'test/guests/runtime/guest.ld']
	const options = [...language, ...target, ...freestanding, ...exact, ...script, ...sources, '-o', output]
	try {
		await run(compiler, options, {cwd: root, env: {...process.env, LC_ALL: 'C', SOURCE_DATE_EPOCH: '0'}})
	} catch (error) {
		throw new BuildError(`${name}: ${(error as {stderr?: string}).stderr ?? error}`)
	}
}
