/** The sides of a comparison: this emulator and a peer, QEMU or another build, with the same board, RAM and guest. */
import {existsSync} from 'node:fs'
import {type Boot, type ConsoleOptions, type ConsoleRun, qemuProgram, runConsole} from '../../src/bench/index.ts'
import {expected} from '../../src/errors.ts'
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
}>
export type Sides = Readonly<{
	ours: Side
	peer: Side
	/** The first line of QEMU's `--version`; undefined: the peer is another build. */
	qemu?: string
}>

/** @throws UserError for a file that is not there; BuildError without QEMU, or when the project is not built. */
export async function comparedSides({manyhart, against, own}: Compared): Promise<Sides> {
	const ours = buildSide('manyhart', {file: manyhart, option: '--manyhart', own})
	if (against === undefined) return {ours, peer: qemuSide, qemu: await qemuVersion()}
	return {ours, peer: buildSide('the other build', {file: against, option: '--against', own})}
}

/** A build of Manyhart. */
export function buildSide(
	name: string,
	{file, option, own}: Readonly<{file: string; option: string; own: readonly string[]}>,
): Side {
	if (!existsSync(file))
		throw file === fromRoot('dist/manyhart.js')
			? new BuildError('Expected dist/manyhart.js; run: npm run build')
			: expected(`${option} to be a file`, file)
	return {
		name,
		boot: ({kernel, initrd, append, harts, devices = []}, options) => {
			const parts = [
				'--kernel',
				kernel,
				...(initrd ? ['--initrd', initrd] : []),
				...(append ? ['--append', append] : []),
			]
			const machine = ['--smp', `${harts}`, '--memory', memory]
			return runConsole(process.execPath, [file, 'run', ...machine, ...devices, ...parts, ...own], options)
		},
	}
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
