/**
 * A bounded queue of (handle, stamp) in shared memory, for any number of producers and consumers. No thread waits in
 * it: while one is suspended in the middle of put(), the queue looks empty from its cell on.
 *
 * Each cell has a sequence number, after Dmitry Vyukov's bounded MPMC queue: in turn t (position = t × capacity + cell)
 * the cell is free for put at sequence = position and holds an item at position + 1. It is stored minus the cell's
 * index, so that a zero-filled queue is empty.
 */
import {array, roundUp, type SharedMemory, sharedStruct} from '../memory/index.ts'
import {passTurn} from '../turns.ts'
import {loadCounter, storeCounter} from './counter.ts'

const QueueHeader = sharedStruct(
	{
		/** Position of the next get. Any thread. */
		head: 'i32',
		headPadding: array('i32', 31),
		/** Position of the next put. Any thread. */
		tail: 'i32',
		tailPadding: array('i32', 31),
	},
	{align: 128},
)

const QueueCell = sharedStruct({sequence: 'i32', handle: 'i32', stamp: 'i64'}, {align: 16})

/** What get() returns if it takes nothing. */
const noHandle = 0

/** A power of two that holds `items`. */
function capacityFor(items: number): number {
	return 2 ** Math.max(1, Math.ceil(Math.log2(items)))
}

export class SharedQueue {
	readonly #words: Int32Array
	readonly #wide: BigInt64Array
	readonly #head: number
	readonly #tail: number
	readonly #cells: number
	readonly #mask: number

	/**
	 * @param offset bytes from the start of the shared memory to SharedQueue.size(items) zeroed bytes, aligned to 128.
	 */
	constructor(memory: SharedMemory, offset: number, items: number) {
		this.#words = memory.i32
		this.#wide = memory.i64
		this.#head = (offset + QueueHeader.offset.head) >> 2
		this.#tail = (offset + QueueHeader.offset.tail) >> 2
		this.#cells = (offset + QueueHeader.size) >> 2
		this.#mask = capacityFor(items) - 1
	}

	/** Bytes. */
	static size(items: number): number {
		return roundUp(QueueHeader.size + capacityFor(items) * QueueCell.size, QueueHeader.align)
	}

	/** Approximately how many items there are; orders nothing. */
	get length(): number {
		return Math.max(0, (Atomics.load(this.#words, this.#tail) - Atomics.load(this.#words, this.#head)) | 0)
	}

	/** @param handle not 0. @returns false when the queue is full. */
	put(handle: number, stamp: number): boolean {
		const words = this.#words
		for (;;) {
			// Head and tail order nothing, here and in get(): a stale one fails its compare-and-swap. The sequence orders.
			const position = Atomics.load(words, this.#tail)
			const index = position & this.#mask
			const cell = this.#cells + index * (QueueCell.size >> 2)
			// Acquire: the last taker read the item before it freed the cell. Pairs with the store in get().
			const ahead = (Atomics.load(words, cell) + index - position) | 0
			if (ahead < 0) return false
			if (ahead > 0 || Atomics.compareExchange(words, this.#tail, position, (position + 1) | 0) !== position) continue
			POINT: passTurn('queue')
			// Plain handle: the cell is this thread's until its sequence says otherwise.
			words[cell + (QueueCell.offset.handle >> 2)] = handle
			storeCounter(words, this.#wide, cell + (QueueCell.offset.stamp >> 2), stamp)
			// Publish: the item, and what the caller wrote for its next owner, come before. Pairs with the load in get().
			Atomics.store(words, cell, (position + 1 - index) | 0)
			return true
		}
	}

	/** Takes the oldest item, if mayPass() accepts its stamp. @returns its handle, or noHandle. */
	get(mayPass?: (stamp: number) => boolean): number {
		const words = this.#words
		for (;;) {
			const position = Atomics.load(words, this.#head)
			const index = position & this.#mask
			const cell = this.#cells + index * (QueueCell.size >> 2)
			// Acquire: what put() wrote is visible below. Pairs with its store.
			const ahead = (Atomics.load(words, cell) + index - position - 1) | 0
			if (ahead < 0) return noHandle
			if (ahead > 0) continue
			// Plain handle: if another thread takes the item meanwhile, the compare-and-swap below fails.
			const handle = words[cell + (QueueCell.offset.handle >> 2)] ?? noHandle
			if (mayPass && !mayPass(loadCounter(words, cell + (QueueCell.offset.stamp >> 2)))) {
				// Still the oldest: the stamp was this item's.
				if (Atomics.load(words, this.#head) === position) return noHandle
				continue
			}
			if (Atomics.compareExchange(words, this.#head, position, (position + 1) | 0) !== position) continue
			POINT: passTurn('queue')
			// Release the cell: the reads above come before. Pairs with the load in put().
			Atomics.store(words, cell, (position + this.#mask + 1 - index) | 0)
			return handle
		}
	}
}
