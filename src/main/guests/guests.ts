/** The named guests: lists, fetches, removes and resolves them. */
import {readdir, rm, stat} from 'node:fs/promises'
import {findPackageJSON} from 'node:module'
import {dirname, join} from 'node:path'
import {expected, UserError} from '../../errors.ts'
import {describeSystemError} from '../system-error.ts'
import {cacheFolder} from './cache-folder.ts'
import {fetchDebian} from './debian.ts'
import {acquireFetchLock} from './fetch-lock.ts'
import type {FetchOptions, GuestInfo, GuestParts} from './guest.ts'
import {makeFolder} from './make-folder.ts'

type NamedGuest = Readonly<{name: string; description: string; parts: () => GuestParts}> &
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
		parts: () => ({kernel: path('kernel'), initrd: path('initrd'), append: 'console=ttyS0'}),
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
	debianGuest('debian', 'debian-13-1', {description: "Debian 13's kernel and a busybox shell"}),
	debianGuest('debian-stress', 'debian-stress-13-1', {
		description: 'the same with stress-ng, which loads the machine and verifies it',
		programs: ['stress-ng'],
	}),
	{
		name: 'smp-demo',
		description: 'our own program: all harts remap pages, fence one another and check what they read',
		origin: 'package',
		parts: () => ({kernel: join(dirname(findPackageJSON(import.meta.url)!), 'guests', 'smp-demo.elf')}),
	},
]

/** All guests, fetched or not. */
export const guestDescriptions = guests.map(({name, description, origin}) => ({name, description, origin}))

export async function listGuests(): Promise<GuestInfo[]> {
	return await Promise.all(
		guests.map(async (guest) => {
			const sizes = await Promise.all(files(guest).map(fileBytes))
			const bytes = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
			return {name: guest.name, description: guest.description, ready: !sizes.includes(undefined), bytes}
		}),
	)
}

/**
 * Fetches a guest unless it is already there. The next call resumes an interrupted fetch; no guest is ever incomplete.
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
	if (await isReady(guest)) return
	await removeDrafts(folder)
	await guest.fetch(options)
}

/** @throws UserError if the name is unknown, or the guest is part of the package. */
export async function removeGuest(name: string): Promise<void> {
	const guest = named(name)
	if (guest.origin === 'package') throw new UserError(`Expected a fetched guest, got ${name}, which is built in`)
	const folder = join(cacheFolder(), 'guests')
	await using _lock = await acquireFetchLock({folder})
	await rm(dirname(guest.parts().kernel), {recursive: true, force: true})
	await rm(join(cacheFolder(), 'apt'), {recursive: true, force: true})
}

/** @returns the parts to boot. @throws UserError if the name is unknown, or the guest is not fetched. */
export async function resolveGuest(name: string): Promise<GuestParts> {
	const guest = named(name)
	if (!(await isReady(guest)))
		throw new UserError(
			guest.origin === 'cache'
				? `Expected ${name} to have been fetched; do so with: manyhart guest fetch ${name}`
				: `Expected ${guest.parts().kernel}, which is part of the package, got no such file`,
		)
	return guest.parts()
}

function named(name: string): NamedGuest {
	const guest = guests.find((candidate) => candidate.name === name)
	if (!guest) throw expected(`a guest (${guests.map((each) => each.name).join(', ')})`, name)
	return guest
}

const files = (guest: NamedGuest): string[] => {
	const {kernel, initrd} = guest.parts()
	return initrd ? [kernel, initrd] : [kernel]
}

const isReady = async (guest: NamedGuest) => !(await Promise.all(files(guest).map(fileBytes))).includes(undefined)

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
