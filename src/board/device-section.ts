/** A device's critical sections: they access its registers under its lock, and drive its interrupt line at the end. */
import type {SharedMemory} from '../memory/index.ts'
import type {DeviceLock} from './device-lock.ts'
import type {InterruptLines, Plic} from './plic.ts'
import {StateWords} from './state-words.ts'

export class DeviceSection {
	readonly lock: DeviceLock
	readonly #plic: Plic
	readonly #irq: number
	readonly #level: () => 0 | 1
	readonly #driven: StateWords
	#isEvent = false

	/**
	 * @param options.driven the offset in shared memory of the word that holds the line's level, bytes.
	 * @param options.level what the line's level should be, by the device's registers.
	 */
	constructor(
		memory: SharedMemory,
		options: {lock: DeviceLock; plic: Plic; irq: number; driven: number; level: () => 0 | 1},
	) {
		this.lock = options.lock
		this.#plic = options.plic
		this.#irq = options.irq
		this.#level = options.level
		this.#driven = new StateWords(memory, options.driven)
	}

	/** Called by a section's body: something has happened for which a line that is high interrupts, even if it was high before. */
	event(): void {
		this.#isEvent = true
	}

	/** Runs `body` under the lock, waiting if it is held. For vCPUs. */
	run<Result>(body: () => Result): Result {
		return this.lock.run(() => this.#run(body, this.#plic))
	}

	/**
	 * The same for the main thread, without waiting.
	 * @returns undefined without running `body` if another thread holds this lock or the PLIC's.
	 */
	tryRun<Result>(body: () => Result): Result | undefined {
		return this.lock.tryRun(() => this.#plic.tryRun((lines) => this.#run(body, lines)))
	}

	#run<Result>(body: () => Result, lines: InterruptLines): Result {
		this.#isEvent = false
		const result = body()
		const level = this.#level()
		if (this.#isEvent || level !== this.#driven.get(0)) {
			this.#driven.set(0, level)
			lines.setLevel(this.#irq, level)
		}
		return result
	}
}
