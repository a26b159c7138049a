/** The two sides of a comparison: this emulator and QEMU, with the same board, RAM and guest. */
import {existsSync} from 'node:fs'
import {expected} from '../../src/errors.ts'
import {BuildError, fromRoot} from '../build/project.ts'
import {type ConsoleOptions, type QemuRun, runConsole, runQemu} from '../guests/qemu.ts'

export type Boot = Readonly<{kernel: string; initrd?: string; append?: string; harts: number}>
export type Side = Readonly<{name: string; boot: (guest: Boot, options: ConsoleOptions) => Promise<QemuRun>}>

const memory = '1G'
const qemuProgram = 'qemu-system-riscv64'

export type Ours = Readonly<{
	/** The path of manyhart.js. */
	manyhart: string
	/** Further options of manyhart. */
	own: readonly string[]
}>

export function ourSide({manyhart, own}: Ours): Side {
	if (!existsSync(manyhart))
		throw manyhart === fromRoot('dist/manyhart.js')
			? new BuildError('Expected dist/manyhart.js; run: npm run build')
			: expected('--manyhart to be a file', manyhart)
	return {
		name: 'manyhart',
		boot: ({kernel, initrd, append, harts}, options) => {
			const parts = [
				'--kernel',
				kernel,
				...(initrd ? ['--initrd', initrd] : []),
				...(append ? ['--append', append] : []),
			]
			const machine = ['--smp', `${harts}`, '--memory', memory]
			return runConsole(process.execPath, [manyhart, 'run', ...machine, ...parts, ...own], options)
		},
	}
}

export const qemuSide: Side = {
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
