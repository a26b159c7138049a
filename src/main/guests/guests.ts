/** The named guests: lists, fetches, removes and resolves them. */
import {readdir, rm, stat} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {expected, UserError} from '../../errors.ts'
import {smpDemoPath} from '../artifacts.ts'
import {describeSystemError} from '../system-error.ts'
import {cacheFolder} from './cache-folder.ts'
import {fetchDebian} from './debian.ts'
import {acquireFetchLock} from './fetch-lock.ts'
import type {FetchOptions, GuestInfo, GuestParts, RemovedGuest, ResolveOptions} from './guest.ts'
import {isAsRecorded, readRecord} from './guest-record.ts'
import {makeFolder} from './make-folder.ts'

type NamedGuest = Readonly<{name: string; description: string; parts: (options?: ResolveOptions) => GuestParts}> &
	(Readonly<{origin: 'package'}> | Readonly<{origin: 'cache'; fetch: (options: FetchOptions) => Promise<void>}>)

// The number at the end of a folder's name is the version of its contents: guests of an older one are fetched again.
const debianGuest = (
	name: string,
	folder: string,
	about: Readonly<{description: string; programs?: readonly string[]}>,
): NamedGuest => {
	const path = (...parts: string[]) => join(cacheFolder(), 'guests', folder, ...parts)
	return {
		name,
		description: about.description,
		origin: 'cache',
		// r: flow control from the first byte on; see init.
		parts: () => ({kernel: path('kernel'), initrd: path('initrd'), append: 'earlycon console=ttyS0,115200n8r'}),
		fetch: (options) =>
			fetchDebian({
				...options,
				aptFolder: join(cacheFolder(), 'apt'),
				folder: path(),
				programs: about.programs ?? [],
			}),
	}
}

const guests: readonly NamedGuest[] = [
	debianGuest('debian', 'debian-13-4', {description: "Debian 13's kernel and a busybox shell"}),
	debianGuest('debian-stress', 'debian-stress-13-4', {
		description: 'the same with stress-ng, which loads the machine and verifies it',
		programs: ['stress-ng'],
	}),
	{
		name: 'smp-demo',
		description: 'our own program: all harts remap pages, fence one another and check what they read',
		origin: 'package',
		parts: ({assets} = {}) => ({kernel: smpDemoPath(assets)}),
	},
]

/** All guests, fetched or not. */
export const guestDescriptions = guests.map(({name, description, origin}) => ({name, description, origin}))

export async function listGuests(): Promise<GuestInfo[]> {
	return await Promise.all(
		guests.map(async (guest) => {
			const paths = filesOf(guest)
			const sizes = await Promise.all(paths.map(fileBytes))
			const bytes = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
			const records = await readRecord(folderOf(guest))
			const files = paths
				.filter((_, index) => sizes[index] !== undefined)
				.map((path) => ({path, ...(records?.[basename(path)] && {sha256: records[basename(path)]!.sha256})}))
			const state = await stateOf(guest, {depth: 'contents'})
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
	const isReady = async () => (await stateOf(guest, {depth: 'contents'})) === 'ready'
	if (guest.origin === 'package' || (await isReady())) return
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
	if (await isReady()) return
	await removeDrafts(folder)
	await guest.fetch(options)
}

/** @throws UserError if the name is unknown, or the guest is part of the package. */
export async function removeGuest(name: string): Promise<RemovedGuest> {
	const guest = named(name)
	if (guest.origin === 'package') throw new UserError(`Expected a fetched guest, got ${name}, which is built in`)
	await using _lock = await acquireFetchLock({folder: join(cacheFolder(), 'guests')})
	const folder = folderOf(guest)
	const names = await readdir(folder).catch(() => undefined)
	const sizes = await Promise.all((names ?? []).map((file) => fileBytes(join(folder, file))))
	await rm(folder, {recursive: true, force: true})
	await rm(join(cacheFolder(), 'apt'), {recursive: true, force: true})
	return {folder: names && folder, bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)}
}

/** @returns the parts to boot. @throws UserError if the name is unknown, or the guest is not fetched, or damaged. */
export async function resolveGuest(name: string, options: ResolveOptions = {}): Promise<GuestParts> {
	const guest = named(name)
	const parts = guest.parts(options)
	const state = await stateOf(guest, {depth: 'sizes', ...options})
	if (state === 'ready') return parts
	if (guest.origin === 'package') throw expected(`${parts.kernel}, which is part of the package`, 'no such file')
	throw state === 'damaged'
		? new UserError(
				`Expected the files of ${name} that were fetched, got others; fetch it again with: manyhart guest fetch ${name}`,
			)
		: new UserError(`Expected ${name} to have been fetched; do so with: manyhart guest fetch ${name}`)
}

function named(name: string): NamedGuest {
	const guest = guests.find((candidate) => candidate.name === name)
	if (!guest) throw expected(`a guest (${guests.map((each) => each.name).join(', ')})`, name)
	return guest
}

const filesOf = (guest: NamedGuest, options?: ResolveOptions): string[] => {
	const {kernel, initrd} = guest.parts(options)
	return initrd ? [kernel, initrd] : [kernel]
}

const folderOf = (guest: NamedGuest): string => dirname(guest.parts().kernel)

type StateOptions = ResolveOptions & Readonly<{depth: 'sizes' | 'contents'}>

async function stateOf(guest: NamedGuest, {depth, ...options}: StateOptions): Promise<GuestInfo['state']> {
	if ((await Promise.all(filesOf(guest, options).map(fileBytes))).includes(undefined)) return 'not fetched'
	return guest.origin === 'package' || (await isAsRecorded(folderOf(guest), depth)) ? 'ready' : 'damaged'
}

async function fileBytes(path: string): Promise<number | undefined> {
	return await stat(path).then(
		({size}) => size,
		() => undefined,
	)
}

/** Removes drafts that killed fetches have left. */
async function removeDrafts(folder: string): Promise<void> {
	const drafts = (await readdir(folder)).filter((name) => name.includes('.draft-'))
	await Promise.all(drafts.map((name) => rm(join(folder, name), {recursive: true, force: true})))
}
