/** The disks of a machine: their open files, and the devices that show them to the guest. */
import type {ServedDevice, VirtioMmioVersion} from '../board/index.ts'
import {virtioSlotCount} from '../board/index.ts'
import {OpenDisk} from '../disk/index.ts'
import {expected, isUserError, UserError} from '../errors.ts'
import {type BlockSlot, blockDevice, type IoConfig} from '../io/index.ts'
import type {SharedMemory} from '../memory/index.ts'

/** A disk: an image in a file, which the guest has as a virtio-blk device. */
export type DriveOptions = Readonly<{
	/** The path of the image. */
	file: string
	/** Guessed if it is not given. Then, as in QEMU, the guest may not make a raw image look like one of another format. */
	format?: 'raw' | 'qcow2'
	readOnly?: boolean
	/** Writes go to a temporary file, which is gone with the machine. */
	snapshot?: boolean
	/** What the guest reads as the disk's serial number, of 20 bytes at most. */
	serial?: string
	/** Whether clusters that the guest discards are used again; default `ignore`, as in QEMU. */
	discard?: 'ignore' | 'unmap'
	/**
	 * Default `writeback`: what the guest has flushed is on the host's disk. `writethrough`: what it has written.
	 * `unsafe`: its flushes are ignored.
	 */
	cache?: 'writeback' | 'writethrough' | 'unsafe'
}>

/** Slot 0 has the random number generator. */
export const firstDriveSlot = 1
export const mostDrives = virtioSlotCount - firstDriveSlot

/** The number of the I/O worker that serves disks. */
export const diskWorker = 0

type OpenDrive = Readonly<{options: DriveOptions; disk: OpenDisk}>

/** Its files stay open, and locked, while machines come and go: a guest that reboots is another machine. */
export class OpenDrives implements AsyncDisposable {
	readonly #drives: readonly OpenDrive[]
	readonly #opened: AsyncDisposableStack

	private constructor(drives: readonly OpenDrive[], opened: AsyncDisposableStack) {
		this.#drives = drives
		this.#opened = opened
	}

	/** @throws UserError for files that cannot be used. */
	static async open(drives: readonly DriveOptions[]): Promise<OpenDrives> {
		if (drives.length > mostDrives) throw expected(`at most ${mostDrives} of --drive`, drives.length)
		await using opened = new AsyncDisposableStack()
		const open: OpenDrive[] = []
		for (const options of drives) {
			const {file, format, readOnly: isReadOnly, snapshot: isSnapshot} = options
			const disk = await OpenDisk.open({file, format, isReadOnly, isSnapshot}).catch((error: Error) => {
				throw isUserError(error) ? new UserError(`--drive ${file}: ${error.message}`) : error
			})
			opened.use(disk)
			open.push({options, disk})
		}
		return new OpenDrives(open, opened.move())
	}

	get count(): number {
		return this.#drives.length
	}

	/** What the user should know, in lines. */
	get warnings(): readonly string[] {
		return this.#drives.flatMap(({disk}) => disk.warnings)
	}

	/** The devices, in slots from firstDriveSlot. */
	devices(): readonly ServedDevice[] {
		return this.#drives.map(({options, disk}) =>
			blockDevice({size: disk.size, isReadOnly: options.readOnly === true, worker: diskWorker}),
		)
	}

	ioConfig(
		memory: SharedMemory,
		rest: {harts: number; virtioMmioVersion: VirtioMmioVersion | undefined; served: readonly ServedDevice[]},
	): IoConfig {
		const blocks = this.#drives.map(({options, disk}, index): BlockSlot => {
			const {file, readOnly = false, serial = '', discard = 'ignore', cache = 'writeback'} = options
			const isDiscarding = discard === 'unmap'
			return {
				slot: firstDriveSlot + index,
				name: file,
				files: disk.files,
				options: {isReadOnly: readOnly, serial, isDiscarding, caching: cache},
			}
		})
		return {worker: diskWorker, memory: memory.memory, map: memory.map, blocks, ...rest}
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#opened[Symbol.asyncDispose]()
	}
}
