/**
 * One virtio-mmio slot: registers, negotiation, queues. An empty slot has device ID 0. The transport is of version 2, or of
 * version 1, the legacy interface.
 */
import {array, type Gpa, type GuestRam, type SharedMemory, sharedStruct} from '../memory/index.ts'
import type {AccessBytes, Device} from './bus.ts'
import type {DeviceLock} from './device-lock.ts'
import type {DeviceLocks} from './device-locks.ts'
import {DeviceSection} from './device-section.ts'
import {virtioSlot} from './memory-map.ts'
import type {Plic} from './plic.ts'
import {StateWords} from './state-words.ts'
import {type Broken, type QueueField, QueueState, Virtqueue} from './virtqueue.ts'

// Registers: virtio 1.2, 4.2.2 "MMIO Device Register Layout"; of version 1 only: 4.2.4 "Legacy interface".
const Register = {
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

const magic = 0x7472_6976
/** "QEMU" as a little-endian word, as on its virt board. */
const vendor = 0x554d_4551
const queueAddressRegisters: Readonly<Record<number, QueueField>> = {
	128: 'descriptorLow',
	132: 'descriptorHigh',
	144: 'driverLow',
	148: 'driverHigh',
	160: 'deviceLow',
	164: 'deviceHigh',
}
/** virtio 1.2, 2.1 "Device Status Field". */
const Status = {acknowledge: 1, driver: 2, driverOk: 4, featuresOk: 8, needsReset: 64, failed: 128} as const
const Interrupt = {usedBuffer: 1, configuration: 2} as const
/** VIRTIO_F_VERSION_1, bit 32: every device offers it, and every driver must accept it. */
const version1 = 1

const maximumQueues = 4
/** What a driver of version 1 gets that does not say, as on QEMU's board. */
const legacyAlign = 4096
const maximumQueueSize = 256

/** All fields are accessed under the lock. */
export const VirtioMmioState = sharedStruct(
	{
		lock: 'i32',
		/** See DeviceSection. */
		level: 'i32',
		/** Version 1: bytes. Drivers such as Linux's set it before they reset the device. */
		guestPageSize: 'i32',
		// what a reset of the device clears
		status: 'i32',
		deviceFeaturesSelect: 'i32',
		driverFeaturesSelect: 'i32',
		driverFeatures: array('i32', 2),
		queueSelect: 'i32',
		interruptStatus: 'i32',
		queues: array('i32', (maximumQueues * QueueState.size) / 4),
	},
	{align: 128},
)

const field = VirtioMmioState.offset

/** The version register of every slot. */
export type VirtioMmioVersion = 1 | 2

/** The device in a slot. */
export interface VirtioDevice {
	/** virtio 1.2, 5 "Device Types". */
	readonly id: number
	readonly queueCount: number
	/** Feature bits 0 … 31. */
	readonly features: number
	/**
	 * Serves a queue that was notified, under the slot's lock.
	 * @returns whether it used buffers, or how the driver's rings are broken.
	 */
	serve(queue: Virtqueue, number: number): 'used' | 'idle' | Broken
	readConfig?(offset: number, bytes: AccessBytes): number
}

export class VirtioMmio implements Device {
	readonly name: string
	readonly base: Gpa
	/** Registers and configuration, as on QEMU's board; the rest of the range in the device tree is empty. */
	readonly size = 0x200
	readonly narrowest = 1
	readonly lock: DeviceLock
	readonly #state: StateWords
	readonly #section: DeviceSection
	readonly #version: VirtioMmioVersion
	readonly #device: VirtioDevice | undefined
	readonly #queues: readonly Virtqueue[]

	constructor(
		memory: SharedMemory,
		options: {
			slot: number
			state: number
			locks: DeviceLocks
			ram: GuestRam
			plic: Plic
			version: VirtioMmioVersion
			device: VirtioDevice | undefined
		},
	) {
		const {slot, state, locks, ram, plic, version, device} = options
		const {base, irq} = virtioSlot(slot)
		this.name = `virtio-mmio slot ${slot}`
		this.base = base
		this.#state = new StateWords(memory, state)
		this.lock = locks.add(this.name, state + field.lock)
		this.#section = new DeviceSection(memory, {
			lock: this.lock,
			plic,
			irq,
			driven: state + field.level,
			level: () => (this.#state.get(field.interruptStatus) ? 1 : 0),
		})
		this.#version = version
		this.#device = device
		this.#queues = Array.from(
			{length: device?.queueCount ?? 0},
			(_, number) => new Virtqueue(memory, {ram, state: state + field.queues + number * QueueState.size}),
		)
	}

	/** Only while no vCPU runs. */
	reset(): void {
		this.#state.clear({to: VirtioMmioState.size})
	}

	read(offset: number, bytes: AccessBytes): number {
		if (offset === Register.magicValue && bytes === 4) return magic
		if (offset === Register.version && bytes === 4) return this.#version
		if (offset === Register.vendorId && bytes === 4) return vendor
		const device = this.#device
		if (!device) return 0
		if (offset >= Register.config) return device.readConfig?.(offset - Register.config, bytes) ?? 0
		return bytes === 4 ? this.#section.run(() => this.#readRegister(device, offset)) : 0
	}

	write(offset: number, bytes: AccessBytes, value: number): void {
		const device = this.#device
		if (device && bytes === 4 && offset < Register.config) {
			this.#section.run(() => this.#writeRegister(device, {offset, value}))
		}
	}

	#readRegister(device: VirtioDevice, offset: number): number {
		switch (offset) {
			case Register.deviceId:
				return device.id
			case Register.deviceFeatures:
				return this.#offered(device, this.#state.get(field.deviceFeaturesSelect))
			case Register.queueSizeMaximum:
				return this.#selected ? maximumQueueSize : 0
			case Register.queueReady:
				return this.#isLegacy ? 0 : (this.#selected?.get('ready') ?? 0)
			case Register.queuePageFrame:
				return this.#isLegacy ? (this.#selected?.get('pageFrame') ?? 0) : 0
			case Register.interruptStatus:
				return this.#state.get(field.interruptStatus)
			case Register.status:
				// A driver of version 1 knows no DEVICE_NEEDS_RESET.
				return this.#state.get(field.status) & (this.#isLegacy ? ~Status.needsReset : ~0)
			default:
				// Shared memory regions: a length of −1 means that there are none.
				return offset >= Register.sharedMemoryLow && offset < Register.sharedMemoryEnd ? 0xffff_ffff : 0
		}
	}

	#writeRegister(device: VirtioDevice, {offset, value}: {offset: number; value: number}): void {
		const state = this.#state
		switch (offset) {
			case Register.deviceFeaturesSelect:
				state.set(field.deviceFeaturesSelect, value)
				return
			case Register.driverFeaturesSelect:
				state.set(field.driverFeaturesSelect, value)
				return
			case Register.driverFeatures: {
				const select = state.get(field.driverFeaturesSelect)
				if (select < 2 && !(state.get(field.status) & Status.featuresOk)) {
					state.set(field.driverFeatures + select * 4, value)
				}
				return
			}
			case Register.queueSelect:
				state.set(field.queueSelect, value)
				return
			case Register.queueNotify:
				this.#notify(device, value)
				return
			case Register.interruptAcknowledge:
				state.set(field.interruptStatus, state.get(field.interruptStatus) & ~value)
				this.#section.event()
				return
			case Register.status:
				this.#writeStatus(device, value & 0xff)
				return
			case Register.guestPageSize:
				// A power of two; 1 if none was written.
				state.set(field.guestPageSize, value & -value)
				return
			default:
				if (this.#isLegacy) this.#writeLegacyQueue({offset, value})
				else this.#writeQueue(offset, value)
		}
	}

	#writeQueue(offset: number, value: number): void {
		const queue = this.#selected
		if (!queue) return
		if (offset === Register.queueReady) this.#setReady(queue, value & 1)
		// The driver must not change a queue that is ready (virtio 1.2, 4.2.2.2).
		if (queue.get('ready')) return
		if (offset === Register.queueSize) queue.set('size', value)
		const name = queueAddressRegisters[offset]
		if (name) queue.set(name, value)
	}

	#writeLegacyQueue({offset, value}: {offset: number; value: number}): void {
		const queue = this.#selected
		if (!queue) return
		if (offset === Register.queueSize) queue.set('size', value)
		if (offset === Register.queueAlign) queue.set('align', value)
		if (offset !== Register.queuePageFrame) return
		// As on QEMU's board: drivers of version 1 write 0 to give the queue up, and set the device up anew after that.
		if (value === 0) return this.#reset()
		if (queue.get('size') === 0) queue.set('size', maximumQueueSize)
		if (queue.get('align') === 0) queue.set('align', legacyAlign)
		queue.set('pageFrame', value)
		queue.layOutLegacy(this.#state.get(field.guestPageSize))
		this.#setReady(queue, 1)
	}

	#setReady(queue: Virtqueue, ready: number): void {
		const size = queue.get('size')
		const isSizeValid = size > 0 && size <= maximumQueueSize && (size & (size - 1)) === 0
		if (ready && (!isSizeValid || queue.fault())) {
			this.#needReset()
			return
		}
		queue.set('ready', ready)
		queue.set('taken', 0)
		queue.set('used', 0)
	}

	#notify(device: VirtioDevice, number: number): void {
		const queue = this.#queues[number]
		const status = this.#state.get(field.status)
		if (!queue?.get('ready') || !(status & Status.driverOk) || status & Status.needsReset) return
		const outcome = device.serve(queue, number)
		if (outcome === 'idle') return
		if (outcome !== 'used') this.#needReset()
		else if (queue.wantsInterrupt()) this.#interrupt(Interrupt.usedBuffer)
	}

	#writeStatus(device: VirtioDevice, status: number): void {
		if (status === 0) return this.#reset()
		if (this.#isLegacy) {
			const isNew = status & ~this.#state.get(field.status)
			this.#state.set(field.status, status | (this.#state.get(field.status) & Status.needsReset))
			// Drivers of version 1 may make buffers available, and notify, before they are done.
			if (isNew & Status.driverOk) for (const number of this.#queues.keys()) this.#notify(device, number)
			return
		}
		const accepted = [0, 1].every((word) => {
			const wanted = this.#state.get(field.driverFeatures + word * 4)
			return (wanted & ~this.#offered(device, word)) === 0 && (word === 0 || (wanted & version1) !== 0)
		})
		const refused = status & Status.featuresOk && !accepted ? Status.featuresOk : 0
		const kept = this.#state.get(field.status) & Status.needsReset
		this.#state.set(field.status, (status & ~refused) | kept)
	}

	#reset(): void {
		this.#state.clear({from: field.status, to: VirtioMmioState.size})
		this.#section.event()
	}

	/** An error from which only a reset recovers, announced by a configuration interrupt. virtio 1.2, 2.1.2. */
	#needReset(): void {
		this.#state.set(field.status, this.#state.get(field.status) | Status.needsReset)
		if (!this.#isLegacy && this.#state.get(field.status) & Status.driverOk) this.#interrupt(Interrupt.configuration)
	}

	#interrupt(bit: number): void {
		this.#state.set(field.interruptStatus, this.#state.get(field.interruptStatus) | bit)
		this.#section.event()
	}

	#offered(device: VirtioDevice, word: number): number {
		if (word === 0) return device.features >>> 0
		return word === 1 && !this.#isLegacy ? version1 : 0
	}

	get #isLegacy(): boolean {
		return this.#version === 1
	}

	get #selected(): Virtqueue | undefined {
		return this.#queues[this.#state.get(field.queueSelect)]
	}
}
