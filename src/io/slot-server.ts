/** Serves the queues of a slot: takes chains, as many as the queue is long at once, and completes each when it is done. */
import type {ServedQueues, Taken} from '../board/index.ts'

/** A device's work on a chain. It may reject only for a broken invariant. */
export interface ChainHandler {
	/** @returns the bytes written into the chain; `broken`: the driver does not keep to the device's protocol. */
	handle(taken: Taken): Promise<number | 'broken'>
	/** Nothing more is taken: chains that wait for the world outside are to be handled now. */
	stop?(): void
	/** All chains are handled: brings all to safety. */
	close(): Promise<void>
}

export class SlotServer {
	readonly #queues: ServedQueues
	readonly #handler: ChainHandler
	/** By queue. */
	readonly #underWay: number[] = []
	/** Queues that may have more than could be taken. */
	readonly #full = new Set<number>()
	readonly #running = new Set<Promise<void>>()
	/** Queues to be looked at in a turn of the event loop. */
	#due = 0
	#isClosing = false

	constructor(queues: ServedQueues, handler: ChainHandler) {
		this.#queues = queues
		this.#handler = handler
	}

	/** Chains are under way, or are to be taken in a turn of the event loop. */
	get isBusy(): boolean {
		return this.#running.size > 0 || this.#due > 0
	}

	/** Looks at the queues that were notified. */
	serve(): void {
		for (let bits = this.#queues.notified(); bits !== 0; bits &= bits - 1)
			this.#serveQueue(31 - Math.clz32(bits & -bits))
	}

	/** Takes nothing more, and resolves once all that was taken is done and the device is closed. */
	async close(): Promise<void> {
		this.#isClosing = true
		this.#handler.stop?.()
		while (this.#running.size > 0) await Promise.all(this.#running)
		await this.#handler.close()
	}

	#serveQueue(queue: number): void {
		const most = this.#isClosing ? 0 : this.#queues.size(queue)
		this.#full.delete(queue)
		while ((this.#underWay[queue] ?? 0) < most) {
			const taken = this.#queues.take(queue)
			if (!taken) return
			this.#underWay[queue] = (this.#underWay[queue] ?? 0) + 1
			const running: Promise<void> = this.#handle(taken).finally(() => this.#running.delete(running))
			this.#running.add(running)
		}
		this.#full.add(queue)
	}

	async #handle(taken: Taken): Promise<void> {
		const written = await this.#handler.handle(taken)
		if (written === 'broken') this.#queues.fail(taken)
		else this.#queues.complete(taken, written)
		this.#underWay[taken.queue]!--
		// In a turn of its own: a guest that keeps the queue full would else have all of this thread.
		if (!this.#full.delete(taken.queue)) return
		this.#due++
		setImmediate(() => {
			this.#due--
			this.#serveQueue(taken.queue)
		})
	}
}
