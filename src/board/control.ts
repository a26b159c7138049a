/** Control words: how any thread wakes the main thread and stops the machine. */
import {assert} from '../errors.ts'
import {array, Doorbell, type SharedMemory, sharedStruct, type VcpuBlocks} from '../memory/index.ts'

/** I/O workers of a machine at most. */
export const maximumWorkers = 5

export const Control = sharedStruct(
	{
		// written by any thread
		/** MainDoorbell bits. The main thread sleeps on this word. */
		mainDoorbell: 'i32',
		/** Why the machine stops, see packStop(); 0 until then. One word, written once: the thread may die at any point. */
		stop: 'i32',
		/** By I/O worker: bits of slots that it is to look at, and WorkerBell bits. The worker sleeps on its word. */
		workerDoorbells: array('i32', maximumWorkers),
		reserved: array('i32', 30 - maximumWorkers),
	},
	{align: 128},
)

/** Why the main thread is woken. */
export const MainDoorbell = {
	consoleOutput: 1,
	stop: 2,
	tlbPool: 4,
	message: 8,
	/** The console's input ring, which was full, has room again. */
	consoleInput: 16,
	/** The real-time clock's alarm was set or changed. */
	rtcAlarm: 32,
	/** A device's lock that the main thread failed to acquire was released. */
	deviceLock: 64,
} as const

export const StopReason = {powerOff: 1, reboot: 2, exitCode: 3, error: 4, host: 5, aborted: 6} as const
export type StopReason = (typeof StopReason)[keyof typeof StopReason]

/** `exitCode`: 0 to 65535. `hart`: the hart that requested it, −1 for none. */
export type Stop = Readonly<{reason: StopReason; exitCode: number; hart: number}>

export class ControlWords {
	readonly #words: Int32Array<SharedArrayBuffer>
	readonly #blocks: VcpuBlocks
	readonly #base: number

	constructor(memory: SharedMemory, blocks: VcpuBlocks) {
		this.#words = memory.i32
		this.#blocks = blocks
		this.#base = memory.region('devices').offset
	}

	/** Wakes the main thread. Writes before this are visible to it once it has taken the bit. Pairs with takeMain(). */
	ringMain(bit: number): void {
		const word = this.#word('mainDoorbell')
		const before = Atomics.or(this.#words, word, bit)
		if (before === 0) Atomics.notify(this.#words, word)
	}

	/** Takes all bits. Ordered before the reads of the data that they announce. Pairs with ringMain(). */
	takeMain(): number {
		return Atomics.exchange(this.#words, this.#word('mainDoorbell'), 0)
	}

	/** Wakes the main thread if a bit is set: the ringer's thread may have died before it notified. */
	wakeMain(): void {
		const word = this.#word('mainDoorbell')
		// Orders nothing: the waiter takes the bits itself.
		if (Atomics.load(this.#words, word) !== 0) Atomics.notify(this.#words, word)
	}

	/**
	 * Waits until a bit is set, without blocking the event loop, and takes all bits. For the main thread only.
	 * A pending wait does not keep the process alive.
	 * @returns the bits; 0 at the timeout.
	 */
	async mainWait(timeoutMs: number): Promise<number> {
		const rung = this.takeMain()
		if (rung) return rung
		// Sleeps only while no bit is set. Pairs with ringMain(), which notifies when it sets the first.
		const wait = Atomics.waitAsync(this.#words, this.#word('mainDoorbell'), 0, timeoutMs)
		if (wait.async) await wait.value
		return this.takeMain()
	}

	/**
	 * Stops the machine: publishes the reason, then rings every vCPU (to pause) and the main thread. The first stop wins.
	 * Later ones ring, too, since the first one's thread may have died before it rang.
	 * @param stop.exitCode the process's, default 0. @param stop.hart the hart that requests it, default −1.
	 * @returns whether this was the first.
	 */
	requestStop({reason, exitCode = 0, hart = -1}: {reason: StopReason; exitCode?: number; hart?: number}): boolean {
		// Of threads that stop at the same time one wins. Publish: ordered before the bells. Pairs with stop().
		const before = Atomics.compareExchange(this.#words, this.#word('stop'), 0, packStop({reason, exitCode, hart}))
		for (let vcpu = 0; vcpu < this.#blocks.count; vcpu++) this.#blocks.ring(vcpu, Doorbell.pause)
		this.ringMain(MainDoorbell.stop)
		return before === 0
	}

	/** @returns undefined until a stop is requested. */
	stop(): Stop | undefined {
		// Acquire. Pairs with requestStop().
		const packed = Atomics.load(this.#words, this.#word('stop'))
		return packed === 0 ? undefined : unpackStop(packed)
	}

	/** Clears the stop and every bell. Only before the vCPUs start. */
	reset(): void {
		// Plain: no other thread runs; starting the vCPUs orders it before them.
		this.#words.fill(0, this.#base >> 2, (this.#base + Control.size) >> 2)
	}

	#word(field: keyof typeof Control.offset): number {
		return (this.#base + Control.offset[field]) >> 2
	}
}

/** Reason in bits 7:0, hart + 1 in bits 15:8, exit code in bits 31:16. */
function packStop({reason, exitCode, hart}: Stop): number {
	assert(exitCode === (exitCode & 0xffff), `an exit code has 16 bits, not ${exitCode}`)
	return (exitCode << 16) | ((hart + 1) << 8) | reason
}

function unpackStop(packed: number): Stop {
	return {reason: (packed & 0xff) as StopReason, exitCode: packed >>> 16, hart: ((packed >> 8) & 0xff) - 1}
}
