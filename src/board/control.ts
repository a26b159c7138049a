/** Control words: how any thread wakes the main thread and stops the machine. */
import {array, assert, Doorbell, type SharedMemory, sharedStruct, type VcpuBlocks} from '../memory/index.ts'

export const Control = sharedStruct(
	{
		// written by any thread
		/** MainDoorbell bits. The main thread sleeps on this word. */
		mainDoorbell: 'i32',
		/** 0 until a thread has won the right to say why the machine stops. */
		stopClaim: 'i32',
		// written once, by the winner of stopClaim
		/** A StopReason; 0 while the machine shall run. Written after exitCode and errorHart. */
		stopReason: 'i32',
		exitCode: 'i32',
		/** The hart that stopped with an error; −1 when no hart did. */
		errorHart: 'i32',
		reserved: array('i32', 27),
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
	 * @returns whether this was the first.
	 */
	requestStop({reason, exitCode = 0, hart = -1}: {reason: StopReason; exitCode?: number; hart?: number}): boolean {
		// Decides between threads that stop at the same time; orders nothing else.
		if (Atomics.compareExchange(this.#words, this.#word('stopClaim'), 0, 1) !== 0) return false
		// Plain: ordered before the store of stopReason, without which nobody reads them.
		this.#words[this.#word('exitCode')] = exitCode
		this.#words[this.#word('errorHart')] = hart
		// Publish: exitCode and errorHart are ordered before it. Pairs with stop().
		Atomics.store(this.#words, this.#word('stopReason'), reason)
		for (let vcpu = 0; vcpu < this.#blocks.count; vcpu++) this.#blocks.ring(vcpu, Doorbell.pause)
		this.ringMain(MainDoorbell.stop)
		return true
	}

	/** @returns why the machine stops; undefined while it shall run. */
	stop(): Stop | undefined {
		// Ordered before the reads of exitCode and errorHart. Pairs with requestStop().
		const reason = Atomics.load(this.#words, this.#word('stopReason'))
		if (reason === 0) return undefined
		const [exitCode, hart] = [this.#words[this.#word('exitCode')], this.#words[this.#word('errorHart')]]
		assert(exitCode !== undefined && hart !== undefined, 'the control words lie within the shared memory')
		return {reason: reason as StopReason, exitCode, hart}
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
