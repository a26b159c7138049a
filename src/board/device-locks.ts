/** All device locks of a board, as one thread uses them. */
import type {SharedMemory} from '../memory/index.ts'
import {type ControlWords, MainDoorbell} from './control.ts'
import {DeviceLock, type HungLock, type LockThread, type LockTimer} from './device-lock.ts'

export class DeviceLocks {
	readonly #memory: SharedMemory
	readonly #control: ControlWords
	readonly #thread: LockThread
	readonly #timer: LockTimer | undefined
	readonly #locks: DeviceLock[] = []

	/** @param options.thread which uses them. */
	constructor(
		memory: SharedMemory,
		{control, thread, timer}: {control: ControlWords; thread: LockThread; timer?: LockTimer | undefined},
	) {
		this.#memory = memory
		this.#control = control
		this.#thread = thread
		this.#timer = timer
	}

	/** @param offset of the lock word in shared memory, bytes. @param isSlow see DeviceLockOptions. */
	add(device: string, offset: number, isSlow = false): DeviceLock {
		const onWanted = () => this.#control.ringMain(MainDoorbell.deviceLock)
		const lock = new DeviceLock(this.#memory, {device, offset, isSlow, ...this.#thread, onWanted, timer: this.#timer})
		this.#locks.push(lock)
		return lock
	}

	/** See DeviceLock.watch(). @returns a lock that hangs. */
	watch(limit: number): HungLock | undefined {
		// Calls all of them, since each lock counts its own calls.
		return this.#locks.map((lock) => lock.watch(limit)).find((hung) => hung !== undefined)
	}

	/** A thread has died; see DeviceLock.orphan(). */
	orphan(thread: LockThread): void {
		for (const lock of this.#locks) lock.orphan(thread)
	}
}
