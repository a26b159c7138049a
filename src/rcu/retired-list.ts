/** Retired objects, oldest first, each with the grace period after which it may be recycled; for any thread. */
import {assert} from '../errors.ts'
import {breaks} from '../faults.ts'
import type {SharedMemory} from '../memory/index.ts'
import type {GracePeriod, Rcu} from './rcu.ts'
import {SharedQueue} from './shared-queue.ts'

export class RetiredList {
	readonly #rcu: Rcu
	readonly #queue: SharedQueue
	readonly #mayPass: (gracePeriod: number) => boolean

	/**
	 * @param offset bytes from the start of the shared memory to RetiredList.size(capacity) zeroed bytes, aligned to 128.
	 */
	constructor(rcu: Rcu, memory: SharedMemory, offset: number, capacity: number) {
		this.#rcu = rcu
		this.#queue = new SharedQueue(memory, offset, capacity)
		this.#mayPass = (gracePeriod) => {
			FAULT: if (breaks('skip-grace-period')) return true
			return rcu.poll(gracePeriod)
		}
	}

	/** Bytes. */
	static size(capacity: number): number {
		return SharedQueue.size(capacity)
	}

	/** Approximately how many objects wait for their grace period or to be taken. */
	get length(): number {
		return this.#queue.length
	}

	/**
	 * Retires an object that no reader can find any more. Never blocks.
	 * @param handle not 0.
	 * @param gracePeriod one that began after the object was unpublished; default: one that begins now.
	 */
	defer(handle: number, gracePeriod: GracePeriod = this.#rcu.startPoll()): void {
		const added = this.#queue.put(handle, gracePeriod)
		assert(added, 'a retired list has room for every object there is')
	}

	/** Takes the oldest object if its grace period has elapsed. @returns its handle, or 0. */
	takeReady(): number {
		return this.#queue.get(this.#mayPass)
	}
}
