/**
 * Guests on a disk: Debian's packages, configured by a guest that runs here. The host needs apt, dpkg-deb and tar, no root and no tools for
 * file systems: owners, modes and the file system are the guest's work.
 */
import {randomBytes} from 'node:crypto'
import {copyFile, mkdir, readdir, readFile, rename, rm} from 'node:fs/promises'
import {availableParallelism} from 'node:os'
import {join} from 'node:path'
import {createDisk} from '../../disk/index.ts'
import {UserError} from '../../errors.ts'
import {writeWholeFile} from '../system-error.ts'
import {Apt, type PackageVersion} from './apt.ts'
import {findDebianMirror} from './apt-mirror.ts'
import {
	architecture,
	busyboxPackage,
	findKernel,
	kernelMetapackage,
	kernelOf,
	packageFile,
	suite,
	unpack,
} from './debian.ts'
import {packInitramfs} from './debian-initramfs.ts'
import {buildDisk} from './disk-guest-build.ts'
import {buildScript, diskInit} from './disk-guest-init.ts'
import {finishScript, setupScript} from './disk-guest-setup.ts'
import type {FetchOptions} from './guest.ts'
import {recordOf, recordPath} from './guest-record.ts'
import {aptSettings, authorizedKeys} from './host-settings.ts'
import {runTool} from './run-tool.ts'
import {storePackage} from './stored-package.ts'

/** Bytes of the disk as the guest sees it; a file of the host has only what was written. */
const diskBytes = 16 * 2 ** 30
/** Names of files in the guest's folder. */
export const statusName = 'status'
/** apt's pattern. */
const essentialPackages = ['?essential']
const fileSystemTools = 'e2fsprogs'

// Folders of the kernel's modules that a guest of this board can have a use for.
const moduleFolders =
	/^kernel\/(?!sound\/|drivers\/)|^kernel\/drivers\/(virtio|block|md|char|vhost)\/|^kernel\/drivers\/net\/[^/]+$|^modules\./

// The part of the progress bar for each step.
const steps = {
	update: [0, 0.04],
	plan: [0.04, 0.06],
	download: [0.06, 0.2],
	unpack: [0.2, 0.25],
	build: [0.25, 0.98],
	record: [0.98, 1],
} as const

export type DiskGuestContents = Readonly<{
	/** Names of packages, beside the essential ones. */
	packages: readonly string[]
	/** Default: those that Debian calls so. For tests: fewer. */
	essential?: readonly string[]
	/** Whether it is configured to be a machine of its own. */
	isFinished: boolean
}>

export type FetchDiskGuestOptions = FetchOptions &
	DiskGuestContents &
	Readonly<{
		aptFolder: string
		/** Created when the guest is complete. */
		folder: string
		/** The guest below this one: the folder, and the path of its disk. This one's disk has the differences. */
		base?: Readonly<{folder: string; disk: string}> | undefined
	}>

