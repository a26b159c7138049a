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

type Row = Readonly<{instruction: Instruction; pattern: Pattern}>

/** Bits 6–2, the major opcode, and 14–12, funct3 in most formats. */
const bucketOf = (word: number): number => ((word >>> 2) & 0x1f) | ((word >>> 7) & 0xe0)

/** bucketOf(word) → the rows that the word may match. */
const buckets: readonly (readonly Row[])[] = sortIntoBuckets()

function sortIntoBuckets(): Row[][] {
	const found: Row[][] = Array.from({length: 256}, () => [])
	for (const instruction of instructions) {
		const pattern = parsePattern(instruction.pattern)
		const mask = bucketOf(pattern.mask)
		const match = bucketOf(pattern.match)
		found.forEach((rows, bucket) => {
			if ((bucket & mask) !== match) return
			if (instruction.specializes) rows.unshift({instruction, pattern})
			else rows.push({instruction, pattern})
		})
	}
	return found
}

const compressedRows = compressedInstructions.map((row) => ({
	...row,
	instruction: instructionNamed(row.base),
	parsed: parsePattern(row.pattern),
}))

/** Bits 1–0, the quadrant, and 15–13, funct3. */
const parcelBucketOf = (parcel: number): number => (parcel & 3) | ((parcel >>> 11) & 0x1c)

/** parcelBucketOf(parcel) → the rows that the parcel may match, in the order of the list. A table of all parcels would take each thread megabytes. */
const parcelBuckets = Array.from({length: 32}, (_, bucket) =>
	compressedRows.filter(({parsed: {mask, match}}) => (bucket & parcelBucketOf(mask)) === parcelBucketOf(match)),
)

/**
 * @param word the 32 bits at the instruction's address; if bits 1–0 are not 11, only the lower 16 count.
 * @returns undefined for an illegal instruction.
 */
export function decode(word: number): Decoded | undefined {
	return (word & 3) === 3 ? decodeWord(word) : decodeParcel(word & 0xffff)
}

function decodeWord(word: number): Decoded | undefined {
	for (const {instruction, pattern} of buckets[bucketOf(word)] ?? []) {
		if ((word & pattern.mask) === pattern.match) {
			return {name: instruction.name, length: 4, instruction, operands: pattern.extract(word)}
		}
	}
	return undefined
}

function decodeParcel(parcel: number): Decoded | undefined {
	const row = parcelBuckets[parcelBucketOf(parcel)]?.find(({parsed}) => parsed.matches(parcel))
	if (!row) return undefined
	const operands = {...row.parsed.extract(parcel), ...row.fixed}
	return {name: row.name, length: 2, instruction: row.instruction, operands}
}

const hasCompressedForm: ReadonlySet<Instruction> = new Set(compressedRows.map(({instruction}) => instruction))

/** The lengths in which an instruction can be encoded, in bytes. */
export function lengthsOf(instruction: Instruction): readonly (2 | 4)[] {
	return hasCompressedForm.has(instruction) ? [2, 4] : [4]
}
