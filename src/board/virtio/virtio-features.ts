/** Feature bits of the rings, which every device may offer. virtio 1.2, 6 "Reserved Feature Bits". */

/** Bits 0 … 31. */
export const RingFeature = {
	/** VIRTIO_F_INDIRECT_DESC */
	indirect: 1 << 28,
	/** VIRTIO_F_EVENT_IDX */
	eventIndex: 1 << 29,
} as const

/** VIRTIO_F_VERSION_1, bit 32: every device offers it, and every driver of the transport's version 2 must accept it. */
export const version1 = 1
