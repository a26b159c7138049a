/** A hart's timers: raises their interrupts when they are due, and keeps the next deadline. */
import type {Aclint} from '../board/index.ts'
import type {HartRegisters} from '../hart/index.ts'
import {Mip, type VcpuBlocks, type WordPair} from '../memory/index.ts'

/** menvcfg.STCE: stimecmp is in use. */
const sstcEnabled = 1n << 63n

export class Timers {
	readonly #vcpu: number
	readonly #blocks: VcpuBlocks
	readonly #registers: HartRegisters
	readonly #aclint: Aclint
	readonly #now: () => number
	/** The next deadline, in ticks of the machine's clock; Infinity if every timer that is set is already due. */
	#deadline = 0
	readonly #stimecmp: WordPair = {low: 0, high: 0}
	/** Ticks. */
	#sliceBegan = 0

	constructor(options: {
		vcpu: number
		blocks: VcpuBlocks
		registers: HartRegisters
		aclint: Aclint
		now: () => number
	}) {
		this.#vcpu = options.vcpu
		this.#blocks = options.blocks
		this.#registers = options.registers
		this.#aclint = options.aclint
		this.#now = options.now
	}

	/** A comparator or mtime was written: the next check() compares all of them. */
	changed(): void {
		this.#deadline = 0
	}

	/** A slice begins: as check(). @returns its first tick. */
	beginSlice(): number {
		const now = this.#now()
		this.#sliceBegan = now
		if (now >= this.#deadline) this.#compare(now)
		return now
	}

	/**
	 * Called now and then while a slice runs: raises what is due, which rings the hart's doorbell.
	 * @returns 1 if the slice has lasted long enough, else 0.
	 */
	lookAtClock(): 0 | 1 {
		const now = this.#now()
		if (now >= this.#deadline) this.#compare(now)
		return now - this.#sliceBegan >= longestSlice ? 1 : 0
	}

	/** Raises interrupts that are due and lowers others. @returns milliseconds until the next deadline, or Infinity. */
	check(): number {
		const now = this.#now()
		if (now >= this.#deadline) this.#compare(now)
		return (this.#deadline - now) / ticksPerMillisecond
	}

	#compare(now: number): void {
		const hasSstc = (this.#registers.get('menvcfg') & sstcEnabled) !== 0n
		const supervisor = hasSstc ? this.#stimecmpReached(now) : Number.POSITIVE_INFINITY
		const machine = this.#aclint.mtimecmpReached(this.#vcpu, now)
		const due = (now >= supervisor ? Mip.STIP : 0) | (now >= machine ? Mip.MTIP : 0)
		if (due) this.#blocks.raise(this.#vcpu, due)
		// An earlier check may have raised MTIP just after another hart moved mtimecmp. That hart rang; this lowers it.
		const stale = this.#registers.pendingInterrupts() & (Mip.STIP | Mip.MTIP) & ~due
		if (stale) this.#blocks.lower(this.#vcpu, stale)
		this.#deadline = Math.min(
			now >= supervisor ? Number.POSITIVE_INFINITY : supervisor,
			now >= machine ? Number.POSITIVE_INFINITY : machine,
		)
	}

	#stimecmpReached(now: number): number {
		this.#registers.readPair('stimecmp', this.#stimecmp)
		return this.#aclint.reached(this.#stimecmp, now)
	}
}

/** The timebase is 10 MHz. */
export const ticksPerMillisecond = 10_000
/** Ticks: how late a quiescent state may be. */
export const longestSlice = ticksPerMillisecond
