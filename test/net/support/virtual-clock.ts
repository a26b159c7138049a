/** Time that passes only when a test says so. */
import type {Clock, Timer} from '../../../src/net/clock.ts'

type Event = {at: number; order: number; callback: (() => void) | undefined}

const isEarlier = (left: Event, right: Event): boolean =>
	left.at < right.at || (left.at === right.at && left.order < right.order)

export class VirtualClock implements Clock {
	#now = 0
	#order = 0
	/** A binary heap by time. */
	readonly #events: Event[] = []
	#soon: (() => void)[] = []

	/** Timers that were set and have neither passed nor been cancelled. */
	get pending(): number {
		return this.#events.filter(({callback}) => callback).length
	}

	now(): number {
		return this.#now
	}

	after(milliseconds: number, callback: () => void): Timer {
		const event: Event = {at: this.#now + milliseconds, order: this.#order++, callback}
		this.#push(event)
		return {
			cancel: () => {
				event.callback = undefined
			},
		}
	}

	soon(callback: () => void): void {
		this.#soon.push(callback)
	}

	/** What waits for the end of the present event. */
	settle(): void {
		while (this.#soon.length > 0) {
			const callbacks = this.#soon
			this.#soon = []
			for (const callback of callbacks) callback()
		}
	}

	/** Serves the next event. @returns false if there is none up to `until`. */
	step(until = Infinity): boolean {
		this.settle()
		for (let event = this.#events[0]; event && event.at <= until; event = this.#events[0]) {
			this.#pop()
			if (!event.callback) continue
			this.#now = event.at
			event.callback()
			this.settle()
			return true
		}
		return false
	}

	/** Serves all events of the next milliseconds. */
	pass(milliseconds: number): void {
		const until = this.#now + milliseconds
		while (this.step(until));
		this.#now = until
	}

	#push(event: Event): void {
		const heap = this.#events
		let at = heap.length
		for (; at > 0; at = (at - 1) >> 1) {
			const parent = heap[(at - 1) >> 1]!
			if (!isEarlier(event, parent)) break
			heap[at] = parent
		}
		heap[at] = event
	}

	#pop(): void {
		const heap = this.#events
		const last = heap.pop()!
		if (heap.length === 0) return
		let at = 0
		for (;;) {
			let child = 2 * at + 1
			if (child >= heap.length) break
			if (child + 1 < heap.length && isEarlier(heap[child + 1]!, heap[child]!)) child++
			if (!isEarlier(heap[child]!, last)) break
			heap[at] = heap[child]!
			at = child
		}
		heap[at] = last
	}
}
