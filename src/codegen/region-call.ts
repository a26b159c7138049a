/** How translated regions are called. */
import type {Signature} from '../wasm/index.ts'

/**
 * region(block, budget, pageGva, depth): RegionStatus. `block`: the vCPU block. `budget`: instructions left in the slice. `pageGva`:
 * guest-virtual address of the entry's page. `depth`: how many more calls may nest. On return pc, registers and the budget are in the block.
 */
export const regionSignature: Signature = {parameters: ['i32', 'i32', 'i64', 'i32'], results: ['i32']}

/** Why a region returned. */
export const RegionStatus = {
	/** The hart goes on at pc: a return, or a jump that could not be taken directly. */
	jump: 0,
	/** A safepoint: start over at pc, looking for interrupts. */
	restart: 1,
	/** An exception is raised; pc is the instruction's. */
	trap: 2,
	/** The instruction at pc lies across two pages, and the second is not what the region knows: it is executed by itself, without a region. */
	across: 3,
} as const

/**
 * Instructions that a region runs between two looks at the doorbell: some microseconds. So a loop tests its budget only, which it
 * counts anyway, and the word that other threads write is not on its path.
 */
export const rationInstructions = 4096

/** Guest calls nest as WebAssembly calls up to here; deeper ones start over from the interpreter. A frame is some hundred bytes of a stack of a megabyte. */
export const maximumCallDepth = 256
