/** Disks: images in files of the host, raw and qcow2. Knows no guest and no device. */
export {type DiskImage, sectorBytes} from './disk-image.ts'
export {
	attachDisk,
	type DiskFiles,
	type DiskFormat,
	type DiskOptions,
	diskFormats,
	OpenDisk,
} from './open-disk.ts'
