/** virtio-blk as the driver sees it at first: features and configuration space. virtio 1.2, 5.2. */
import {RingFeature, type ServedDevice} from '../board/index.ts'
import {sectorBytes} from '../disk/index.ts'

export const blockDeviceId = 2
/** virtio 1.2, 5.2.3 "Feature bits". */
export const BlockFeature = {
	segmentsMaximum: 1 << 2,
	readOnly: 1 << 5,
	blockSize: 1 << 6,
	flush: 1 << 9,
	topology: 1 << 10,
	discard: 1 << 13,
	writeZeroes: 1 << 14,
} as const

/** A chain has the segments, a header and a status. As in QEMU. */
const segmentsMaximum = 254
/** Of one request, as in QEMU: what is just below 2 GiB. */
export const mostZeroedSectors = 2 ** 22 - 1

export function blockDevice(options: {size: number; isReadOnly: boolean; worker: number}): ServedDevice {
	const {size, isReadOnly, worker} = options
	const features =
		RingFeature.eventIndex |
		BlockFeature.segmentsMaximum |
		BlockFeature.blockSize |
		BlockFeature.flush |
		BlockFeature.topology |
		BlockFeature.discard |
		BlockFeature.writeZeroes |
		(isReadOnly ? BlockFeature.readOnly : 0)
	return {id: blockDeviceId, queueCount: 1, features, config: blockConfig(size), worker}
}

/** virtio 1.2, 5.2.4 "Device configuration layout". */
function blockConfig(size: number): Uint8Array {
	const bytes = new Uint8Array(60)
	const view = new DataView(bytes.buffer)
	view.setBigUint64(0, BigInt(Math.floor(size / sectorBytes)), true)
	view.setUint32(12, segmentsMaximum, true)
	view.setUint32(20, sectorBytes, true)
	// Topology: physical blocks are logical ones; I/O is best in such.
	view.setUint16(26, 1, true)
	// Queues.
	view.setUint16(34, 1, true)
	// Discard: sectors and segments of a request, and alignment.
	view.setUint32(36, mostZeroedSectors, true)
	view.setUint32(40, 1, true)
	view.setUint32(44, 1, true)
	// Write zeroes: the same, and whether it may unmap.
	view.setUint32(48, mostZeroedSectors, true)
	view.setUint32(52, 1, true)
	view.setUint8(56, 1)
	return bytes
}
