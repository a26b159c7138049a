/**
 * virtio-balloon: pages that the guest does without go back to the host: those in the balloon, and with page reporting those that are
 * free in the guest. They read as zeroes when the guest uses them again.
 */
import type {ChainBuffer, ServedQueues, Taken} from '../board/index.ts'
import type {Gpa, GuestRam, HostPages} from '../memory/index.ts'
import {BalloonFeature, BalloonQueue, balloonPageBytes} from './balloon-config.ts'
import {GuestBuffers} from './guest-buffers.ts'
import type {ChainHandler} from './slot-server.ts'

/** Bytes that go back between two turns of the event loop: some hundred microseconds of the host's. A reset waits as long. */
const bytesAtOnce = 4 << 20
/** Numbers of pages that are read at once. */
const numbersAtOnce = 1024
const numberBytes = 4

type Range = Readonly<{gpa: Gpa; length: number}>
type Parts = Readonly<{queues: ServedQueues; ram: GuestRam; pages: Pick<HostPages, 'giveBack'>}>

export class BalloonHandler implements ChainHandler {
	readonly #parts: Parts
	/** Ends the wait of the driver's statistics, which lie here until it brings others. */
	#releaseStatistics = () => {}
	#isStopping = false

	constructor(parts: Parts) {
		this.#parts = parts
	}

	async handle(taken: Taken): Promise<number> {
		const {buffers} = taken.chain
		if (taken.queue === BalloonQueue.inflate)
			await this.#inflate(
				taken,
				buffers.filter(({access}) => access === 'device-reads'),
			)
		else if (taken.queue === BalloonQueue.statistics) await this.#keep()
		else if (taken.queue >= BalloonQueue.reports && this.#hasReports())
			await this.#giveBackAll(
				taken,
				buffers.filter(({access}) => access === 'device-writes'),
			)
		// What leaves the balloon the guest gets from the host as it writes it.
		return 0
	}

	stop(): void {
		this.#isStopping = true
		this.#releaseStatistics()
	}

	async close(): Promise<void> {}

	async #inflate(taken: Taken, buffers: readonly ChainBuffer[]): Promise<void> {
		const {queues, ram} = this.#parts
		const list = new GuestBuffers(ram, buffers)
		const count = Math.floor(list.length / numberBytes)
		for (let first = 0; first < count && !this.#isStopping; first += numbersAtOnce) {
			const bytes = Buffer.alloc(Math.min(numbersAtOnce, count - first) * numberBytes)
			if (!queues.access(taken, () => list.read(first * numberBytes, bytes))) return
			const numbers = Array.from({length: bytes.length / numberBytes}, (_, at) => bytes.readUInt32LE(at * numberBytes))
			await this.#giveBackAll(taken, rangesOf(numbers))
			// However few pages they name: a list may be as long as RAM, and as many times.
			await new Promise(setImmediate)
		}
	}

	/** In pieces, so that neither a reset nor another queue waits for a long one. Nothing more once the chain is void. */
	async #giveBackAll(taken: Taken, ranges: readonly Range[]): Promise<void> {
		let sinceTurn = 0
		for (const {gpa, length} of ranges) {
			for (let done = 0; done < length; done += bytesAtOnce) {
				const piece = {gpa: gpa + done, length: Math.min(bytesAtOnce, length - done)}
				if (this.#isStopping || !this.#parts.queues.access(taken, () => this.#giveBack(piece))) return
				sinceTurn += piece.length
				if (sinceTurn < bytesAtOnce) continue
				sinceTurn = 0
				await new Promise(setImmediate)
			}
		}
	}

	/**
	 * What is no RAM is left alone, as in QEMU. Not atomic: the pages are the device's until it gives the chain back, and the used index
	 * is stored after this.
	 */
	#giveBack({gpa, length}: Range): void {
		const {ram, pages} = this.#parts
		if (!ram.contains(gpa, length)) return
		if (pages.giveBack(ram.ramOffset(gpa, length), length) > 0) ram.written(gpa, length)
	}

	/** Until the driver brings other statistics, or the machine ends: nobody asks for newer ones. */
	async #keep(): Promise<void> {
		this.#releaseStatistics()
		if (this.#isStopping) return
		const {promise, resolve} = Promise.withResolvers<void>()
		this.#releaseStatistics = resolve
		await promise
	}

	#hasReports(): boolean {
		return (this.#parts.queues.features().accepted & BalloonFeature.pageReporting) !== 0
	}
}

/** @returns ranges, each as long as can be, for numbers of pages in any order. */
function rangesOf(numbers: readonly number[]): readonly Range[] {
	const ranges: {gpa: Gpa; length: number}[] = []
	for (const number of numbers.toSorted((one, other) => one - other)) {
		const gpa = number * balloonPageBytes
		const last = ranges.at(-1)
		if (last && last.gpa + last.length === gpa) last.length += balloonPageBytes
		else if (!last || last.gpa + last.length < gpa) ranges.push({gpa, length: balloonPageBytes})
	}
	return ranges
}
