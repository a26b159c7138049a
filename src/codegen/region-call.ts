/** How translated regions are called. */
import type {Signature} from '../wasm/index.ts'

/**
 * region(block, budget, pageGva, depth): RegionStatus. `block`: the vCPU block. `budget`: instructions left in the
 * ration. `pageGva`: guest-virtual address of the entry's page. `depth`: how many more calls may nest. On return pc,
 * registers and the budget are in the block.
 */
export const regionSignature: Signature = {parameters: ['i32', 'i32', 'i64', 'i32'], results: ['i32']}

/**
 * Of a region that can be resumed in its middle: the same, and the place in its page where it goes on, or notResumed. Slots lead to
 * functions with regionSignature, which call it.
 */
export const resumableSignature: Signature = {
	parameters: [...regionSignature.parameters, 'i32'],
	results: regionSignature.results,
}
export const notResumed = -1

/** Why a region returned. */
export const RegionStatus = {
	/** The hart continues at pc: a return, or a jump that could not be taken directly. */
	jump: 0,
	/** A safepoint: start over at pc, checking for interrupts. */
	restart: 1,
	/** An exception is raised; pc is the instruction's. */
	trap: 2,
	/** The instruction at pc lies across two pages, and the second is not the known one: the interpreter executes it. */
	across: 3,
} as const

/**
 * Guest calls nest as WebAssembly calls up to this depth; deeper ones start over from the interpreter. A frame takes
 * some hundred bytes of a stack of a megabyte.
 */
export const maximumCallDepth = 256
