/**
 * The queues of a device as the I/O worker that serves them sees them. It takes chains, does its I/O meanwhile holding no lock,
 * and completes them in any order. A reset may come at any time: what was taken before it is void.
 */
import type {DeviceLock} from '../device-lock.ts'
import type {DeviceSection} from '../device-section.ts'
import type {Chain} from './chain.ts'
import type {Virtqueue} from './virtqueue.ts'

/** A chain that a worker has taken. */
export type Taken = Readonly<{queue: number; epoch: number; chain: Chain}>

/** What the driver has accepted: bits 0 … 31, and whether it is of the legacy interface. */
export type DriverFeatures = Readonly<{accepted: number; isLegacy: boolean}>

type Parts = Readonly<{
	queues: readonly Virtqueue[]
	section: DeviceSection
	/** Held while a worker accesses the buffers of chains, so that a reset can wait until it does not. */
	buffers: DeviceLock
	epoch: (queue: number) => number
	isLive: (queue: number) => boolean
	features: () => DriverFeatures
	interrupt: () => void
	needReset: () => void
	changeConfig: (offset: number, bytes: Uint8Array) => void
	takeNotified: () => number
}>

export class ServedQueues {
	readonly #parts: Parts

	constructor(parts: Parts) {
		this.#parts = parts
	}

	/** What the driver has accepted; it does not change while a queue is in use. */
	features(): DriverFeatures {
		const {section, features} = this.#parts
		return section.run(features)
	}

	/** Takes the bits of queues that the driver has notified. */
	notified(): number {
		return this.#parts.takeNotified()
	}

	/** Entries of a queue; 0 if it is not in use. */
	size(queue: number): number {
		const {section, isLive, queues} = this.#parts
		return section.run(() => (isLive(queue) ? queues[queue]!.get('size') : 0))
	}

	/** @returns undefined if there is none; then the driver notifies of the next. */
	take(queue: number): Taken | undefined {
		const {section, queues, isLive, needReset, epoch} = this.#parts
		return section.run(() => {
			const rings = queues[queue]
			while (rings && isLive(queue)) {
				const next = rings.next()
				if (next.kind === 'chain') return {queue, epoch: epoch(queue), chain: next.chain}
				if (next.kind === 'broken') needReset()
				else if (!rings.awaitMore()) return undefined
			}
			return undefined
		})
	}

	/**
	 * Runs `body`, which may access the buffers of the chain in guest RAM, and only in it.
	 * @returns whether it ran: not if the chain is void.
	 */
	access({queue, epoch}: Taken, body: () => void): boolean {
		return this.#parts.buffers.run(() => {
			// The reset changes the epoch, and then waits for this lock: either this sees the new one, or the reset waits. Pairs
			// with awaitCopy(). Plain: the lock orders it.
			if (this.#parts.epoch(queue) !== epoch) return false
			body()
			return true
		})
	}

	/** Gives the chain back and interrupts the driver if it wants that. A void chain is dropped. @param written bytes. */
	complete({queue, epoch, chain}: Taken, written: number): void {
		const {section, queues, interrupt} = this.#parts
		section.run(() => {
			if (!this.#isValid(queue, epoch)) return
			const rings = queues[queue]!
			rings.giveBack(chain, written)
			if (rings.wantsInterrupt()) interrupt()
		})
	}

	/** Gives chains of one queue back, which the driver sees all at once, as it must those that hold one frame together. */
	completeAll(all: readonly Readonly<{taken: Taken; written: number}>[]): void {
		const {section, queues, interrupt} = this.#parts
		section.run(() => {
			const valid = all.filter(({taken: {queue, epoch}}) => this.#isValid(queue, epoch))
			const [first] = valid
			if (!first) return
			const rings = queues[first.taken.queue]!
			rings.giveBackAll(valid.map(({taken, written}) => ({head: taken.chain.head, written})))
			if (rings.wantsInterrupt()) interrupt()
		})
	}

	/** The driver broke the device's protocol: nothing more is served until a reset. */
	fail({queue, epoch}: Taken): void {
		const {section, needReset} = this.#parts
		section.run(() => {
			if (this.#isValid(queue, epoch)) needReset()
		})
	}

	/** Writes bytes of the configuration space, and interrupts the driver, which reads it again. */
	changeConfig(offset: number, bytes: Uint8Array): void {
		this.#parts.section.run(() => this.#parts.changeConfig(offset, bytes))
	}

	/** Waits until no worker accesses buffers. For a reset, after it has changed the epochs. */
	awaitCopy(): void {
		// Acquire and release. Pairs with access().
		this.#parts.buffers.run(() => {})
	}

	#isValid(queue: number, epoch: number): boolean {
		return this.#parts.isLive(queue) && this.#parts.epoch(queue) === epoch
	}
}
