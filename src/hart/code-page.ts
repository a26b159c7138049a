/** Decoded code: what a vCPU keeps of a page of guest instructions. */
import {array, sharedStruct} from '../memory/index.ts'

/** One guest-physical page of decoded instructions, private to a vCPU. The slot of the instruction at page offset o is slots + o / 2 × 8. */
export const CodePage = sharedStruct(
	{
		/** 2048 instruction slots and two sentinels (an instruction that ends the page falls into one). */
		slots: array('i64', 2050),
		/** The bytes that were decoded, and up to two more of an instruction that crosses the page. */
		snapshot: array('i64', 513),
		/** Offset in shared memory of the physical page; 0 = unused. */
		page: 'i32',
		generation: 'i32',
		/** Tells this copy of this page from all others that this vCPU ever made; 0 in the scratch page only, which is no copy. */
		snapshotNumber: 'i64',
		/** How often the interpreter has jumped to each slot. */
		counters: array('i16', 2048),
	},
	{align: 64},
)

/** A decoded instruction. Register operands are byte offsets into x or f (number × 8). */
export const Slot = sharedStruct({
	/** Index of the handler; 0 decodes the instruction first. */
	handler: 'i16',
	/** rd; for stores and branches rs2. */
	a: 'i8',
	/** rs1, or the CSR immediate. */
	b: 'i8',
	/** The immediate, the CSR number, or rs2 | rs3 << 8 | rm << 16. */
	c: 'i32',
})
