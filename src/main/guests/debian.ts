/** The Debian guest: assembles Debian's unmodified kernel and busybox on the host. */
import {mkdir, mkdtemp, readdir, rename, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {UserError} from '../../errors.ts'
import {writeWholeFile} from '../system-error.ts'
import {Apt} from './apt.ts'
import {findDebianMirror} from './apt-mirror.ts'
import {packInitramfs} from './debian-initramfs.ts'
import {type ProgramsOptions, programEntries} from './debian-programs.ts'
import type {FetchOptions} from './guest.ts'
import {recordOf, recordPath} from './guest-record.ts'
import {runTool} from './run-tool.ts'

export const suite = 'trixie'
export const architecture = 'riscv64'
export const kernelMetapackage = 'linux-image-riscv64'
export const busyboxPackage = 'busybox-static'

// Graphics drivers, a hundred megabytes: libraries load them only to draw something.
const leftOut: ReadonlySet<string> = new Set(['libegl-mesa0', 'mesa-libgallium'])

// The part of the progress bar for each step.
const steps = {update: [0, 0.25], download: [0.25, 0.9], unpack: [0.9, 0.97], pack: [0.97, 1]} as const

export type FetchDebianOptions = FetchOptions &
	Readonly<{
		/** For apt's files and the packages; kept if a fetch is interrupted. */
		aptFolder: string
		/** Created when the guest is complete; drafts are made beside it. */
		folder: string
		/** Packages of which the program of the same name goes into the initramfs, with the libraries that it needs. */
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
		for (const name of names) await unpack(await packageFile(packages, {name}), {into: unpacked, signal})
		report('packing the initramfs', steps.pack)
		await assemble(join(draft, 'guest'), {unpacked, programs})
		const guest = join(draft, 'guest')
		const record = await recordOf(guest, ['kernel', 'initrd'], {kernelPackage, suite, programs})
		await writeWholeFile(recordPath(guest), record)
		signal?.throwIfAborted()
		// A damaged guest may be there.
		await rm(folder, {recursive: true, force: true})
		// Atomic: the guest's folder is never incomplete.
		await rename(guest, folder)
	} finally {
		await rm(draft, {recursive: true, force: true})
	}
	await rm(aptFolder, {recursive: true, force: true})
	onProgress?.({step: 'ready', fraction: 1})
}

/** @returns the package that the metapackage depends on, for example `linux-image-6.12.107+deb13-riscv64`. */
export function kernelOf(metapackage: ReadonlyMap<string, string>): string {
	const name = /linux-image-\S+/.exec(metapackage.get('Depends') ?? '')?.[0]
	if (!name)
		throw new UserError(`Expected ${kernelMetapackage} to depend on a kernel, got: ${metapackage.get('Depends')}`)
	return name
}

/** File names are NAME_VERSION_ARCHITECTURE.deb. An interrupted fetch may have left another version. @param package.version default: the newest. */
export async function packageFile(
	folder: string,
	{name, version}: Readonly<{name: string; version?: string}>,
): Promise<string> {
	const start = version === undefined ? `${name}_` : `${name}_${version.replaceAll(':', '%3a')}_`
	const files = (await readdir(folder)).filter((file) => file.startsWith(start) && file.endsWith('.deb'))
	const newest = files.sort().at(-1)
	if (!newest) throw new UserError(`Expected apt-get download to bring ${name}, got nothing`)
	return join(folder, newest)
}

export async function unpack(
	file: string,
	{into, signal}: Readonly<{into: string; signal: AbortSignal | undefined}>,
): Promise<void> {
	const {exitCode, errors} = await runTool('dpkg-deb', ['--extract', file, into], {signal})
	if (exitCode !== 0) throw new UserError(`Expected dpkg-deb to unpack ${file}, got: ${errors.trim().split('\n')[0]}`)
}

/** Makes the guest's folder from the unpacked packages. */
async function assemble(guest: string, {unpacked, programs}: ProgramsOptions): Promise<void> {
	await mkdir(guest)
	const kernel = await findKernel(unpacked)
	const initramfs = await packInitramfs({...kernel, additions: await programEntries({unpacked, programs})})
	await writeWholeFile(join(guest, 'initrd'), initramfs)
	await rename(kernel.kernel, join(guest, 'kernel'))
}

/** @param unpacked the folder that the packages of kernel and busybox are unpacked into. @returns paths. */
export async function findKernel(
	unpacked: string,
): Promise<Readonly<{kernel: string; release: string; busybox: string; modulesFolder: string}>> {
	const boot = join(unpacked, 'boot')
	const kernel = (await readdir(boot)).find((file) => /^vmlinu[xz]-/.test(file))
	if (!kernel) throw new UserError('Expected a kernel in the package, under /boot, got none')
	const release = kernel.replace(/^vmlinu[xz]-/, '')
	return {
		kernel: join(boot, kernel),
		release,
		busybox: join(unpacked, 'usr/bin/busybox'),
		modulesFolder: join(unpacked, 'usr/lib/modules', release),
	}
}
