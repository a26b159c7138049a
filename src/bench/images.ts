/** Boot images: the Debian guest with the programs in its initramfs, or the programs on bare metal. */
import {readFile, writeFile} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {expected} from '../errors.ts'
import {type CpioEntry, packCpio, resolveGuest} from '../main/guests/index.ts'
import {benchPath} from './files.ts'
import {elfWithParameters} from './guest-parameters.ts'

export type Boot = Readonly<{
	kernel: string
	initrd?: string
	append?: string
	harts: number
	/** Options that name further devices, spelled as both this command line and QEMU's have them. */
	devices?: readonly string[]
}>

export type ImageOptions = Readonly<{
	/** For temporary files. */
	folder: string
	harts: number
	copies: number
	/** Per second: wake-ups of another process on each hart; on bare metal, TLB flushes. */
	beats: number
	/** Multiple of the usual work. */
	scale: number
}>
export type Image = Readonly<{
	boot: Boot
	/** The programs that it runs, in order. */
	programs: readonly string[]
}>

/** Of what is not timed. */
const warmUpScale = 0.01

const thousandths = (scale: number) => Math.round(scale * 1000)

const benchCommand = ({scale, copies, beats}: ImageOptions) => `/bin/bench ${thousandths(scale)} ${copies} ${beats}`

/** Runs nothing else. `quiet` on the kernel's command line keeps its messages out of the figures. */
const init = (command: string) => `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
${command}
/bin/busybox poweroff -f
`

/**
 * What the laboratory's init prints when it begins, with the kernel's release, and after the programs, with their exit
 * code. The full stop shows that all of it is there.
 */
export const initMarks = {begins: /^bench: init on (\S+)\.\r?$/m, ended: /^bench: ended (\d+)\./m} as const

/** Tells when it begins and when the programs have ended, and waits: whoever started the machine ends it. */
const waitingInit = (command: string) => `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
echo bench: init on $(/bin/busybox uname -r).
${command}
echo bench: ended $?.
exec /bin/busybox sleep 1000000
`

/** Debian's kernel, with `script` as its init. */
async function linuxImage(
	programs: readonly string[],
	script: string,
	files: readonly CpioEntry[],
	options: Pick<ImageOptions, 'folder' | 'harts'>,
): Promise<Image> {
	const {kernel, initrd, append} = await resolveGuest('debian')
	// Linux unpacks concatenated archives. Kernel documentation, “initramfs buffer format”.
	const archive = Buffer.concat([
		await readFile(initrd!),
		packCpio([
			{kind: 'file', name: 'bin/bench', mode: 0o755, data: await readFile(benchPath('benchLinux'))},
			{kind: 'file', name: 'bench-init', mode: 0o755, data: script},
			...files,
		]),
	])
	const path = join(options.folder, 'initrd')
	await writeFile(path, archive)
	return {
		boot: {kernel, initrd: path, append: `${append} quiet loglevel=1 rdinit=/bench-init`, harts: options.harts},
		programs,
	}
}

/** Boots Debian's kernel, runs the programs in turn, powers off. @throws UserError when the guest is not fetched. */
export async function linuxPrograms(programs: readonly string[], options: ImageOptions): Promise<Image> {
	const command = `${benchCommand(options)} ${programs.join(' ')}`
	return linuxImage(programs, init(command), [], options)
}

/** Boots Debian's kernel, runs the programs of timed.h for so many milliseconds each, powers off. */
export async function timedLinux(
	programs: readonly string[],
	{milliseconds, ...options}: Pick<ImageOptions, 'folder' | 'harts'> & Readonly<{milliseconds: number}>,
): Promise<Image> {
	return linuxImage(programs, init(`/bin/bench --for ${milliseconds} ${programs.join(' ')}`), [], options)
}

/** The same programs twice: first a little, untimed, until they are translated. Then it waits; see initMarks. */
export async function waitingLinux(programs: readonly string[], options: ImageOptions): Promise<Image> {
	if (programs.length === 0) return linuxImage(programs, waitingInit('true'), [], options)
	const command = (scale: number) => `${benchCommand({...options, scale})} ${programs.join(' ')}`
	const script = waitingInit(`${command(warmUpScale)} > /dev/null\n${command(options.scale)}`)
	return linuxImage(programs, script, [], options)
}

/**
 * Boots Debian's kernel, runs commands of a shell, and waits; see initMarks.
 * @param programs names of what they run. @param files beside those of the guest.
 */
export const waitingScript = (
	programs: readonly string[],
	{
		commands,
		files,
		...options
	}: Pick<ImageOptions, 'folder' | 'harts'> & Readonly<{commands: readonly string[]; files: readonly CpioEntry[]}>,
): Promise<Image> => linuxImage(programs, waitingInit(commands.join('\n')), files, options)

export async function linuxElf(path: string, options: ImageOptions): Promise<Image> {
	const name = basename(path)
	if (!isPlainName(name)) throw expected('--elf to have a name of letters, digits, dots and dashes', name)
	const command = `${benchCommand(options)} --own ${name} /own/${name}`
	const files: CpioEntry[] = [
		{kind: 'directory', name: 'own'},
		{kind: 'file', name: `own/${name}`, mode: 0o755, data: await readElf('--elf', path)},
	]
	return linuxImage([name], init(command), files, options)
}

export async function barePrograms(
	programs: readonly string[],
	{folder, harts, beats, scale}: ImageOptions,
): Promise<Image> {
	const kernel = join(folder, 'bench.elf')
	const names = new TextEncoder().encode(`${programs.join(' ')}\0`)
	await writeFile(kernel, await elfWithParameters(benchPath('benchBare'), [thousandths(scale), beats], names))
	return {boot: {kernel, harts}, programs}
}

/** The program prints figures as ours do, or is timed from the emulator's start to its end. */
export async function bareElf(path: string, {harts}: ImageOptions): Promise<Image> {
	await readElf('--elf', path)
	return {boot: {kernel: path, harts}, programs: [basename(path)]}
}

/** Needs no quoting in a shell. */
export const isPlainName = (name: string): boolean => /^[\w.+-]+$/.test(name)

/** @param option for messages. @throws UserError */
export async function readElf(option: string, path: string): Promise<Buffer> {
	const bytes = await readFile(path).catch((error: Error) => {
		throw expected(`${option} to be a readable file`, error.message)
	})
	if (bytes.toString('latin1', 0, 4) !== '\u007fELF') throw expected(`${option} to be an ELF file`, path)
	return bytes
}
