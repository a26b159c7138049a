/** The named guests: lists, fetches, removes and resolves them. */
import {readdir, rm, stat} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {expected, UserError} from '../../errors.ts'
import {smpDemoPath} from '../artifacts.ts'
import {makeFolder} from '../make-folder.ts'
import {describeSystemError} from '../system-error.ts'
import {cacheFolder} from './cache-folder.ts'
import {fetchDebian} from './debian.ts'
import {diskGuestNamed, diskGuests} from './disk-guests.ts'
import {acquireFetchLock} from './fetch-lock.ts'
import type {
	FetchOptions,
	GuestInfo,
	GuestParts,
	NamedGuest,
	RemovedGuest,
	RemoveOptions,
	ResolveOptions,
} from './guest.ts'
import {isAsRecorded, readAbout, readRecord} from './guest-record.ts'

type CachedGuest = NamedGuest & {origin: 'cache'}

// The number at the end of a folder's name is the version of its contents: guests of an older one are fetched again.
const debianGuest = (
	name: string,
	folderName: string,
	about: Readonly<{description: string; programs?: readonly string[]}>,
): NamedGuest => {
	const folder = join(cacheFolder(), 'guests', folderName)
	return {
		name,
		description: about.description,
		origin: 'cache',
		folder,
		// r: flow control from the first byte on; see init.
		parts: async () => ({
			kernel: join(folder, 'kernel'),
			initrd: join(folder, 'initrd'),
			append: 'earlycon console=ttyS0,115200n8r',
		}),
		fetch: (options) =>
			fetchDebian({...options, aptFolder: join(cacheFolder(), 'apt'), folder, programs: about.programs ?? []}),
	}
}

const guests = (disks: readonly NamedGuest[]): readonly NamedGuest[] => [
	debianGuest('debian', 'debian-13-4', {description: "Debian 13's kernel and a busybox shell"}),
	debianGuest('debian-stress', 'debian-stress-13-4', {
		description: 'the same with stress-ng, which loads the machine and verifies it',
		programs: ['stress-ng'],
	}),
	...disks,
	{
		name: 'smp-demo',
		description: 'our own program: all harts remap pages, fence one another and check what they read',
		origin: 'package',
		parts: ({assets}) => ({kernel: smpDemoPath(assets)}),
	},
]

/** All guests, fetched or not; those with packages of the user's choice are not among them. */
export const guestDescriptions = guests([diskGuestNamed('debian-full')!]).map(({name, description, origin}) => ({
	name,
	description,
	origin,
}))

export async function listGuests(): Promise<GuestInfo[]> {
	return await Promise.all(
		guests(await diskGuests()).map(async (guest) => {
			const records = guest.origin === 'cache' ? await readRecord(guest.folder) : undefined
			const paths =
				guest.origin === 'package'
					? [guest.parts({}).kernel]
					: Object.keys(records ?? {}).map((name) => join(guest.folder, name))
			const sizes = await Promise.all(paths.map(fileBytes))
			const left = guest.origin === 'cache' && guest.building ? await bytesUnder(guest.building) : 0
			const bytes = sizes.reduce<number>((sum, size) => sum + (size ?? 0), left)
			const files = paths
				.filter((_, index) => sizes[index] !== undefined)
				.map((path) => ({path, ...(records?.[basename(path)] && {sha256: records[basename(path)]!.sha256})}))
			const state = await stateOf(guest, 'contents')
			return {name: guest.name, description: guest.description, state, ready: state === 'ready', bytes, files}
		}),
	)
}

/**
 * Fetches a guest unless it is already there, and undamaged. The next call resumes an interrupted fetch; no guest is ever incomplete.
 * @throws UserError if the name is unknown, apt or the network is missing, or a signature does not verify.
 */
export async function fetchGuest(name: string, options: FetchOptions = {}): Promise<void> {
	const guest = named(name)
	if (guest.origin === 'package' || (await isReady(guest))) return
	const {onProgress, signal} = options
	const folder = join(cacheFolder(), 'guests')
	await makeFolder(folder).catch((error) => {
		throw expected(`to make the cache folder ${folder}`, describeSystemError(error))
	})
	await using _lock = await acquireFetchLock({
		folder,
		onWait: () => onProgress?.({step: 'waiting for another fetch'}),
		signal,
	})
	await removeDrafts(folder)
	await fetchInOrder(guest, options)
}

/** The guest below comes first. */
async function fetchInOrder(guest: NamedGuest, options: FetchOptions): Promise<void> {
	if (guest.origin === 'package') return
	if (guest.base) await fetchInOrder(guest.base, options)
	if (!(await isReady(guest))) await guest.fetch(options)
}

const isReady = async (guest: NamedGuest) => (await stateOf(guest, 'contents')) === 'ready'

