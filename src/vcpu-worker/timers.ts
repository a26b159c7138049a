/** A hart's timers: the tick at which the next one falls due, and raising the interrupts of those that are. */
import type {Aclint} from '../board/index.ts'
import type {HartRegisters} from '../hart/index.ts'
import {Mip, type VcpuBlocks} from '../memory/index.ts'

/** menvcfg.STCE lies in the upper word's bit 31: stimecmp is in force. */
const sstcEnabled = 1n << 63n

export class Timers {
	readonly #vcpu: number
	readonly #blocks: VcpuBlocks
	readonly #registers: HartRegisters
	readonly #aclint: Aclint
	readonly #now: () => number
	/** Ticks; Infinity when no timer is set beyond those that are due already. */
	#deadline = 0

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

	/** A comparator was written: look at all of them at the next check(). */
	changed(): void {
		this.#deadline = 0
	}

	/** Raises what is due, and lowers what is not. @returns milliseconds until the next deadline, Infinity without one. */
	check(): number {
		const now = this.#now()
		if (now >= this.#deadline) this.#compare(now)
		return (this.#deadline - now) / ticksPerMillisecond
	}

	#compare(now: number): void {
		const hasSstc = (this.#registers.get('menvcfg') & sstcEnabled) !== 0n
		const supervisor = hasSstc ? this.#registers.number('stimecmp') : Number.POSITIVE_INFINITY
		const machine = this.#aclint.mtimecmpTicks(this.#vcpu)
		const due = (now >= supervisor ? Mip.STIP : 0) | (now >= machine ? Mip.MTIP : 0)
		if (due) this.#blocks.raise(this.#vcpu, due)
		// Another hart may have moved mtimecmp between our look at it and the raise that followed; it rang, and we look again.
		const stale = this.#registers.pendingInterrupts() & (Mip.STIP | Mip.MTIP) & ~due
		if (stale) this.#blocks.lower(this.#vcpu, stale)
		this.#deadline = Math.min(
			now >= supervisor ? Number.POSITIVE_INFINITY : supervisor,
			now >= machine ? Number.POSITIVE_INFINITY : machine,
		)
	}
}

/** The timebase is 10 MHz. */
const ticksPerMillisecond = 10_000
