/** The encoder: from a row's pattern and operands to an instruction word. The inverse of `Pattern.extract`. */
import {
	compressedInstructions,
	instructions,
	type OperandName,
	type Operands,
	operandNames,
	parsePattern,
} from '../../src/isa/index.ts'

/** One bit of the word: which bit of which operands it holds; bits that no operand names (aq, rl, pred …) are free. */
type Place = Readonly<{bit: number; holds: readonly {operand: OperandName; valueBit: number}[]}>

const placesByPattern = new Map<string, readonly Place[]>()

/** Each bit's meaning follows from what extract() makes of it: a field is a set of scattered bits. */
function placesOf(text: string): readonly Place[] {
	const known = placesByPattern.get(text)
	if (known) return known
	const pattern = parsePattern(text)
	const none = pattern.extract(pattern.match)
	const places: Place[] = []
	for (let bit = 0; bit < pattern.length * 8; bit++) {
		if ((pattern.mask >>> bit) & 1) continue
		const one = pattern.extract(pattern.match ^ (1 << bit))
		const holds = operandNames.flatMap((operand) => {
			const change = one[operand] ^ none[operand]
			return change ? [{operand, valueBit: 31 - Math.clz32(change & -change)}] : []
		})
		places.push({bit, holds})
	}
	placesByPattern.set(text, places)
	return places
}

/**
 * @param operands those that the pattern does not hold are ignored. @param free bits for the fields that name no
 * operand.
 * @returns the word, or undefined when the pattern cannot hold the operands.
 */
export function encode(text: string, operands: Partial<Operands>, free = 0): number | undefined {
	const pattern = parsePattern(text)
	let word = pattern.match
	let freeBits = free
	for (const {bit, holds} of placesOf(text)) {
		const [first] = holds
		let value: number
		if (first) value = ((operands[first.operand] ?? 0) >> first.valueBit) & 1
		else {
			value = freeBits & 1
			freeBits >>>= 1
		}
		word |= value << bit
	}
	if (!pattern.matches(word)) return undefined
	const got = pattern.extract(word)
	for (const operand of pattern.has) if (got[operand] !== (operands[operand] ?? 0)) return undefined
	return pattern.length === 2 ? word & 0xffff : word >>> 0
}

/** A row that can be generated: a base instruction or a compressed form. */
export type EncodedRow = Readonly<{name: string; pattern: string; length: 2 | 4}>

export const baseRows: readonly EncodedRow[] = instructions.map(({name, pattern}) => ({name, pattern, length: 4}))
export const compressedRows: readonly EncodedRow[] = compressedInstructions.map(({name, pattern}) => ({
	name,
	pattern,
	length: 2,
}))
const rowByName: ReadonlyMap<string, EncodedRow> = new Map(
	[...baseRows, ...compressedRows].map((row) => [row.name, row]),
)

export function rowNamed(name: string): EncodedRow {
	const row = rowByName.get(name)
	if (!row) throw new Error(`The instruction list must hold ${name}`)
	return row
}

/** @throws Error when the row cannot hold the operands. */
export function word(name: string, operands: Partial<Operands> = {}): number {
	const encoded = encode(rowNamed(name).pattern, operands)
	if (encoded === undefined) throw new Error(`${name} must be able to hold ${JSON.stringify(operands)}`)
	return encoded
}
