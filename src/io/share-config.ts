/** virtio-9p as the driver sees it at first. virtio 1.2 has its number only (5); the rest is Linux's include/uapi/linux/virtio_9p.h. */
import type {ServerOptions} from '../9p/index.ts'
import {RingFeature, type ServedDevice} from '../board/index.ts'

export const shareDeviceId = 9
/** VIRTIO_9P_MOUNT_TAG: the configuration space has the tag by which the guest mounts the folder. */
const mountTag = 1

/** @property slot of virtio-mmio. */
export type ShareSlot = Readonly<{
	slot: number
	server: Pick<ServerOptions, 'folder' | 'readOnly' | 'securityModel' | 'multidevs'>
}>

/** @param options.tag at most 31 bytes, as in QEMU. */
export function shareDevice({tag, worker}: {tag: string; worker: number}): ServedDevice {
	const bytes = Buffer.from(tag)
	const config = new Uint8Array(2 + bytes.length)
	new DataView(config.buffer).setUint16(0, bytes.length, true)
	config.set(bytes, 2)
	return {id: shareDeviceId, queueCount: 1, features: RingFeature.eventIndex | mountTag, config, worker}
}
