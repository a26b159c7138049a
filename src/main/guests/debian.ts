/** The Debian guest: an unmodified kernel and busybox of Debian, put together on this machine. */
import {mkdir, mkdtemp, readdir, rename, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {UserError} from '../../errors.ts'
import {Apt} from './apt.ts'
import {findDebianMirror} from './apt-mirror.ts'
import {packInitramfs} from './debian-initramfs.ts'
import {type ProgramsOptions, programEntries} from './debian-programs.ts'
import type {FetchOptions} from './guest.ts'
import {runTool} from './run-tool.ts'

const suite = 'trixie'
const architecture = 'riscv64'
const kernelMetapackage = 'linux-image-riscv64'
const busyboxPackage = 'busybox-static'

// Drivers of graphics cards, a hundred megabytes of them: libraries load them only when something is to be drawn.
const leftOut: ReadonlySet<string> = new Set(['libegl-mesa0', 'mesa-libgallium'])

// How much of the bar each step gets.
const steps = {update: [0, 0.25], download: [0.25, 0.9], unpack: [0.9, 0.97], pack: [0.97, 1]} as const

export type FetchDebianOptions = FetchOptions &
	Readonly<{
		/** For apt's own files and the packages, which stay when a fetch is interrupted. */
		aptFolder: string
		/** Takes the guest when it is complete; its parent is for drafts. */
		folder: string
		/** Packages whose program of the same name goes into the initramfs, with the libraries that it needs. */
		programs?: readonly string[]
	}>

export async function fetchDebian({
	aptFolder,
	folder,
	programs = [],
	onProgress,
	signal,
}: FetchDebianOptions): Promise<void> {
	const report = (step: string, [from, to]: readonly [number, number]) => {
		const show = (fraction: number) => onProgress?.({step, fraction: from + (to - from) * fraction})
		show(0)
		return {onProgress: show}
	}
	const mirror = await findDebianMirror(signal)
	const apt = await Apt.create({folder: aptFolder, mirror, suite, architecture, signal})
	await apt.update(report('fetching the list of packages', steps.update))
	const kernelPackage = kernelOf(await apt.show(kernelMetapackage))
	const names = [kernelPackage, busyboxPackage, ...(await apt.needed(programs, {without: leftOut}))]
	const packages = await apt.download(names, report(`fetching ${kernelPackage}`, steps.download))

	const draft = await mkdtemp(`${folder}.draft-`)
	try {
		report('unpacking', steps.unpack)
		const unpacked = join(draft, 'unpacked')
		for (const name of names) await unpack(await packageFile(packages, name), {into: unpacked, signal})
		report('packing the initramfs', steps.pack)
		await assemble(join(draft, 'guest'), {unpacked, programs})
		await writeFile(join(draft, 'guest', 'guest.json'), JSON.stringify({kernelPackage, suite, programs}))
		signal?.throwIfAborted()
		// All or nothing: the guest's folder appears complete.
		await rename(join(draft, 'guest'), folder)
	} finally {
		await rm(draft, {recursive: true, force: true})
	}
	await rm(aptFolder, {recursive: true, force: true})
	onProgress?.({step: 'ready', fraction: 1})
}

/** @returns the name of the package that the metapackage stands for: `linux-image-6.12.107+deb13-riscv64`. */
export function kernelOf(metapackage: ReadonlyMap<string, string>): string {
	const name = /linux-image-\S+/.exec(metapackage.get('Depends') ?? '')?.[0]
	if (!name)
		throw new UserError(`Expected ${kernelMetapackage} to depend on a kernel, got: ${metapackage.get('Depends')}`)
	return name
}

/** File names are NAME_VERSION_ARCHITECTURE.deb; an older version of an earlier try may lie beside. */
async function packageFile(folder: string, name: string): Promise<string> {
	const files = (await readdir(folder)).filter((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'))
	const newest = files.sort().at(-1)
	if (!newest) throw new UserError(`Expected apt-get download to bring ${name}, got nothing`)
	return join(folder, newest)
}

async function unpack(
	file: string,
	{into, signal}: Readonly<{into: string; signal: AbortSignal | undefined}>,
): Promise<void> {
	const {exitCode, errors} = await runTool('dpkg-deb', ['--extract', file, into], {signal})
	if (exitCode !== 0) throw new UserError(`Expected dpkg-deb to unpack ${file}, got: ${errors.trim().split('\n')[0]}`)
}

/** Makes the guest's folder out of unpacked packages. */
async function assemble(guest: string, {unpacked, programs}: ProgramsOptions): Promise<void> {
	await mkdir(guest)
	const boot = join(unpacked, 'boot')
	const kernel = (await readdir(boot)).find((file) => /^vmlinu[xz]-/.test(file))
	if (!kernel) throw new UserError('Expected a kernel in the package, under /boot, got none')
	const initramfs = await packInitramfs({
		busybox: join(unpacked, 'usr/bin/busybox'),
		modulesFolder: join(unpacked, 'usr/lib/modules', kernel.replace(/^vmlinu[xz]-/, '')),
		additions: await programEntries({unpacked, programs}),
	})
	await writeFile(join(guest, 'initrd'), initramfs)
	await rename(join(boot, kernel), join(guest, 'kernel'))
}
