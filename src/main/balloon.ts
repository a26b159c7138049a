/** The balloon of a machine: how much of its RAM the guest is asked to do without, and what it has given. */
import {type Board, type ServedDevice, type VirtioMmioVersion, virtioSlotCount} from '../board/index.ts'
import {expected} from '../errors.ts'
import {BalloonConfig, balloonDevice, balloonPageBytes, type IoConfig} from '../io/index.ts'
import {HostPages, type SharedMemory} from '../memory/index.ts'

/** Pages in a balloon go back to the host, and so can those that are free. */
export type BalloonOptions = Readonly<{
	/** The guest tells which of its pages are free, all the time, and they go back; default: only those in the balloon do. */
	freePageReporting?: boolean
	/** The guest may take pages out of the balloon before it kills a program for lack of memory. */
	deflateOnOom?: boolean
}>

/** The number of the I/O worker that serves the balloon. */
export const balloonWorker = 4

export class BalloonDevice {
	readonly #options: BalloonOptions | undefined
	readonly #slot: number

	/** @throws UserError if there is no slot left. */
	constructor(options: BalloonOptions | undefined, slot: number) {
		if (options && slot >= virtioSlotCount)
			throw expected('a slot that is free for the balloon', `${virtioSlotCount - 1} other devices`)
		this.#options = options
		this.#slot = slot
	}

	devices(): readonly ServedDevice[] {
		if (!this.#options) return []
		const {deflateOnOom = false, freePageReporting = false} = this.#options
		return [balloonDevice({deflateOnOom, freePageReporting, worker: balloonWorker})]
	}

	/** @returns undefined without a balloon. @throws UserError if this host takes no memory back. */
	ioConfig(
		memory: SharedMemory,
		rest: {harts: number; virtioMmioVersion: VirtioMmioVersion | undefined; served: readonly ServedDevice[]},
	): IoConfig | undefined {
		if (!this.#options) return undefined
		using pages = HostPages.open(memory)
		if (!pages)
			throw expected('Linux, and a Node with node:ffi, for the balloon', `${process.platform}, Node ${process.version}`)
		return {
			worker: balloonWorker,
			memory: memory.memory,
			map: memory.map,
			balloons: [{slot: this.#slot}],
			...rest,
		}
	}

	/** The balloon of a machine with this board; undefined without one. @param change has the worker do so. */
	control(
		{board, ramBytes}: Readonly<{board: Board; ramBytes: number}>,
		change: (pages: number) => Promise<void>,
	): Balloon | undefined {
		if (!this.#options) return undefined
		const slot = board.virtio[this.#slot]!
		return new Balloon({configWord: (offset) => slot.configWord(offset), ramBytes, change})
	}
}

export type BalloonStatistics = Readonly<{
	/** Of RAM that is not in the balloon, as QEMU's `info balloon` has it. */
	guestBytes: number
	/** Of RAM that the guest shall have left. It follows in its own time, as far as it can. */
	targetBytes: number
}>

type BalloonParts = Readonly<{
	configWord: (offset: number) => number
	ramBytes: number
	change: (pages: number) => Promise<void>
}>

export class Balloon {
	readonly #parts: BalloonParts

	constructor(parts: BalloonParts) {
		this.#parts = parts
	}

	statistics(): BalloonStatistics {
		const {configWord, ramBytes} = this.#parts
		// The driver may say what it likes.
		const left = (field: number) => Math.max(0, ramBytes - configWord(field) * balloonPageBytes)
		return {guestBytes: left(BalloonConfig.actual), targetBytes: left(BalloonConfig.wanted)}
	}

	/** @param bytes of RAM that the guest shall have left. Resolves once it is asked. @throws UserError for more than it has. */
	async resize(bytes: number): Promise<void> {
		const {ramBytes, change} = this.#parts
		if (!(Number.isSafeInteger(bytes) && bytes > 0 && bytes <= ramBytes))
			throw expected(`from 1 to ${ramBytes} bytes of RAM for the guest`, bytes)
		await change(Math.floor((ramBytes - bytes) / balloonPageBytes))
	}
}
