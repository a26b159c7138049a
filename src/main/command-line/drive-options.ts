/** `--drive`, `-hda` … `-hdd`, `--snapshot`, and `--device virtio-blk-device`: QEMU's spellings of disks. */
import {type DiskFormat, diskFormats} from '../../disk/index.ts'
import {expected, UserError} from '../../errors.ts'
import type {DriveOptions} from '../drives.ts'
import {isBalloon} from './balloon-options.ts'
import {KeyValues} from './key-values.ts'
import {isNetworkDevice} from './network-options.ts'
import {isPortDevice} from './port-options.ts'
import {quoted} from './quantities.ts'
import {isShare} from './share-options.ts'

export type RawDriveOptions = Readonly<{
	drive?: readonly string[]
	hda?: string
	hdb?: string
	hdc?: string
	hdd?: string
	device?: readonly string[]
	snapshot?: boolean
}>

/** A drive that is a device by itself, or one that a --device names. */
type Drive = Readonly<{id: string | undefined; isAttached: boolean; options: DriveOptions}>

const serialBytes = 20
/** QEMU has more interfaces; the board has these. */
const interfaces = ['virtio', 'none'] as const
const caches: Readonly<Record<string, NonNullable<DriveOptions['cache']>>> = {
	writeback: 'writeback',
	none: 'writeback',
	writethrough: 'writethrough',
	directsync: 'writethrough',
	unsafe: 'unsafe',
}
const driveKeys = ['file', 'format', 'if', 'id', 'index', 'readonly', 'snapshot', 'cache', 'discard', 'media'] as const

/** @returns the disks in the order in which the guest finds them. @throws UserError */
export function parseDrives(raw: RawDriveOptions): readonly DriveOptions[] {
	const disks = [raw.hda, raw.hdb, raw.hdc, raw.hdd].flatMap((file) => (file === undefined ? [] : [{file}]))
	const drives: Drive[] = [
		...disks.map((options) => ({id: undefined, isAttached: true, options})),
		...(raw.drive ?? []).map(parseDrive),
	]
	const byId = new Map<string, Drive>()
	for (const drive of drives) {
		if (drive.id === undefined) continue
		if (byId.has(drive.id)) throw new UserError(`Duplicate ID '${drive.id}' for drive`)
		byId.set(drive.id, drive)
	}
	const attached = (raw.device ?? []).flatMap((text) => parseDevice(text, byId))
	const named = new Set<string>()
	for (const {id} of attached) {
		if (named.has(id) || byId.get(id)!.isAttached)
			throw new UserError(`Drive '${id}' is already in use by another device`)
		named.add(id)
	}
	const all = [
		...drives.filter(({isAttached}) => isAttached).map(({options}) => options),
		...attached.map(({options}) => options),
	]
	return raw.snapshot ? all.map((options) => ({...options, snapshot: options.readOnly !== true})) : all
}

function parseDrive(text: string): Drive {
	const keys = KeyValues.parse(text, {option: '--drive', known: driveKeys})
	const file = keys.get('file')
	if (!file) throw expected('--drive with file=FILE', quoted(text))
	const kind = oneOf(keys, 'if', interfaces) ?? 'virtio'
	oneOf(keys, 'media', ['disk'])
	const readOnly = keys.flag('readonly', false)
	const snapshot = keys.flag('snapshot', false)
	const format = oneOf(keys, 'format', diskFormats)
	const cache = oneOf(keys, 'cache', Object.keys(caches))
	const discard = oneOf(keys, 'discard', ['ignore', 'off', 'unmap', 'on'])
	const options: DriveOptions = {
		file,
		...(format && {format: format as DiskFormat}),
		...(readOnly && {readOnly}),
		...(snapshot && {snapshot}),
		...(cache && {cache: caches[cache]!}),
		...(discard && {discard: discard === 'unmap' || discard === 'on' ? 'unmap' : 'ignore'}),
	}
	return {id: keys.get('id'), isAttached: kind === 'virtio', options}
}

/** @returns none for the random number generator, which the board has anyway, and for what is no disk. */
function parseDevice(text: string, drives: ReadonlyMap<string, Drive>): {id: string; options: DriveOptions}[] {
	const [driver = ''] = text.split(',')
	if (driver === 'virtio-rng-device' || isOther(text)) return []
	if (driver !== 'virtio-blk-device')
		throw expected(
			'--device virtio-blk-device,drive=ID, virtio-9p-device,fsdev=ID, virtio-net-device,netdev=ID, virtio-serial-device, virtserialport,chardev=ID, virtio-balloon-device or virtio-rng-device',
			`${quoted(text)}${driver.endsWith('-pci') ? ': the board has no PCI bus' : ''}`,
		)
	const keys = KeyValues.parse(text.slice(driver.length + 1), {
		option: '--device virtio-blk-device',
		known: ['drive', 'serial', 'id'],
	})
	const id = keys.get('drive')
	if (id === undefined) throw new UserError(`--device ${quoted(text)}: drive property not set`)
	const drive = drives.get(id)
	if (!drive)
		throw new UserError(`--device ${quoted(text)}: Property 'virtio-blk-device.drive' can't find value '${id}'`)
	const serial = keys.get('serial')
	if (serial !== undefined && Buffer.byteLength(serial) > serialBytes)
		throw expected(`a serial number of at most ${serialBytes} bytes`, quoted(serial))
	return [{id, options: {...drive.options, ...(serial !== undefined && {serial})}}]
}

const isOther = (text: string): boolean =>
	isShare(text) || isNetworkDevice(text) || isPortDevice(text) || isBalloon(text)

function oneOf<Value extends string>(keys: KeyValues, key: string, values: readonly Value[]): Value | undefined {
	const value = keys.get(key)
	if (value === undefined) return undefined
	const found = values.find((each) => each === value)
	if (found === undefined) throw expected(`${key}=${values.join(' or ')}`, quoted(`${key}=${value}`))
	return found
}
