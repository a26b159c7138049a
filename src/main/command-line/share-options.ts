/** `--share`, and QEMU's spellings of shared folders: `-virtfs local,…`, and `-fsdev local,…` with `-device virtio-9p-device,…`. */
import {expected, UserError} from '../../errors.ts'
import type {ShareOptions} from '../shares.ts'
import {KeyValues} from './key-values.ts'
import {quoted} from './quantities.ts'

export type RawShareOptions = Readonly<{
	share?: readonly string[]
	virtfs?: readonly string[]
	fsdev?: readonly string[]
	device?: readonly string[]
}>

const fileSystemKeys = ['path', 'security_model', 'readonly', 'id', 'multidevs', 'writeout'] as const
export const shareDriver = 'virtio-9p-device'

/** @returns the folders in the order in which the guest finds them. @throws UserError */
export function parseShares({share = [], virtfs = [], fsdev = [], device = []}: RawShareOptions): ShareOptions[] {
	const byId = new Map<string, Omit<ShareOptions, 'tag'>>()
	for (const text of fsdev) {
		const keys = fileSystem(text, '--fsdev', fileSystemKeys)
		const id = keys.get('id')
		if (id === undefined) throw expected('--fsdev local with id=ID', quoted(text))
		if (byId.has(id)) throw new UserError(`Duplicate ID '${id}' for fsdev`)
		byId.set(id, folderOf(keys, text))
	}
	return [
		...share.map(parseShare),
		...virtfs.map((text) => {
			const keys = fileSystem(text, '--virtfs', [...fileSystemKeys, 'mount_tag'])
			const tag = keys.get('mount_tag')
			if (!tag) throw expected('--virtfs local with mount_tag=TAG', quoted(text))
			return {...folderOf(keys, text), tag}
		}),
		...device.filter(isShare).map((text) => parseDevice(text, byId)),
	]
}

export const isShare = (device: string): boolean => device.split(',')[0] === shareDriver

/** `PATH[:TAG][:ro]`. A path with a colon needs a tag, or a colon at its end. */
function parseShare(text: string): ShareOptions {
	const {path = '', tag, mode} = /^(?<path>.+?)(?::(?<tag>[^:/]*))?(?::(?<mode>ro|rw))?$/s.exec(text)?.groups ?? {}
	// `PATH:ro`
	const isMode = mode === undefined && (tag === 'ro' || tag === 'rw')
	const given = isMode || tag === '' ? undefined : tag
	if (path === '' || path.startsWith(':')) throw expected('--share PATH[:TAG][:ro]', quoted(text))
	return {
		path,
		...(given !== undefined && {tag: given}),
		...((isMode ? tag : mode) === 'ro' && {readOnly: true}),
	}
}

function parseDevice(text: string, fileSystems: ReadonlyMap<string, Omit<ShareOptions, 'tag'>>): ShareOptions {
	const keys = KeyValues.parse(text.slice(shareDriver.length + 1), {
		option: `--device ${shareDriver}`,
		known: ['fsdev', 'mount_tag', 'id'],
	})
	const id = keys.get('fsdev')
	const tag = keys.get('mount_tag')
	if (!id || !tag) throw expected(`--device ${shareDriver},fsdev=ID,mount_tag=TAG`, quoted(text))
	const folder = fileSystems.get(id)
	if (folder === undefined) throw expected(`--fsdev local with id=${id}, which --device names`, 'none')
	return {...folder, tag}
}

function fileSystem(text: string, option: string, known: readonly string[]): KeyValues {
	const [driver = ''] = text.split(',')
	if (driver !== 'local' && driver !== 'fsdriver=local') throw expected(`${option} local, the only kind`, quoted(text))
	return KeyValues.parse(text.slice(driver.length + 1), {option, known})
}

function folderOf(keys: KeyValues, text: string): Omit<ShareOptions, 'tag'> {
	const path = keys.get('path')
	if (!path) throw expected('path=FOLDER', quoted(text))
	const model = keys.get('security_model')
	// QEMU has no default either.
	if (model === undefined) throw expected('security_model=none or passthrough', quoted(text))
	if (model === 'mapped' || model === 'mapped-xattr' || model === 'mapped-file')
		throw expected('security_model=none or passthrough: Node has no extended attributes', quoted(model))
	if (model !== 'none' && model !== 'passthrough') throw expected('security_model=none or passthrough', quoted(model))
	const readonly = keys.get('readonly') ?? 'off'
	if (readonly !== 'on' && readonly !== 'off') throw expected('readonly=on or off', quoted(readonly))
	const multidevs = keys.get('multidevs') ?? 'remap'
	if (multidevs !== 'remap' && multidevs !== 'forbid' && multidevs !== 'warn')
		throw expected('multidevs=remap, forbid or warn', quoted(multidevs))
	const writeout = keys.get('writeout')
	if (writeout !== undefined)
		throw expected('no writeout: the host writes when the guest synchronizes', quoted(writeout))
	return {
		path,
		securityModel: model,
		...(readonly === 'on' && {readOnly: true}),
		// Numbers of files are unique in any case: there is nothing to warn of.
		...(multidevs === 'forbid' && {multidevs}),
	}
}
