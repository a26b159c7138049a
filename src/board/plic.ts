/** PLIC: the platform-level interrupt controller, in SiFive's layout, with two contexts per hart (M, then S). */
import {array, Mip, type SharedMemory, sharedStruct, type VcpuBlocks} from '../memory/index.ts'
import type {AccessBytes, Device} from './bus.ts'
import type {DeviceLock} from './device-lock.ts'
import type {DeviceLocks} from './device-locks.ts'
import {boardMap, maximumHarts} from './memory-map.ts'
import {StateWords} from './state-words.ts'

/** Sources are numbered 1 … 96; 0 means "none". This is riscv,ndev in the device tree. */
export const plicSources = 96
const sourceWords = 4
const maximumContexts = maximumHarts * 2
/** Priorities and thresholds are 0 … 7, as in QEMU's virt. */
const priorityMask = 7

// Register offsets: RISC-V PLIC specification, "Memory Map".
const priorityBase = 0x0000
const pendingBase = 0x1000
const enableBase = 0x2000
const enableStride = 0x80
const contextBase = 0x20_0000
const contextStride = 0x1000
const thresholdRegister = 0
const claimRegister = 4

/**
 * All fields are accessed under the lock. A gateway forwards each event of its device once, as on QEMU's board: a device that
 * sets its line high makes the source pending, even if the line is high already; a claim ends that, or a low line. A line that
 * merely stays high interrupts no more. See docs/decisions.md.
 */
export const PlicState = sharedStruct(
	{
		lock: 'i32',
		/** One bit per source: whether it is pending, and whether it is claimed and not completed. */
		pending: array('i32', sourceWords),
		claimed: array('i32', sourceWords),
		priority: array('i32', sourceWords * 32),
		/** Per context, one bit per source. */
		enable: array('i32', maximumContexts * sourceWords),
		threshold: array('i32', maximumContexts),
	},
	{align: 128},
)

const field = PlicState.offset

/** Through this a device drives its interrupt line. */
export type InterruptLines = Readonly<{
	/** Sets a source's line. Each call with 1 is an event: the source becomes pending. @param irq 1 … plicSources. */
	setLevel(irq: number, level: 0 | 1): void
}>

export class Plic implements Device, InterruptLines {
	readonly name = 'plic'
	readonly base = boardMap.plic.base
	readonly size = boardMap.plic.size
	readonly narrowest = 4
	readonly #blocks: VcpuBlocks
	readonly #state: StateWords
	readonly lock: DeviceLock
	readonly #contexts: number
	/** For callers that hold the lock. */
	readonly #lockedLines: InterruptLines = {setLevel: (irq, level) => this.#setLevel(irq, level)}

	constructor(memory: SharedMemory, options: {state: number; locks: DeviceLocks; blocks: VcpuBlocks}) {
		this.#state = new StateWords(memory, options.state)
		this.lock = options.locks.add(this.name, options.state + field.lock)
		this.#blocks = options.blocks
		this.#contexts = options.blocks.count * 2
	}

	/** Only while no vCPU runs. */
	reset(): void {
		this.#state.clear({to: PlicState.size})
	}

	/** From any vCPU's thread; acquires the PLIC's lock and no other. @param irq 1 … plicSources. */
	setLevel(irq: number, level: 0 | 1): void {
		this.lock.acquire()
		try {
			this.#setLevel(irq, level)
		} finally {
			this.lock.release()
		}
	}