/**
 * Removes guests that are on top of its disk, too. @throws UserError if the name is unknown, or the guest is part of the package.
 * @throws the signal's reason if it aborts before.
 */
export async function removeGuest(name: string, {onWait, signal}: RemoveOptions = {}): Promise<RemovedGuest> {
	const guest = named(name)
	if (guest.origin === 'package') throw new UserError(`Expected a fetched guest, got ${name}, which is built in`)
	await using _lock = await acquireFetchLock({
		folder: join(cacheFolder(), 'guests'),
		...(onWait && {onWait}),
		signal,
	})
	const layers = (await diskGuests()).filter(
		(other): other is CachedGuest => other.origin === 'cache' && other.base?.name === name,
	)
	const owned = [...layers, guest].flatMap(({folder, building}) => [folder, ...(building ? [building] : [])])
	const drafts = await draftsIn(join(cacheFolder(), 'guests'))
	const folders = [...owned, ...drafts.filter((draft) => owned.some((folder) => draft.startsWith(folder + draftInfix)))]
	const isThere = await Promise.all(folders.map((folder) => stat(folder).catch(() => undefined)))
	const sizes = await Promise.all(folders.map(bytesUnder))
	await Promise.all(
		[...folders, join(cacheFolder(), 'apt')].map((folder) => rm(folder, {recursive: true, force: true})),
	)
	return {
		folder: isThere.some(Boolean) ? guest.folder : undefined,
		bytes: sizes.reduce((sum, size) => sum + size, 0),
		layers: layers.map((layer) => layer.name),
	}
}

/** @returns the parts to boot. @throws UserError if the name is unknown, or the guest is not fetched, or damaged. */
export async function resolveGuest(name: string, options: ResolveOptions = {}): Promise<GuestParts> {
	const guest = named(name)
	if (guest.origin === 'package') {
		const parts = guest.parts(options)
		if ((await fileBytes(parts.kernel)) === undefined)
			throw expected(`${parts.kernel}, which is part of the package`, 'no such file')
		return parts
	}
	const state = await stateOf(guest, 'sizes')
	if (state === 'ready') return await guest.parts()
	throw new UserError(`Expected ${whatIsMissing[state](name)} with: manyhart guest fetch ${name}`)
}

const whatIsMissing: Readonly<Record<Exclude<GuestInfo['state'], 'ready'>, (name: string) => string>> = {
	'not fetched': (name) => `${name} to have been fetched; do so`,
	begun: (name) => `all of ${name} to have been fetched, got a part; go on`,
	damaged: (name) => `the files of ${name} that were fetched, got others; fetch it again`,
}

function named(name: string): NamedGuest {
	const guest = diskGuestNamed(name) ?? guests([]).find((candidate) => candidate.name === name)
	if (!guest) throw expected(`a guest (${guestDescriptions.map((each) => each.name).join(', ')})`, name)
	return guest
}

/** @param depth `sizes` takes no time; `contents` reads all files. */
async function stateOf(guest: NamedGuest, depth: 'sizes' | 'contents'): Promise<GuestInfo['state']> {
	if (guest.origin === 'package')
		return (await fileBytes(guest.parts({}).kernel)) === undefined ? 'not fetched' : 'ready'
	if ((await fileBytes(guest.folder)) === undefined)
		return guest.building !== undefined && (await fileBytes(guest.building)) !== undefined ? 'begun' : 'not fetched'
	const isWhole = await isAsRecorded(guest.folder, depth)
	return isWhole && (await isOnItsBase(guest)) ? 'ready' : 'damaged'
}

/** A disk is of use only with the one that was below it when it was made. */
async function isOnItsBase({folder, base}: CachedGuest): Promise<boolean> {
	if (base?.origin !== 'cache') return true
	const [own, below] = await Promise.all([readAbout(folder), readAbout(base.folder)])
	return (
		below.disk !== undefined && own.base === join(base.folder, below.disk) && (await isAsRecorded(base.folder, 'sizes'))
	)
}

async function fileBytes(path: string): Promise<number | undefined> {
	return await stat(path).then(
		({size}) => size,
		() => undefined,
	)
}

/** Bytes of all files of a folder; 0 if there is none. */
async function bytesUnder(folder: string): Promise<number> {
	const entries = await readdir(folder, {recursive: true, withFileTypes: true}).catch(() => [])
	const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
	return (await Promise.all(files.map(fileBytes))).reduce<number>((sum, size) => sum + (size ?? 0), 0)
}

const draftInfix = '.draft-'

/** Removes drafts that killed fetches have left. */
async function removeDrafts(folder: string): Promise<void> {
	await Promise.all((await draftsIn(folder)).map((draft) => rm(draft, {recursive: true, force: true})))
}

async function draftsIn(folder: string): Promise<string[]> {
	const names = await readdir(folder).catch(() => [])
	return names.filter((name) => name.includes(draftInfix)).map((name) => join(folder, name))
}
