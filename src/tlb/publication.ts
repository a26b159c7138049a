/** Who publishes a table and who takes it out again, and why: for reports of the quarantine, with `--tlb debug=on`. */
import type {SharedMemory, VcpuBlocks} from '../memory/index.ts'
import {FlushCause, Regime, TlbState} from './tlb-layout.ts'

/** The path in the code on which a table is published, and the former one taken out. */
export const PublishStep = {
	/** Tlb.initialize(). */
	start: 0,
	/** The owner's flush takes another table: replaceOwn(). */
	flush: 1,
	/** The owner takes a table of another size: takeSize(). */
	resize: 2,
	/** Another thread's fence swaps the table: swapOther(). */
	fence: 3,
} as const
export type PublishStep = (typeof PublishStep)[keyof typeof PublishStep]

/** As `by`: a thread that runs no hart. */
export const host = -1

export type Publication = Readonly<{
	vcpu: number
	regime: number
	/** TlbState.epoch of the table that is published. If two threads publish at once, it may be the other's. */
	epoch: number
	/** The vCPU whose thread publishes, or `host`. */
	by: number
	step: PublishStep
	cause: FlushCause
}>

/** What each publication of a thread is noted with. */
export class PublicationJournal {
	/** Of the remote flush that this thread carries out: its vCPU, or `host`. */
	initiator = host
	readonly #memory: SharedMemory
	readonly #firstState: number
	readonly #stride: number

	/** @param tlbStateOffset from the start of a vCPU's block to its TlbState. */
	constructor(blocks: VcpuBlocks, tlbStateOffset: number) {
		this.#memory = blocks.memory
		this.#firstState = blocks.base(0) + tlbStateOffset
		this.#stride = blocks.stride
	}

	/** @param state offset of the owner's TlbState. */
	publication(state: number, regime: number, step: PublishStep): Publication {
		const vcpu = (state - this.#firstState) / this.#stride
		const {i32} = this.#memory
		const isOwn = step === PublishStep.flush || step === PublishStep.resize
		// Plain: the owner's word, and this is its thread.
		const ownCause = isOwn ? i32[(state + TlbState.offset.flushCause) >>> 2]! : FlushCause.reset
		return {
			vcpu,
			regime,
			// Orders nothing: a report.
			epoch: Atomics.load(i32, (state + TlbState.offset.epoch + regime * 4) >>> 2) + 1,
			by: isOwn ? vcpu : this.initiator,
			step,
			cause: (step === PublishStep.fence ? FlushCause.remoteAll : ownCause) as FlushCause,
		}
	}
}

const regimeNames = Object.fromEntries(Object.entries(Regime).map(([name, regime]) => [regime, name]))
const causeNames = Object.fromEntries(Object.entries(FlushCause).map(([name, cause]) => [cause, name]))

/** @example describeStep(publication) // 'by a flush of hart 1 (sfenceAll)' */
export function describeStep({step, by, cause}: Publication): string {
	const who = by === host ? 'the host' : `hart ${by}`
	switch (step) {
		case PublishStep.start:
			return 'when the machine was created'
		case PublishStep.flush:
			return `by a flush of ${who} (${causeNames[cause]})`
		case PublishStep.resize:
			return `by ${who}, in another size`
		case PublishStep.fence:
			return `by a fence of ${who}`
	}
}

/** @example describeOwner(publication) // 'hart 1, regime user, epoch 812' */
export function describeOwner({vcpu, regime, epoch}: Publication): string {
	return `hart ${vcpu}, regime ${regimeNames[regime]}, epoch ${epoch}`
}
