/** Control words: how any thread wakes the main thread and stops the machine. */
import {assert} from '../errors.ts'
import {array, Doorbell, type SharedMemory, sharedStruct, type VcpuBlocks} from '../memory/index.ts'

export const Control = sharedStruct(
	{
		// written by any thread
		/** MainDoorbell bits. The main thread sleeps on this word. */
		mainDoorbell: 'i32',
		/** Why the machine stops; 0 while it shall run. Written once, all in one word: a thread may die at any point of a stop. See packStop(). */
		stop: 'i32',
		reserved: array('i32', 30),
	},
	{align: 128},
)

/** Why the main thread is woken. */
export const MainDoorbell = {
	consoleOutput: 1,
	stop: 2,
	tlbPool: 4,
	message: 8,
	/** The console's input ring has room again after it refused bytes. */
	consoleInput: 16,
	/** The real-time clock's alarm was set or changed. */
	rtcAlarm: 32,
	/** A device's lock that the main thread did not get is free again. */
	deviceLock: 64,
} as const

export const StopReason = {powerOff: 1, reboot: 2, exitCode: 3, error: 4, host: 5} as const
export type StopReason = (typeof StopReason)[keyof typeof StopReason]

/** `exitCode`: 0 to 65535. `hart`: where it came from, −1 if from none. */
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

	/** Wakes the main thread. What was written before is visible to it once it has taken the bit. Pairs with takeMain(). */
	ringMain(bit: number): void {
		const word = this.#word('mainDoorbell')
		const before = Atomics.or(this.#words, word, bit)
		if (before === 0) Atomics.notify(this.#words, word)
	}

	/** Takes all rung bits. Ordered before the reads of what they announce. Pairs with ringMain(). */
	takeMain(): number {
		return Atomics.exchange(this.#words, this.#word('mainDoorbell'), 0)
	}

	/**
	 * Waits, without blocking the event loop, until a bit is rung, and takes what was rung. For the main thread only.
	 * A pending wait alone does not keep the process alive.
	 * @returns the bits; 0 at the timeout.
	 */
	async mainWait(timeoutMs: number): Promise<number> {
		const rung = this.takeMain()
		if (rung) return rung
		// Sleeps only while nothing is rung; pairs with ringMain(), which notifies whoever finds the word 0.
		const wait = Atomics.waitAsync(this.#words, this.#word('mainDoorbell'), 0, timeoutMs)
		if (wait.async) await wait.value
		return this.takeMain()
	}

	/**
	 * Stops the machine: publishes why, then rings every vCPU (to pause) and the main thread. The first stop wins.
	 * @param stop.exitCode the process's exit code, 0 unless given. @param stop.hart the hart it came from, −1 unless given.
	 * @returns whether this was the first; if not, it rings all the same, since the first one's thread may have died before it did.
	 */
	requestStop({reason, exitCode = 0, hart = -1}: {reason: StopReason; exitCode?: number; hart?: number}): boolean {
		// Decides between threads that stop at the same time, and is ordered before the bells. Pairs with stop().
		const before = Atomics.compareExchange(this.#words, this.#word('stop'), 0, packStop({reason, exitCode, hart}))
		for (let vcpu = 0; vcpu < this.#blocks.count; vcpu++) this.#blocks.ring(vcpu, Doorbell.pause)
		this.ringMain(MainDoorbell.stop)
		return before === 0
	}

	/** @returns why the machine stops; undefined while it shall run. */
	stop(): Stop | undefined {
		// Pairs with requestStop().
		const packed = Atomics.load(this.#words, this.#word('stop'))
		return packed === 0 ? undefined : unpackStop(packed)
	}

	/** Forgets the stop and every bell, before a machine's (next) start. Only while no vCPU runs. */
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