export async function fetchDiskGuest(options: FetchDiskGuestOptions): Promise<void> {
	const {aptFolder, folder, base, packages: names, onProgress, signal} = options
	const report = (step: string, [from, to]: readonly [number, number]) => {
		const show = (fraction: number, present = step) =>
			onProgress?.({step: present, fraction: from + (to - from) * fraction})
		show(0)
		return {onProgress: show}
	}
	const mirror = await findDebianMirror(signal)
	const installed = base && (await readFile(join(base.folder, statusName), 'utf8'))
	const apt = await Apt.create({folder: aptFolder, mirror, suite, architecture, signal, ...(installed && {installed})})
	await apt.update(report('fetching the list of packages', steps.update))
	report('choosing the packages', steps.plan)
	const choice = await choose(apt, {names, essential: base ? undefined : (options.essential ?? essentialPackages)})
	const toFetch = choice.kernel ? [choice.kernel, busyboxPackage] : []
	const packages = await apt.download(
		[...toFetch, ...new Set([...choice.all, ...choice.tools].map(({name}) => name))],
		report(`fetching ${choice.all.length + toFetch.length} packages`, steps.download),
	)
	const building = `${folder}.building`
	const identity = identityOf(choice, {base: base?.disk, mirror, isFinished: options.isFinished})
	await resume(building, identity)
	const [guest, input] = [join(building, 'guest'), join(building, 'input')]
	const unpacking = report('unpacking the packages on this machine', steps.unpack)
	const stored = await storeAll(choice.all, {packages, input, ...unpacking, signal})
	const release =
		choice.kernel === undefined ? undefined : await placeKernel(choice.kernel, {packages, building, signal})
	await writeWholeFile(join(input, 'setup'), setupScript)
	await writeWholeFile(join(input, 'packages'), stored.map((file) => `${file}\n`).join(''))
	if (release !== undefined) {
		const tools = await storeAll(choice.tools, {packages, input, signal})
		const essentials = choice.all.flatMap(({name}, index) => (choice.essential.has(name) ? [stored[index]!] : []))
		// base-files first: its links from /bin to /usr/bin and the like have to be there before anything goes through them.
		essentials.sort((one, other) => Number(other.startsWith('base-files_')) - Number(one.startsWith('base-files_')))
		await writeWholeFile(join(input, 'tools'), tools.map((file) => `${file}\n`).join(''))
		await writeWholeFile(join(input, 'essential'), essentials.map((file) => `${file}\n`).join(''))
		await writeWholeFile(join(input, 'base'), '')
		if (options.isFinished)
			await writeWholeFile(
				join(input, 'finish'),
				finishScript({
					mirror,
					suite,
					kernelRelease: release,
					aptSettings: await aptSettings(signal),
					authorizedKeys: await authorizedKeys(),
				}),
			)
	}
	const disk = await diskOf(guest, base?.disk)
	const progress = report('building the disk', steps.build)
	const parts = base?.folder ?? guest
	await buildDisk({
		kernel: join(parts, 'kernel'),
		initrd: join(parts, 'initrd'),
		disk: join(guest, disk),
		folder: input,
		counts: {tools: choice.tools.length, essential: choice.essential.size, packages: stored.length},
		onProgress: ({step, fraction}) => progress.onProgress(fraction, step),
		signal,
	})
	report('recording what was built', steps.record)
	await writeWholeFile(
		join(guest, statusName),
		`${installed ?? ''}${await apt.installedRecords(choice.all.map(({name}) => name))}\n`,
	)
	const files = [...(base ? [] : ['kernel', 'initrd']), disk, statusName]
	const about = {
		suite,
		packages: names,
		disk,
		...(base && {base: base.disk}),
		...(choice.kernel && {kernelPackage: choice.kernel}),
	}
	await writeWholeFile(recordPath(guest), await recordOf(guest, files, about))
	signal?.throwIfAborted()
	// A damaged guest may be there.
	await rm(folder, {recursive: true, force: true})
	// Atomic: the guest's folder is never incomplete.
	await rename(guest, folder)
	await rm(building, {recursive: true, force: true})
	await rm(aptFolder, {recursive: true, force: true})
	onProgress?.({step: 'ready', fraction: 1})
}

type Choice = Readonly<{
	all: readonly PackageVersion[]
	/** Names. */
	essential: ReadonlySet<string>
	/** Those of which the file system is made. */
	tools: readonly PackageVersion[]
	kernel: string | undefined
}>

/** @param what.essential undefined: they are there already. */
async function choose(
	apt: Apt,
	{names, essential}: Readonly<{names: readonly string[]; essential: readonly string[] | undefined}>,
): Promise<Choice> {
	if (!essential) {
		const all = await apt.plan([...names, ...(await apt.recommended(names))])
		return {all, essential: new Set(), tools: [], kernel: undefined}
	}
	return {
		all: await apt.plan([...essential, ...names]),
		essential: new Set((await apt.plan(essential)).map(({name}) => name)),
		tools: await apt.plan([fileSystemTools]),
		kernel: kernelOf(await apt.show(kernelMetapackage)),
	}
}

