/** A device's critical sections: they access its registers under its lock, and drive its interrupt line at the end. */
import type {DeviceLock} from './device-lock.ts'
import type {InterruptLines, Plic} from './plic.ts'

export class DeviceSection {
	readonly lock: DeviceLock
	readonly #plic: Plic
	readonly #driveLine: (lines: InterruptLines) => void

	/** @param options.driveLine sets the device's line according to its registers. */
	constructor(options: {lock: DeviceLock; plic: Plic; driveLine: (lines: InterruptLines) => void}) {
		this.lock = options.lock
		this.#plic = options.plic
		this.#driveLine = options.driveLine
	}

	/** Runs `body` under the lock, waiting if it is held. For vCPUs. */
	run<Result>(body: () => Result): Result {
		return this.lock.run(() => {
			const result = body()
			this.#driveLine(this.#plic)
			return result
		})
	}

	/**
	 * The same for the main thread, without waiting.
	 * @returns undefined without running `body` if another thread holds this lock or the PLIC's.
	 */
	tryRun<Result>(body: () => Result): Result | undefined {
		return this.lock.tryRun(() =>
			this.#plic.tryRun((lines) => {
				const result = body()
				this.#driveLine(lines)
				return result
			}),
		)
	}
}
