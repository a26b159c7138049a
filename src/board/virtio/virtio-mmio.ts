/**
 * One virtio-mmio slot: registers, negotiation, queues. An empty slot has device ID 0. The transport is of version 2, or of
 * version 1, the legacy interface.
 */
import {array, type Gpa, type GuestRam, type SharedMemory, sharedStruct} from '../../memory/index.ts'
import type {AccessBytes, Device} from '../bus.ts'
import type {DeviceLock} from '../device-lock.ts'
import type {DeviceLocks} from '../device-locks.ts'
import {DeviceSection} from '../device-section.ts'
import {virtioSlot} from '../memory-map.ts'
import type {Plic} from '../plic.ts'
import {StateWords} from '../state-words.ts'
import {ServedQueues} from './served-queues.ts'
import type {VirtioDevice} from './virtio-device.ts'
import {RingFeature, version1} from './virtio-features.ts'
import {queueAddressRegisters, Register} from './virtio-registers.ts'
import {QueueState, Virtqueue} from './virtqueue.ts'
import type {WorkerBells} from './worker-bells.ts'

const magic = 0x7472_6976
/** "QEMU" as a little-endian word, as on its virt board. */
const vendor = 0x554d_4551
/** virtio 1.2, 2.1 "Device Status Field". */
const Status = {acknowledge: 1, driver: 2, driverOk: 4, featuresOk: 8, needsReset: 64, failed: 128} as const
const Interrupt = {usedBuffer: 1, configuration: 2} as const

/** Of a device, at most. */
export const mostQueues = 16
/** The space from `config` to the end of the registers. */
const configBytes = 256
/** What a driver of version 1 gets that does not say, as on QEMU's board. */
const legacyAlign = 4096
const maximumQueueSize = 256

/** All fields are accessed under the lock. */
export const VirtioMmioState = sharedStruct(
	{
		lock: 'i32',
		/** See DeviceSection. */
		level: 'i32',
		/** The lock of the buffers of chains that an I/O worker has taken; see ServedQueues. */
		buffersLock: 'i32',
		/** By queue: grows when the chains that the device has taken become void. */
		epochs: array('i32', mostQueues),
		configGeneration: 'i32',
		config: array('i32', configBytes / 4),
		/** Bits of queues of which the driver has notified an I/O worker. Not under the lock: any thread, atomically. */
		notified: 'i32',
		/** Version 1: bytes. Drivers such as Linux's set it before they reset the device. */
		guestPageSize: 'i32',
		// what a reset of the device clears
		status: 'i32',
		deviceFeaturesSelect: 'i32',
		driverFeaturesSelect: 'i32',
		driverFeatures: array('i32', 2),
		queueSelect: 'i32',
		interruptStatus: 'i32',
		queues: array('i32', (mostQueues * QueueState.size) / 4),
	},
	{align: 128},
)

const field = VirtioMmioState.offset

