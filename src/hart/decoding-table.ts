/** The layout of the table by which the hart core decodes instructions. src/interpreter makes one from the instruction list. */
import {array, sharedStruct} from '../memory/index.ts'

/**
 * The table begins with one for each bucket of src/isa/decode.ts. Rows that the words of the bucket may match: bytes from the table's
 * start to the first, and to the end of the last.
 */
export const DecodingBucket = sharedStruct({first: 'i32', end: 'i32'})

/** Values of a parcel's fields that its row excludes. */
export const mostExceptions = 2
/** Pieces of a word that make up the operands. */
export const mostSlices = 8

/** A way to encode an instruction. Rows that specialize others come before these in each bucket. */
export const DecodingRow = sharedStruct({
	/** A word is of this row if word & mask == match, and for no exception word & its mask == its match. */
	mask: 'i32',
	match: 'i32',
	/** Those that there are not have mask 0 and match 1. */
	exceptionMask: array('i32', mostExceptions),
	exceptionMatch: array('i32', mostExceptions),
	/** A Slot, of which the operands are what does not depend on the word. Its handler is 0. */
	slot: 'i64',
	/** What is added to it: bits of the word from `from` on, `width` of them, at the slot's bits from `to` on. Unused ones are 0. */
	slices: array('i32', mostSlices),
	/** c is shifted left and right by so many bits, which extends its sign. */
	signShift: 'i32',
	/** Where the field a is not 0, which is rd if there is one: handlers of a jump that goes far, forward and backward, or the same thrice. */
	handlers: array('i16', 3),
	/** Where it is 0. */
	handlersZero: array('i16', 3),
})

/** A slice: from | width << 8 | to << 16. */
export const sliceShift = {width: 8, to: 16} as const
