/** All device locks of a board, as one thread uses them. */
import type {SharedMemory} from '../memory/index.ts'
import {type ControlWords, MainDoorbell} from './control.ts'
import {DeviceLock, type HungLock, type LockTimer} from './device-lock.ts'

export class DeviceLocks {
	readonly #memory: SharedMemory
	readonly #control: ControlWords
	readonly #hart: number | undefined
	readonly #timer: LockTimer | undefined
	readonly #locks: DeviceLock[] = []

	/** @param options.hart the hart whose thread uses them; undefined for the main thread. */
	constructor(
		memory: SharedMemory,
		{control, hart, timer}: {control: ControlWords; hart: number | undefined; timer?: LockTimer | undefined},
	) {
		this.#memory = memory
		this.#control = control
		this.#hart = hart
		this.#timer = timer
	}

	/** @param offset of the lock word in shared memory, bytes. */
	add(device: string, offset: number): DeviceLock {
		const onWanted = () => this.#control.ringMain(MainDoorbell.deviceLock)
		const lock = new DeviceLock(this.#memory, {device, offset, hart: this.#hart, onWanted, timer: this.#timer})
		this.#locks.push(lock)
		return lock
	}

	/** See DeviceLock.watch(). @returns a lock that hangs. */
	watch(limit: number): HungLock | undefined {
		// Calls all of them, since each lock counts its own calls.
		return this.#locks.map((lock) => lock.watch(limit)).find((hung) => hung !== undefined)
	}

	/** A hart's thread has died; see DeviceLock.orphan(). */
	orphan(hart: number): void {
		for (const lock of this.#locks) lock.orphan(hart)
	}
}
