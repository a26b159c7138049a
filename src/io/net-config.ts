/** virtio-net as the driver sees it at first: features and configuration space. virtio 1.2, 5.1. */
import {RingFeature, type ServedDevice} from '../board/index.ts'
import type {Mac} from '../net/index.ts'

const netDeviceId = 1
/** The first queue receives, from the driver's point of view, the second transmits. */
export const NetQueue = {receive: 0, transmit: 1} as const

/** virtio 1.2, 5.1.3 "Feature bits". */
export const NetFeature = {
	/** The device takes frames without checksums. */
	checksum: 1 << 0,
	/** The driver does. */
	guestChecksum: 1 << 1,
	mac: 1 << 5,
	/** The driver takes frames of several segments. */
	guestTso4: 1 << 7,
	guestTso6: 1 << 8,
	/** The device does. */
	hostTso4: 1 << 11,
	hostTso6: 1 << 12,
	/** A frame may come in several chains. */
	mergedBuffers: 1 << 15,
	status: 1 << 16,
} as const

const linkUp = 1

export function netDevice({mac, worker}: Readonly<{mac: Mac; worker: number}>): ServedDevice {
	const features = Object.values(NetFeature).reduce((all, bit) => all | bit, RingFeature.eventIndex)
	const config = new Uint8Array(12)
	config.set(mac)
	config[6] = linkUp
	config[8] = 1 // pair of queues
	return {id: netDeviceId, queueCount: 2, features, config, worker}
}