/** The version register of every slot. */
export type VirtioMmioVersion = 1 | 2

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
	readonly #slot: number
	readonly #bells: WorkerBells
	/** The place of VirtioMmioState.notified in shared memory, bytes. */
	readonly #notified: number = 0
	/** For the I/O worker that serves the device: undefined if another thread does. */
	readonly served: ServedQueues | undefined

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
			bells: WorkerBells
		},
	) {
		const {slot, state, locks, ram, plic, version, device, bells} = options
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
		this.#queues = Array.from({length: device?.queueCount ?? 0}, (_, number) => {
			const features = () => this.#accepted
			return new Virtqueue(memory, {ram, features, state: state + field.queues + number * QueueState.size})
		})
		this.#slot = slot
		this.#bells = bells
		if (device?.worker === undefined) return
		this.served = new ServedQueues({
			queues: this.#queues,
			section: this.#section,
			buffers: locks.add(`the buffers of ${this.name}`, state + field.buffersLock, true),
			epoch: (number) => this.#state.get(field.epochs + number * 4),
			isLive: (number) => this.#isLive(number),
			features: () => ({accepted: this.#accepted, isLegacy: this.#isLegacy}),
			interrupt: () => this.#interrupt(Interrupt.usedBuffer),
			needReset: () => this.#needReset(),
			changeConfig: (offset, bytes) => this.#changeConfig(offset, bytes),
			takeNotified: () => bells.takeNotified(state + field.notified),
		})
		this.#notified = state + field.notified
	}

	/** Only while no vCPU runs. */
	reset(): void {
		this.#state.clear({to: VirtioMmioState.size})
		this.#setConfig(0, this.#device?.config ?? new Uint8Array())
	}

	/**
	 * A word of the configuration space, whole, but not at one time with others. @param offset a multiple of 4. Takes no lock, for the main
	 * thread. Plain: a report.
	 */
	configWord(offset: number): number {
		return this.#state.get(field.config + offset) >>> 0
	}

	read(offset: number, bytes: AccessBytes): number {
		if (offset === Register.magicValue && bytes === 4) return magic
		if (offset === Register.version && bytes === 4) return this.#version
		if (offset === Register.vendorId && bytes === 4) return vendor
		const device = this.#device
		if (!device) return 0
		if (offset >= Register.config) return this.#section.run(() => this.#readConfig(offset - Register.config, bytes))
		return bytes === 4 ? this.#section.run(() => this.#readRegister(device, offset)) : 0
	}

	write(offset: number, bytes: AccessBytes, value: number): void {
		const device = this.#device
		if (!device) return
		if (offset >= Register.config) return this.#section.run(() => this.#writeConfig(device, {offset, bytes, value}))
		if (bytes === 4) this.#section.run(() => this.#writeRegister(device, {offset, value}))
	}

	#readConfig(offset: number, bytes: AccessBytes): number {
		const word = this.#state.get(field.config + (offset & ~3))
		return bytes === 4 ? word : (word >>> (8 * (offset & 3))) & (bytes === 1 ? 0xff : 0xffff)
	}

	#setConfig(offset: number, bytes: Uint8Array): void {
		const whole = this.#config()
		whole.set(bytes, offset)
		const view = new DataView(whole.buffer)
		for (let at = 0; at < configBytes; at += 4) this.#state.set(field.config + at, view.getUint32(at, true))
	}

	#config(): Uint8Array<ArrayBuffer> {
		const whole = new Uint8Array(configBytes)
		const view = new DataView(whole.buffer)
		for (let at = 0; at < configBytes; at += 4) view.setUint32(at, this.#state.get(field.config + at), true)
		return whole
	}

	#writeConfig(
		{writableConfig: [from, to] = [0, 0]}: VirtioDevice,
		{offset, bytes, value}: {offset: number; bytes: AccessBytes; value: number},
	): void {
		const at = offset - Register.config
		if (at < from || at + bytes > to) return
		this.#setConfig(
			at,
			Uint8Array.from({length: bytes}, (_, byte) => value >>> (8 * byte)),
		)
	}

	/** virtio 1.2, 2.5 "Device Configuration Space". */
	#changeConfig(offset: number, bytes: Uint8Array): void {
		this.#setConfig(offset, bytes)
		this.#state.set(field.configGeneration, this.#state.get(field.configGeneration) + 1)
		if (this.#state.get(field.status) & Status.driverOk) this.#interrupt(Interrupt.configuration)
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
			case Register.configGeneration:
				return this.#isLegacy ? 0 : this.#state.get(field.configGeneration)
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
		this.#voidChains([this.#queues.indexOf(queue)])
		queue.set('ready', ready)
		queue.set('taken', 0)
		queue.set('used', 0)
		queue.set('announced', 0)
	}

	/**
	 * What the device has taken of these queues it must not touch any more, from now on. Waits for an I/O worker only while that
	 * copies bytes of a chain.
	 */
	#voidChains(numbers: Iterable<number>): void {
		for (const number of numbers) {
			const epoch = field.epochs + number * 4
			this.#state.set(epoch, this.#state.get(epoch) + 1)
		}
		this.served?.awaitCopy()
	}

	#notify(device: VirtioDevice, number: number): void {
		const queue = this.#queues[number]
		if (!queue || !this.#isLive(number)) return
		if (device.worker !== undefined) {
			this.#bells.notify({worker: device.worker, slot: this.#slot, queue: number, notified: this.#notified})
			return
		}
		const outcome = device.serve?.(queue, number) ?? 'idle'
		if (outcome === 'idle') return
		if (outcome !== 'used') this.#needReset()
		else if (queue.wantsInterrupt()) this.#interrupt(Interrupt.usedBuffer)
	}

	/** Whether the device may use the queue. */
	#isLive(number: number): boolean {
		const status = this.#state.get(field.status)
		if (!(status & Status.driverOk) || status & Status.needsReset) return false
		return this.#queues[number]?.get('ready') === 1
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
		this.#voidChains(this.#queues.keys())
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
		if (word === 0) return (device.features | RingFeature.indirect) >>> 0
		return word === 1 && !this.#isLegacy ? version1 : 0
	}

	/** Features that the driver has accepted, bits 0 … 31. */
	get #accepted(): number {
		const device = this.#device
		return device ? this.#state.get(field.driverFeatures) & this.#offered(device, 0) : 0
	}

	get #isLegacy(): boolean {
		return this.#version === 1
	}

	get #selected(): Virtqueue | undefined {
		return this.#queues[this.#state.get(field.queueSelect)]
	}
}
