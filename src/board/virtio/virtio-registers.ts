/** The registers of a virtio-mmio slot. */
import type {QueueField} from './virtqueue.ts'

// Registers: virtio 1.2, 4.2.2 "MMIO Device Register Layout"; of version 1 only: 4.2.4 "Legacy interface".
export const Register = {
	magicValue: 0x000,
	version: 0x004,
	deviceId: 0x008,
	vendorId: 0x00c,
	deviceFeatures: 0x010,
	deviceFeaturesSelect: 0x014,
	driverFeatures: 0x020,
	driverFeaturesSelect: 0x024,
	/** Version 1. */
	guestPageSize: 0x028,
	queueSelect: 0x030,
	queueSizeMaximum: 0x034,
	queueSize: 0x038,
	/** Version 1. */
	queueAlign: 0x03c,
	/** Version 1. */
	queuePageFrame: 0x040,
	queueReady: 0x044,
	queueNotify: 0x050,
	interruptStatus: 0x060,
	interruptAcknowledge: 0x064,
	status: 0x070,
	sharedMemoryLow: 0x0b0,
	sharedMemoryEnd: 0x0c0,
	configGeneration: 0x0fc,
	config: 0x100,
} as const

/** Halves of the addresses of a queue's areas. */
export const queueAddressRegisters: Readonly<Record<number, QueueField>> = {
	128: 'descriptorLow',
	132: 'descriptorHigh',
	144: 'driverLow',
	148: 'driverHigh',
	160: 'deviceLow',
	164: 'deviceHigh',
}
