/** Creates images: empty disks, and overlays, which hold what is written on top of another image. */
import {close, constants, open} from 'node:fs'
import {link, rm} from 'node:fs/promises'
import {promisify} from 'node:util'
import {ImageFile} from './image-file.ts'
import {type DiskFormat, OpenDisk} from './open-disk.ts'
import {createQcow2} from './qcow2/create.ts'

const [openFile, closeFile] = [promisify(open), promisify(close)]

/** An empty disk of so many bytes, or one on top of another, which is named by an absolute path. */
export type CreateDiskOptions = Readonly<{size: number} | {backing: Readonly<{file: string; format: DiskFormat}>}>

/**
 * Creates a qcow2 image. It is there as a whole or not at all.
 * @throws NodeJS.ErrnoException; EEXIST if there is a file of this name. @throws UserError if the backing file cannot be used.
 */
export async function createDisk(file: string, options: CreateDiskOptions): Promise<void> {
	const draft = `${file}.draft-${process.pid}`
	const descriptor = await openFile(draft, constants.O_CREAT | constants.O_TRUNC | constants.O_RDWR, 0o600)
	try {
		const image = new ImageFile(descriptor)
		if ('size' in options) await createQcow2(image, options.size)
		else
			await createQcow2(image, await sizeOf(options.backing), {
				name: options.backing.file,
				format: options.backing.format,
			})
		await image.sync()
		await link(draft, file)
	} finally {
		await closeFile(descriptor)
		await rm(draft, {force: true})
	}
}

/** Bytes. */
async function sizeOf(backing: Readonly<{file: string; format: DiskFormat}>): Promise<number> {
	await using disk = await OpenDisk.open({...backing, isReadOnly: true})
	return disk.size
}
