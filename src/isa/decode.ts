/** The decoder: from an instruction word to a row of the list and its operands. */
import {compressedInstructions} from './compressed.ts'
import type {Instruction} from './expression.ts'
import {instructionNamed, instructions} from './instructions.ts'
import type {Operands, Pattern} from './pattern.ts'
import {parsePattern} from './pattern.ts'

export type Decoded = Readonly<{
	/** As an assembler spells it: `c.addi` where `instruction` is addi. */
	name: string
	/** Bytes. */
	length: 2 | 4
	/** The base instruction. */
	instruction: Instruction
	operands: Readonly<Operands>
}>

/** A way to encode an instruction. */
export type Encoding = Readonly<{
	/** As Decoded has it. */
	name: string
	instruction: Instruction
	pattern: Pattern
	/** Operands that the pattern does not encode; those in neither are 0. */
	fixed: Readonly<Partial<Operands>>
}>

/** Every encoding. If a word matches several, the first one is meant. */
export const encodings: readonly Encoding[] = [
	...instructions.filter(({specializes}) => specializes),
	...instructions.filter(({specializes}) => !specializes),
]
	.map((instruction): Encoding => {
		const {name, pattern} = instruction
		return {name, instruction, pattern: parsePattern(pattern), fixed: {}}
	})
	.concat(
		compressedInstructions.map(({name, base, pattern, fixed}) => {
			return {name, instruction: instructionNamed(base), pattern: parsePattern(pattern), fixed}
		}),
	)

/** How many buckets there are for words; those for parcels follow. */
export const wordBuckets = 256
const parcelBuckets = 32
/** Bits 6–2, the major opcode, and 14–12, funct3 in most formats. */
const wordBits = (word: number): number => ((word >>> 2) & 0x1f) | ((word >>> 7) & 0xe0)
/** Bits 1–0, the quadrant, and 15–13, funct3. */
const parcelBits = (parcel: number): number => (parcel & 3) | ((parcel >>> 11) & 0x1c)

const bucketOf = (word: number): number => ((word & 3) === 3 ? wordBits(word) : wordBuckets + parcelBits(word))

/** By bucket: the encodings that its words may match. A table of all parcels would take each thread megabytes. */
export const encodingBuckets: readonly (readonly Encoding[])[] = [
	...sortIntoBuckets(4, wordBuckets, wordBits),
	...sortIntoBuckets(2, parcelBuckets, parcelBits),
]

function sortIntoBuckets(length: 2 | 4, count: number, bitsOf: (word: number) => number): Encoding[][] {
	const all = encodings.filter(({pattern}) => pattern.length === length)
	return Array.from({length: count}, (_, bucket) =>
		all.filter(({pattern}) => (bucket & bitsOf(pattern.mask)) === bitsOf(pattern.match)),
	)
}

/**
 * @param word the 32 bits at the instruction's address; if bits 1–0 are not 11, only the lower 16 count.
 * @returns undefined for an illegal instruction.
 */
export function decode(word: number): Decoded | undefined {
	const bits = (word & 3) === 3 ? word : word & 0xffff
	const found = encodingBuckets[bucketOf(bits)]?.find(({pattern}) => pattern.matches(bits))
	if (!found) return undefined
	const {name, instruction, pattern, fixed} = found
	return {name, length: pattern.length, instruction, operands: {...pattern.extract(bits), ...fixed}}
}

const hasCompressedForm: ReadonlySet<Instruction> = new Set(
	encodings.filter(({pattern}) => pattern.length === 2).map(({instruction}) => instruction),
)

/** The lengths in which an instruction can be encoded, in bytes. */
export function lengthsOf(instruction: Instruction): readonly (2 | 4)[] {
	return hasCompressedForm.has(instruction) ? [2, 4] : [4]
}
