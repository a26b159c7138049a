/** The encoder: the inverse of a pattern's extract(). */
import {
	compressedInstructions,
	decode,
	type Instruction,
	instructionNamed,
	instructions,
	type OperandName,
	type Operands,
	operandNames,
	type Pattern,
	parsePattern,
} from '../../src/isa/index.ts'

/** A bit of the word, and the bit of the operand that it encodes. */
type BitPlace = Readonly<{wordBit: number; valueBit: number}>
type Places = ReadonlyMap<OperandName, readonly BitPlace[]>

/** One encoding of an instruction: a 32-bit or a 16-bit row. */
export type Form = Readonly<{name: string; pattern: Pattern; instruction: Instruction}>

export const forms: readonly Form[] = [
	...instructions.map((instruction) => ({
		name: instruction.name,
		pattern: parsePattern(instruction.pattern),
		instruction,
	})),
	...compressedInstructions.map(({name, pattern, base}) => ({
		name,
		pattern: parsePattern(pattern),
		instruction: instructionNamed(base),
	})),
]

/** @throws when no form has that name. */
export function formNamed(name: string): Form {
	const form = forms.find((candidate) => candidate.name === name)
	if (!form) throw new Error(`Expected the name of an instruction, got ${name}`)
	return form
}

const known = new Map<Pattern, Places>()

/** Found by setting the word's free bits one at a time. */
function placesOf(pattern: Pattern): Places {
	const found = known.get(pattern) ?? findPlaces(pattern)
	known.set(pattern, found)
	return found
}

function findPlaces(pattern: Pattern): Places {
	const places = new Map<OperandName, BitPlace[]>([...pattern.has].map((name) => [name, []]))
	const none = pattern.extract(pattern.match)
	for (const wordBit of freeBits(pattern)) {
		const extracted = pattern.extract(pattern.match | (1 << wordBit))
		for (const name of operandNames) {
			const changed = extracted[name] ^ none[name]
			// A sign bit changes all bits above it, too.
			if (changed) places.get(name)?.push({wordBit, valueBit: 31 - Math.clz32(changed & -changed)})
		}
	}
	return places
}

function freeBits({mask, length}: Pattern): number[] {
	return Array.from({length: length * 8}, (_, bit) => bit).filter((bit) => ((mask >>> bit) & 1) === 0)
}

/** The word with one operand changed; bits that it cannot encode are dropped. */
export function withOperand(pattern: Pattern, word: number, operand: {name: OperandName; value: number}): number {
	let changed = word
	for (const {wordBit, valueBit} of placesOf(pattern).get(operand.name) ?? []) {
		changed = (changed & ~(1 << wordBit)) | (((operand.value >>> valueBit) & 1) << wordBit)
	}
	return changed
}

/** The bits that encode no operand: aq, rl, and a fence's fields. */
export function ignoredBits(pattern: Pattern): number {
	const used = [...placesOf(pattern).values()].flat().reduce((bits, {wordBit}) => bits | (1 << wordBit), 0)
	return freeBits(pattern).reduce((bits, bit) => bits | (1 << bit), 0) & ~used
}

/** A mask of the bits of an operand that the form encodes: bits 2–0 of a three-bit register. */
export function operandBits(pattern: Pattern, name: OperandName): number {
	return (placesOf(pattern).get(name) ?? []).reduce((bits, {valueBit}) => bits | (1 << valueBit), 0)
}

/** @returns the word, unsigned. @throws when the operands do not fit the form. */
export function encode(name: string, operands: Partial<Operands>): number {
	const {pattern} = formNamed(name)
	let word = pattern.match
	for (const [operand, value] of Object.entries(operands)) {
		word = withOperand(pattern, word, {name: operand as OperandName, value})
	}
	const decoded = decode(word)
	const wrong = Object.entries(operands).find(([operand, value]) => decoded?.operands[operand as OperandName] !== value)
	if (decoded?.name !== name || wrong) {
		throw new Error(`Expected operands that ${name} can have, got ${JSON.stringify(operands)}`)
	}
	return word >>> 0
}
