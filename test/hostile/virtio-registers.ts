/** Offsets of virtio-mmio registers, by name. virtio 1.2, 4.2.2 "MMIO Device Register Layout", and 4.2.4 for version 1. */

export const VirtioRegister = {
	driverFeatures: 0x20,
	driverFeaturesSelect: 0x24,
	guestPageSize: 0x28,
	queueSelect: 0x30,
	queueSize: 0x38,
	queueAlign: 0x3c,
	queuePageFrame: 0x40,
	queueReady: 0x44,
	queueNotify: 0x50,
	interruptStatus: 0x60,
	interruptAcknowledge: 0x64,
	status: 0x70,
	descriptorTable: 0x80,
	availableRing: 0x90,
	usedRing: 0xa0,
} as const
export type VirtioRegister = keyof typeof VirtioRegister
