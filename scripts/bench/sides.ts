/** The sides of a comparison: this emulator and a peer, QEMU or another build, with the same board, RAM and guest. */
import {existsSync, mkdtempSync, rmSync} from 'node:fs'
import {mkdtempDisposable} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type Boot, type ConsoleOptions, type ConsoleRun, qemuProgram, runConsole} from '../../src/bench/index.ts'
import {expected} from '../../src/errors.ts'
import {environmentVariables} from '../../src/main/environment.ts'
import {BuildError, fromRoot} from '../build/project.ts'
import {runQemu} from '../guests/qemu.ts'

export type Side = Readonly<{name: string; boot: (guest: Boot, options: ConsoleOptions) => Promise<ConsoleRun>}>

const memory = '1G'

export type Compared = Readonly<{
	/** The path of manyhart.js. */
	manyhart: string
	/** The path of another build's manyhart.js, in QEMU's place. */
	against?: string
	/** Further options of manyhart, for both builds. */
	own: readonly string[]
	/** Whether runs have what earlier ones have translated. By default each has an empty cache folder. */
	warm?: boolean
}>
export type Sides = Readonly<{
	ours: Side
	peer: Side
	/** The first line of QEMU's `--version`; undefined: the peer is another build. */
	qemu?: string
}>

/** @throws UserError for a file that is not there; BuildError without QEMU, or when the project is not built. */
export async function comparedSides({manyhart, against, own, warm = false}: Compared): Promise<Sides> {
	const ours = buildSide('manyhart', {file: manyhart, option: '--manyhart', own, warm})
	if (against === undefined) return {ours, peer: qemuSide, qemu: await qemuVersion()}
	return {ours, peer: buildSide('the other build', {file: against, option: '--against', own, warm})}
}

/** A build of Manyhart. */
export function buildSide(
	name: string,
	{file, option, own, warm}: Readonly<{file: string; option: string; own: readonly string[]; warm?: boolean}>,
): Side {
	if (!existsSync(file))
		throw file === fromRoot('dist/manyhart.js')
			? new BuildError('Expected dist/manyhart.js; run: npm run build')
			: expected(`${option} to be a file`, file)
	const kept = warm ? keptFolder() : undefined
	return {
		name,
		boot: async ({kernel, initrd, append, harts, devices = []}, options) => {
			const parts = [
				'--kernel',
				kernel,
				...(initrd ? ['--initrd', initrd] : []),
				...(append ? ['--append', append] : []),
			]
			const machine = ['--smp', `${harts}`, '--memory', memory]
			await using empty = kept === undefined ? await mkdtempDisposable(folderPrefix) : undefined
			const environment = {[environmentVariables.cache.name]: kept ?? empty!.path}
			const args = [file, 'run', ...machine, ...devices, ...parts, ...own]
			return await runConsole(process.execPath, args, {...options, environment})
		},
	}
}

const folderPrefix = join(tmpdir(), 'manyhart-bench-')

/** @returns a new folder for all runs of a build, which is removed at the end. */
function keptFolder(): string {
	const folder = mkdtempSync(folderPrefix)
	process.on('exit', () => rmSync(folder, {recursive: true, force: true}))
	return folder
}

const qemuSide: Side = {
	name: 'QEMU',
	boot: (guest, options) => runQemu({...guest, memory, ...options}),
}

/** @returns the first line of QEMU's `--version`. @throws BuildError when it is not installed. */
export async function qemuVersion(): Promise<string> {
	try {
		const {console} = await runConsole(qemuProgram, ['--version'], {timeoutSeconds: 10})
		return console.split('\n')[0]!
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
		throw new BuildError(`Expected ${qemuProgram} on this machine (Debian package qemu-system-misc)`)
	}
}
