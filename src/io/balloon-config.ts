/** virtio-balloon as the driver sees it at first. virtio 1.2, 5.5. */
import {RingFeature, type ServedDevice} from '../board/index.ts'

export const balloonDeviceId = 5

/** virtio 1.2, 5.5.3 "Feature bits". */
export const BalloonFeature = {
	statistics: 1 << 1,
	/** The guest may take pages back when it has no others. */
	deflateOnOom: 1 << 2,
	/** The guest tells which of its pages are free. */
	pageReporting: 1 << 5,
} as const

/**
 * From `reports` on: free pages. The numbers that the specification gives, and those of drivers that leave out the queue before it,
 * which is for hints, as QEMU does.
 */
export const BalloonQueue = {inflate: 0, deflate: 1, statistics: 2, reports: 3} as const
const queueCount = 5

/** virtio 1.2, 5.5.4 "Device configuration layout": the pages that the balloon shall have, and those that it has. */
export const BalloonConfig = {wanted: 0, actual: 4, size: 8} as const
/** Of all counts and numbers of pages, whatever the guest's pages are. */
export const balloonPageBytes = 4096

/** @property slot of virtio-mmio. */
export type BalloonSlot = Readonly<{slot: number}>

export function balloonDevice(
	options: Readonly<{deflateOnOom: boolean; freePageReporting: boolean; worker: number}>,
): ServedDevice {
	const features =
		RingFeature.eventIndex |
		BalloonFeature.statistics |
		(options.deflateOnOom ? BalloonFeature.deflateOnOom : 0) |
		(options.freePageReporting ? BalloonFeature.pageReporting : 0)
	return {
		id: balloonDeviceId,
		queueCount,
		features,
		config: new Uint8Array(BalloonConfig.size),
		writableConfig: [BalloonConfig.actual, BalloonConfig.size],
		worker: options.worker,
	}
}
