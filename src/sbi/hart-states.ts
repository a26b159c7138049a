/** The HSM state words of all harts, and the handshake by which one hart starts another. */
import {Doorbell, type VcpuBlocks, VcpuWords} from '../memory/index.ts'
import type {HartStart} from './sbi-context.ts'

/** SBI 2.0, "Hart State Management Extension", table "HSM Hart States". */
export const HsmState = {
	STARTED: 0,
	STOPPED: 1,
	START_PENDING: 2,
	STOP_PENDING: 3,
	SUSPENDED: 4,
	SUSPEND_PENDING: 5,
	RESUME_PENDING: 6,
} as const
export type HsmState = (typeof HsmState)[keyof typeof HsmState]

/**
 * A start takes three steps, so that of two starters one wins and the target sees the winner's arguments:
 *
 *     starter                                   target
 *     1 compare-exchange STOPPED→START_PENDING
 *     2 plain writes of address and opaque
 *     3 ring Doorbell.hsm         ───────→      takeDoorbell, then takeStart: plain reads, store STARTED
 *
 * START_PENDING alone is not enough for the target: only the doorbell says that the arguments are written.
 */
export class HartStates {
	readonly #blocks: VcpuBlocks

	constructor(blocks: VcpuBlocks) {
		this.#blocks = blocks
	}

	get(hart: number): HsmState {
		// Acquire: the hart's writes before it entered this state are visible. Pairs with set() and requestStart().
		return Atomics.load(this.#blocks.memory.i32, this.#word(hart)) as HsmState
	}

	/** Changes the hart's own state; before any vCPU runs, any hart's. */
	set(hart: number, state: HsmState): void {
		// Publish: the hart's writes and reads before it are ordered before it. Pairs with get() and requestStart().
		Atomics.store(this.#blocks.memory.i32, this.#word(hart), state)
	}

	/** The states after a reset into S-mode: hart 0 is started, the others are stopped. Before any vCPU runs. */
	reset(): void {
		for (let hart = 0; hart < this.#blocks.count; hart++)
			this.set(hart, hart === 0 ? HsmState.STARTED : HsmState.STOPPED)
	}

	/** Steps 1 to 3. @returns the hart's state before; if that was STOPPED, this start has won. */
	requestStart(hart: number, {address, opaque}: HartStart): HsmState {
		const {memory} = this.#blocks
		// Claim: of two starters one finds STOPPED. Acquire: ordered after the target's reads of its last arguments. Pairs
		// with set(STOPPED).
		const found = Atomics.compareExchange(
			memory.i32,
			this.#word(hart),
			HsmState.STOPPED,
			HsmState.START_PENDING,
		) as HsmState
		if (found !== HsmState.STOPPED) return found
		// Plain: only the starter that claimed the hart writes them, and the target reads them after the doorbell.
		memory.i64[this.#doubleword(hart, VcpuWords.offset.hsmStartAddress)] = address
		memory.i64[this.#doubleword(hart, VcpuWords.offset.hsmOpaque)] = opaque
		this.#blocks.ring(hart, Doorbell.hsm)
		return found
	}

	/**
	 * The target's side, called by its own vCPU after takeDoorbell() returned Doorbell.hsm. Moves it to STARTED.
	 * @returns undefined if no start is pending.
	 */
	takeStart(hart: number): HartStart | undefined {
		if (this.get(hart) !== HsmState.START_PENDING) return undefined
		const {memory} = this.#blocks
		// Plain: written before the doorbell that the caller took, and not again before this hart is STOPPED.
		const address = memory.u64[this.#doubleword(hart, VcpuWords.offset.hsmStartAddress)]
		const opaque = memory.u64[this.#doubleword(hart, VcpuWords.offset.hsmOpaque)]
		this.set(hart, HsmState.STARTED)
		return {address: address ?? 0n, opaque: opaque ?? 0n}
	}

	#word(hart: number): number {
		return (this.#blocks.base(hart) + VcpuWords.offset.hsmState) >>> 2
	}

	#doubleword(hart: number, field: number): number {
		// Not >> 3, which is signed: offsets reach 4 GiB.
		return (this.#blocks.base(hart) + field) / 8
	}
}
