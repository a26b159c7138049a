/** The guests on a disk, by name: `debian-full`, and with more packages on top of it, `debian-full:gcc,git`. */
import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {expected} from '../../errors.ts'
import {cacheFolder} from './cache-folder.ts'
import {fetchDiskGuest} from './disk-guest.ts'
import type {GuestParts, NamedGuest} from './guest.ts'
import {readAbout} from './guest-record.ts'

const name = 'debian-full'
// The number at the end is the version of its contents.
const folderName = 'debian-full-13-1'
const layerInfix = '-with-'

const packages = [
	'apt',
	'ca-certificates',
	'dbus',
	'debian-archive-keyring',
	'e2fsprogs',
	'iproute2',
	'iputils-ping',
	'kmod',
	'less',
	'login',
	'nano',
	'netbase',
	'openssh-server',
	'passwd',
	'procps',
	'systemd',
	'systemd-resolved',
	'systemd-sysv',
	'udev',
	'wget',
]

const pathOf = (folder: string) => join(cacheFolder(), 'guests', folder)
const aptFolder = () => join(cacheFolder(), 'apt')
/** Debian Policy, 5.6.7. */
const packageName = /^[a-z0-9][a-z0-9+.-]+$/

const fullGuest = (): NamedGuest & {origin: 'cache'} => {
	const folder = pathOf(folderName)
	return {
		name,
		description: 'Debian 13 on a disk: systemd, apt, sshd; more packages by --with',
		origin: 'cache',
		folder,
		building: `${folder}.building`,
		parts: () => partsOf(folder, folder),
		fetch: (options) => fetchDiskGuest({...options, aptFolder: aptFolder(), folder, packages, isFinished: true}),
	}
}

const layerGuest = (extra: readonly string[]): NamedGuest => {
	const base = fullGuest()
	const folder = pathOf(`${folderName}${layerInfix}${extra.join(',')}`)
	return {
		name: withPackages(name, extra),
		description: `the same with ${extra.join(', ')}`,
		origin: 'cache',
		folder,
		building: `${folder}.building`,
		base,
		parts: () => partsOf(base.folder, folder),
		fetch: async (options) => {
			const {disk} = await readAbout(base.folder)
			const below = {folder: base.folder, disk: join(base.folder, disk!)}
			await fetchDiskGuest({
				...options,
				aptFolder: aptFolder(),
				folder,
				packages: extra,
				isFinished: true,
				base: below,
			})
		},
	}
}

/** @param extra names of packages. @returns the guest's name, the same for any order of them. @throws UserError for what is no name. */
export function withPackages(guest: string, extra: readonly string[]): string {
	const wrong = extra.find((each) => !packageName.test(each))
	if (wrong !== undefined) throw expected('names of Debian packages', wrong || 'none')
	return `${guest}:${[...new Set(extra)].sort().join(',')}`
}

/** @returns undefined if it is no guest on a disk. @throws UserError if it is one with packages that cannot be. */
export function diskGuestNamed(asked: string): NamedGuest | undefined {
	if (asked === name) return fullGuest()
	if (!asked.startsWith(`${name}:`)) return undefined
	return layerGuest(
		withPackages(name, asked.slice(name.length + 1).split(','))
			.slice(name.length + 1)
			.split(','),
	)
}

/** @returns the guests that are there, or were begun, and the one without more packages in any case. */
export async function diskGuests(): Promise<NamedGuest[]> {
	const start = `${folderName}${layerInfix}`
	const there = (await readdir(join(cacheFolder(), 'guests')).catch(() => []))
		.filter((folder) => folder.startsWith(start))
		.map((folder) => folder.slice(start.length).replace(/\.building$/, ''))
	const lists = [...new Set(there)].filter((list) => list.split(',').every((each) => packageName.test(each))).sort()
	return [fullGuest(), ...lists.map((list) => layerGuest(list.split(',')))]
}

async function partsOf(base: string, folder: string): Promise<GuestParts> {
	const {disk} = await readAbout(folder)
	return {
		kernel: join(base, 'kernel'),
		initrd: join(base, 'initrd'),
		// r: flow control from the first byte on. What systemd does is shown, and not what the kernel says beside.
		append: 'console=ttyS0,115200n8r root=/dev/vda rw quiet systemd.show_status=yes',
		drives: [{file: join(folder, disk ?? 'disk.qcow2'), format: 'qcow2', snapshot: true}],
		networks: ['user'],
	}
}