/** Whatever has another identity is another disk, and begins anew. */
function identityOf({all, kernel}: Choice, about: object): string {
	return `${JSON.stringify({...about, kernel, packages: all, setupScript, buildScript, diskInit})}\n`
}

/** Keeps the folder of an interrupted build of the same identity, or makes an empty one. */
async function resume(building: string, identity: string): Promise<void> {
	const path = join(building, 'input/identity')
	const present = await readFile(path, 'utf8').catch(() => undefined)
	if (present === identity) return
	await rm(building, {recursive: true, force: true})
	await mkdir(join(building, 'input'), {recursive: true})
	await mkdir(join(building, 'guest'))
	await writeWholeFile(path, identity)
}

type StoreOptions = Readonly<{
	packages: string
	input: string
	onProgress?: (fraction: number) => void
	signal: AbortSignal | undefined
}>

/** @returns the names of the files, in the same order. */
async function storeAll(
	versions: readonly PackageVersion[],
	{packages, input, onProgress, signal}: StoreOptions,
): Promise<string[]> {
	const names: string[] = []
	let next = 0
	let done = 0
	const work = async () => {
		while (next < versions.length) {
			const index = next++
			names[index] = await storePackage(await packageFile(packages, versions[index]!), {into: input, signal})
			onProgress?.(++done / versions.length)
		}
	}
	await Promise.all(Array.from({length: availableParallelism()}, work))
	return names
}

type PlaceOptions = Readonly<{packages: string; building: string; signal: AbortSignal | undefined}>

/** Makes kernel and initrd, and the archive of modules for the disk. @returns the kernel's release. */
async function placeKernel(kernelPackage: string, {packages, building, signal}: PlaceOptions): Promise<string> {
	const unpacked = join(building, 'unpacked')
	await rm(unpacked, {recursive: true, force: true})
	for (const name of [kernelPackage, busyboxPackage])
		await unpack(await packageFile(packages, {name}), {into: unpacked, signal})
	const {kernel, release, modulesFolder, busybox} = await findKernel(unpacked)
	const additions = [
		{kind: 'directory', name: 'manyhart'},
		{kind: 'file', name: 'manyhart/build', data: buildScript},
	] as const
	await writeWholeFile(
		join(building, 'guest/initrd'),
		await packInitramfs({busybox, modulesFolder, init: diskInit, additions}),
	)
	await copyFile(kernel, join(building, 'guest/kernel'))
	const modules = (await readdir(modulesFolder, {recursive: true, withFileTypes: true}))
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name).slice(modulesFolder.length + 1))
		.filter((name) => moduleFolders.test(name))
	const list = join(building, 'modules')
	await writeWholeFile(list, modules.map((name) => `usr/lib/modules/${release}/${name}\n`).join(''))
	const archive = join(building, 'input/modules.tar')
	const args = ['--create', '--owner=0', '--group=0', '--directory', unpacked, '--files-from', list, '--file', archive]
	const {exitCode, errors} = await runTool('tar', args, {signal})
	if (exitCode !== 0)
		throw new UserError(`Expected tar to pack the kernel's modules, got: ${errors.trim().split('\n')[0]}`)
	await rm(unpacked, {recursive: true, force: true})
	return release
}

/** @returns the name of the disk's image, which is made if it is not there. A name of its own: overlays must not outlive it. */
async function diskOf(guest: string, base: string | undefined): Promise<string> {
	const present = (await readdir(guest)).find((name) => /^disk-\w+\.qcow2$/.test(name))
	if (present !== undefined) return present
	const name = `disk-${randomBytes(4).toString('hex')}.qcow2`
	await createDisk(join(guest, name), base === undefined ? {size: diskBytes} : {backing: {file: base, format: 'qcow2'}})
	return name
}