	/**
	 * For the main thread: runs `body`, which may set lines, under the PLIC's lock.
	 * @returns undefined without running `body` if the lock is held; see DeviceLock.tryRun().
	 */
	tryRun<Result>(body: (lines: InterruptLines) => Result): Result | undefined {
		return this.lock.tryRun(() => body(this.#lockedLines))
	}

	/** Whether a source is enabled for a context: a device may interrupt it one day. From any vCPU's thread. */
	mayInterrupt(context: number): boolean {
		this.lock.acquire()
		try {
			const enable = field.enable + context * sourceWords * 4
			return Array.from({length: sourceWords}, (_, word) => this.#state.get(enable + word * 4)).some(Boolean)
		} finally {
			this.lock.release()
		}
	}

	read(offset: number, _bytes: AccessBytes): number {
		this.lock.acquire()
		try {
			if (offset >= contextBase) return this.#readContext(offset - contextBase)
			if (offset >= enableBase) {
				const word = this.#enableWord(offset)
				return word === undefined ? 0 : this.#state.get(word)
			}
			if (offset >= pendingBase) {
				const word = offset - pendingBase
				return word < sourceWords * 4 ? this.#state.get(field.pending + word) : 0
			}
			return offset <= plicSources * 4 ? this.#state.get(field.priority + offset - priorityBase) : 0
		} finally {
			this.lock.release()
		}
	}

	write(offset: number, _bytes: AccessBytes, value: number): void {
		this.lock.acquire()
		try {
			if (offset >= contextBase) this.#writeContext(offset - contextBase, value)
			else if (offset >= enableBase) this.#writeEnable(offset, value)
			else if (offset >= 4 && offset <= plicSources * 4) {
				this.#state.set(field.priority + offset - priorityBase, value & priorityMask)
				this.#driveSource((offset - priorityBase) >> 2)
			}
		} finally {
			this.lock.release()
		}
	}

	#setLevel(irq: number, level: 0 | 1): void {
		if (this.#put(field.pending, irq, level)) this.#driveSource(irq)
	}

	/** Sets a source's bit. @returns whether that changed it. */
	#put(words: number, irq: number, value: 0 | 1): boolean {
		const before = this.#state.get(words + wordOf(irq))
		const after = (value ? before | bitOf(irq) : before & ~bitOf(irq)) >>> 0
		this.#state.set(words + wordOf(irq), after)
		return after !== before
	}

	#readContext(offset: number): number {
		const context = Math.floor(offset / contextStride)
		if (context >= this.#contexts) return 0
		const register = offset % contextStride
		if (register === thresholdRegister) return this.#state.get(field.threshold + context * 4)
		return register === claimRegister ? this.#claim(context) : 0
	}

	#writeContext(offset: number, value: number): void {
		const context = Math.floor(offset / contextStride)
		if (context >= this.#contexts) return
		const register = offset % contextStride
		if (register === claimRegister) this.#complete(context, value)
		if (register !== thresholdRegister) return
		this.#state.set(field.threshold + context * 4, value & priorityMask)
		this.#drive(context)
	}

	#writeEnable(offset: number, value: number): void {
		const word = this.#enableWord(offset)
		if (word === undefined) return
		this.#state.set(word, (offset - enableBase) % enableStride === 0 ? value & ~1 : value)
		this.#drive(Math.floor((offset - enableBase) / enableStride))
	}

	/** @returns the enable word's offset in the state; undefined if the context or the sources do not exist. */
	#enableWord(offset: number): number | undefined {
		const context = Math.floor((offset - enableBase) / enableStride)
		const word = (offset - enableBase) % enableStride
		if (context >= this.#contexts || word >= sourceWords * 4) return undefined
		return field.enable + context * sourceWords * 4 + word
	}

	#claim(context: number): number {
		const irq = this.#best(context, 0)
		if (irq === 0) return 0
		this.#put(field.pending, irq, 0)
		this.#put(field.claimed, irq, 1)
		this.#driveSource(irq)
		return irq
	}

	/** Ignored if the source is not enabled for the context. PLIC specification, "Interrupt Completion". */
	#complete(context: number, irq: number): void {
		if (irq < 1 || irq > plicSources || !this.#enabled(context, irq)) return
		this.#put(field.claimed, irq, 0)
		this.#driveSource(irq)
	}

	/** Sources that could be claimed: a source that is pending again waits until it is completed. */
	#claimable(word: number): number {
		return this.#state.get(field.pending + word) & ~this.#state.get(field.claimed + word)
	}

	#enabled(context: number, irq: number): boolean {
		return (this.#state.get(field.enable + context * sourceWords * 4 + wordOf(irq)) & bitOf(irq)) !== 0
	}

	/**
	 * @returns the enabled pending source of the highest priority above `floor`, of equal ones the lowest number;
	 * 0 if there is none.
	 */
	#best(context: number, floor: number): number {
		let best = 0
		let bestPriority = floor
		for (let word = 0; word < sourceWords * 4; word += 4) {
			let ready = this.#claimable(word) & this.#state.get(field.enable + context * sourceWords * 4 + word)
			for (; ready !== 0; ready &= ready - 1) {
				const irq = word * 8 + 31 - Math.clz32(ready & -ready)
				const priority = this.#state.get(field.priority + irq * 4)
				if (priority > bestPriority) [best, bestPriority] = [irq, priority]
			}
		}
		return best
	}

	#driveSource(irq: number): void {
		for (let context = 0; context < this.#contexts; context++) {
			if (this.#enabled(context, irq)) this.#drive(context)
		}
	}

	/** Drives the context's external interrupt. Under the lock, so that changes reach the hart in order. */
	#drive(context: number): void {
		const mipBit = context & 1 ? Mip.SEIP : Mip.MEIP
		if (this.#best(context, this.#state.get(field.threshold + context * 4))) this.#blocks.raise(context >> 1, mipBit)
		else this.#blocks.lower(context >> 1, mipBit)
	}
}

/** The byte offset of the word that holds the source's bit. */
function wordOf(irq: number): number {
	return (irq >> 5) * 4
}

function bitOf(irq: number): number {
	return 1 << (irq & 31)
}
