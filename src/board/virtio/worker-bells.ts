/** The doorbells of I/O workers: how a vCPU hands on a notification without waiting, and how a worker sleeps until one comes. */
import type {SharedMemory} from '../../memory/index.ts'
import {Control} from '../control.ts'

/** Beside bits 0 … 7, which are slots. */
export const WorkerBell = {stop: 1 << 8} as const

export class WorkerBells {
	readonly #words: Int32Array<SharedArrayBuffer>
	readonly #first: number

	constructor(memory: SharedMemory) {
		this.#words = memory.i32
		this.#first = (memory.region('devices').offset + Control.offset.workerDoorbells) >> 2
	}

	/** @param options.notified the offset of the slot's word of notified queues in shared memory, bytes. */
	notify({worker, slot, queue, notified}: Readonly<Record<'worker' | 'slot' | 'queue' | 'notified', number>>): void {
		// The rings, and then the queue's bit, are ordered before the bell. Pairs with take() and takeNotified().
		Atomics.or(this.#words, notified >> 2, 1 << queue)
		this.ring(worker, 1 << slot)
	}

	/** Wakes a worker. Writes before this are visible to it once it has taken the bit. Pairs with take(), rung() and sleep(). */
	ring(worker: number, bit: number): void {
		const before = Atomics.or(this.#words, this.#first + worker, bit)
		// A notification takes a lock of the whole process; a worker that is awake has bits, or takes them before it sleeps. The last
		// bell notifies in any case: whoever set a bit before may have died before it notified.
		if (before === 0 || bit === WorkerBell.stop) Atomics.notify(this.#words, this.#first + worker)
	}

	/** Takes the queues' bits of a slot. Ordered before the look at their rings. Pairs with notify(). */
	takeNotified(notified: number): number {
		return Atomics.exchange(this.#words, notified >> 2, 0)
	}

	/** Takes all bits. @returns 0 if none is set. Ordered before the reads of what the bits announce. Pairs with ring(). */
	take(worker: number): number {
		return Atomics.exchange(this.#words, this.#first + worker, 0)
	}

	/** Resolves when a bit is set, without blocking the worker's event loop. */
	async rung(worker: number): Promise<void> {
		// Sleeps only while no bit is set. Pairs with ring(), which notifies when it sets the first.
		const wait = Atomics.waitAsync(this.#words, this.#first + worker, 0)
		if (wait.async) await wait.value
	}

	/** Blocks the thread until a bit is set, or so many milliseconds: it wakes sooner than its event loop would. */
	sleep(worker: number, milliseconds: number): 'rung' | 'timed-out' {
		// As in rung().
		const end = Atomics.wait(this.#words, this.#first + worker, 0, milliseconds)
		return end === 'timed-out' ? end : 'rung'
	}
}
