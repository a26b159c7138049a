/** Disks: images in files of the host, raw and qcow2. Knows no guest and no device. */
export {type CreateDiskOptions, createDisk} from './create-disk.ts'
export {type DiskImage, sectorBytes} from './disk-image.ts'
export {
	attachDisk,
	backingFileOf,
	type DiskFiles,
	type DiskFormat,
	type DiskOptions,
	diskFormats,
	OpenDisk,
} from './open-disk.ts'
