/** What the transport has to know of the device in a slot. */
import type {Broken} from './chain.ts'
import type {Virtqueue} from './virtqueue.ts'

export interface VirtioDevice {
	/** virtio 1.2, 5 "Device Types". */
	readonly id: number
	readonly queueCount: number
	/** Feature bits 0 … 31. Indirect descriptors are offered by every device. */
	readonly features: number
	/** The configuration space at power-on. */
	readonly config?: Uint8Array
	/** The first byte of the configuration space that the driver may write, and the end of such; default: none. */
	readonly writableConfig?: readonly [from: number, to: number]
	/** The I/O worker that serves the queues; undefined: the thread that notifies does, in serve(). */
	readonly worker?: number
	/**
	 * Serves a queue that was notified, under the slot's lock.
	 * @returns whether it used buffers, or how the driver's rings are broken.
	 */
	serve?(queue: Virtqueue, number: number): 'used' | 'idle' | Broken
}

/** A device that an I/O worker serves, as plain data: every thread of the machine has it. */
export type ServedDevice = Readonly<
	Required<Pick<VirtioDevice, 'id' | 'queueCount' | 'features' | 'config' | 'worker'>> &
		Pick<VirtioDevice, 'writableConfig'>
>
