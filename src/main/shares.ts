/** The folders of the host that a guest shares, and the devices that show them. */
import {statSync} from 'node:fs'
import {resolve} from 'node:path'
import {type ServedDevice, type VirtioMmioVersion, virtioSlotCount} from '../board/index.ts'
import {expected, UserError} from '../errors.ts'
import {type IoConfig, type ShareSlot, shareDevice} from '../io/index.ts'
import type {SharedMemory} from '../memory/index.ts'
import {firstDriveSlot} from './drives.ts'
import {describeSystemError} from './system-error.ts'

/** The number of the I/O worker that serves folders. It waits for the host's file systems, which must not hold up a disk. */
export const shareWorker = 1

/** As in QEMU, whose limit counts a zero byte, too. */
const tagBytes = 31

/** A folder of the host, which the guest mounts by its tag: `mount -t 9p -o trans=virtio,version=9p2000.L TAG /mnt`. */
export type ShareOptions = Readonly<{
	path: string
	/** By default `share`, and `share1`, `share2` for the folders after the first. */
	tag?: string
	readOnly?: boolean
	/**
	 * `user`, the default: the host's user is shown as the guest's root, and changes of owner are ignored.
	 * `none`, `passthrough`: QEMU's; owners by number, and a change that fails is ignored, or an error.
	 */
	securityModel?: 'user' | 'none' | 'passthrough'
	/** What becomes of other file systems in the folder: their files get numbers of their own, the default, or are refused. */
	multidevs?: 'remap' | 'forbid'
}>

/** Of the folder of this number. */
export const defaultTag = (index: number): string => (index === 0 ? 'share' : `share${index}`)

export class Shares {
	readonly #shares: readonly Required<ShareOptions>[]
	/** Of the first. */
	readonly #slot: number

	/** @param drives how many disks there are: they come first. @throws UserError for folders that cannot be shared. */
	constructor(shares: readonly ShareOptions[], drives: number) {
		this.#slot = firstDriveSlot + drives
		const most = virtioSlotCount - this.#slot
		if (shares.length > most) throw expected(`at most ${most} of --share beside the disks`, shares.length)
		const tags = new Set<string>()
		this.#shares = shares.map((options, index) => {
			const {path, tag = defaultTag(index)} = options
			if (tag === '' || Buffer.byteLength(tag) > tagBytes)
				throw expected(`a mount tag of 1 to ${tagBytes} bytes`, JSON.stringify(tag))
			if (tags.has(tag)) throw expected('another mount tag for each folder', `${JSON.stringify(tag)} twice`)
			tags.add(tag)
			checkFolder(path)
			const {readOnly = false, securityModel = 'user', multidevs = 'remap'} = options
			return {path: resolve(path), tag, readOnly, securityModel, multidevs}
		})
	}

	get count(): number {
		return this.#shares.length
	}

	devices(): readonly ServedDevice[] {
		return this.#shares.map(({tag}) => shareDevice({tag, worker: shareWorker}))
	}

	ioConfig(
		memory: SharedMemory,
		rest: {harts: number; virtioMmioVersion: VirtioMmioVersion | undefined; served: readonly ServedDevice[]},
	): IoConfig {
		const shares = this.#shares.map(({path: folder, readOnly, securityModel, multidevs}, index): ShareSlot => {
			return {slot: this.#slot + index, server: {folder, readOnly, securityModel, multidevs}}
		})
		return {worker: shareWorker, memory: memory.memory, map: memory.map, blocks: [], shares, ...rest}
	}
}

function checkFolder(path: string): void {
	try {
		if (statSync(path).isDirectory()) return
	} catch (error) {
		throw new UserError(`Expected a folder to share, got ${path}: ${describeSystemError(error)}`)
	}
	throw expected('a folder to share', path)
}
