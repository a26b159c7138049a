/** A pattern: an instruction's bits as the manual prints them, parsed into a mask, a match and the operand fields. */

/** An instruction word's operands. Registers are numbers; `imm`, also for shamt and uimm, is extended to 32 bits. */
export type Operands = {
	rd: number
	rs1: number
	rs2: number
	rs3: number
	imm: number
	csr: number
	rm: number
}
export type OperandName = keyof Operands

export const operandNames: readonly OperandName[] = ['rd', 'rs1', 'rs2', 'rs3', 'imm', 'csr', 'rm']

/** `width` bits of the word from `wordLow` up, which are the operand's bits from `valueLow` up. */
type Slice = Readonly<{wordLow: number; width: number; valueLow: number}>

/** One operand of a pattern, assembled from all its slices. */
export type PatternField = Readonly<{
	/** The operands that it sets: two for `rs1/rd`. */
	operands: readonly OperandName[]
	slices: readonly Slice[]
	signed: boolean
	/** Added to the value: 8 for the three-bit register fields of compressed instructions. */
	base: number
	/** Values for which the pattern does not match. */
	forbidden: readonly number[]
}>
type Field = PatternField & {slices: Slice[]; forbidden: readonly number[]}

export type Pattern = Readonly<{
	/** Bytes. */
	length: 2 | 4
	/** Literal bits, as signed 32-bit numbers: a word has the form when (word & mask) === match. */
	mask: number
	match: number
	/** The operands that it encodes. */
	has: ReadonlySet<OperandName>
	fields: readonly PatternField[]
	/** True when the word has the form and no field has a value that the pattern excludes. */
	matches(word: number): boolean
	/** The operands of a word that matches; those that it does not encode are 0. */
	extract(word: number): Operands
}>

/** Fixed-width fields: bits, and the operand that they encode (none for bits that are ignored). */
const fixedFields: Readonly<Record<string, {width: number; operand?: OperandName; base?: number}>> = {
	rd: {width: 5, operand: 'rd'},
	rs1: {width: 5, operand: 'rs1'},
	rs2: {width: 5, operand: 'rs2'},
	rs3: {width: 5, operand: 'rs3'},
	'rd′': {width: 3, operand: 'rd', base: 8},
	'rs1′': {width: 3, operand: 'rs1', base: 8},
	'rs2′': {width: 3, operand: 'rs2', base: 8},
	csr: {width: 12, operand: 'csr'},
	rm: {width: 3, operand: 'rm'},
	// Ignored: a.ts says how atomics are ordered, and every fence orders everything.
	aq: {width: 1},
	rl: {width: 1},
	fm: {width: 4},
	pred: {width: 4},
	succ: {width: 4},
}

/** Fields in slices, which make up the immediate; `nz` ones exclude 0. */
const slicedFields: Readonly<Record<string, {signed: boolean; nonZero?: boolean}>> = {
	imm: {signed: true},
	nzimm: {signed: true, nonZero: true},
	uimm: {signed: false},
	nzuimm: {signed: false, nonZero: true},
	shamt: {signed: false},
}

const parsed = new Map<string, Pattern>()

/**
 * Space-separated fields from the highest bit down. Literal bits; registers (`rd`, `rs1′`, both at once as `rs1/rd`),
 * which may exclude values (`rd≠0`, `rd≠{0,2}`); immediates (`imm`, `uimm`, `shamt`, …) with the bits that each slice
 * holds (`imm[12|10:5]`); `csr`, `rm`, `aq` and so on.
 * @throws Error when the fields do not add up to 16 or 32 bits.
 */
export function parsePattern(text: string): Pattern {
	const known = parsed.get(text)
	if (known) return known
	const tokens = text.split(' ').map(parseToken)
	const bits = tokens.reduce((sum, token) => sum + token.width, 0)
	if (bits !== 16 && bits !== 32) throw new Error(`A pattern must cover 16 or 32 bits, got ${bits}: ${text}`)
	const pattern = assemble(tokens, bits)
	parsed.set(text, pattern)
	return pattern
}

type Token = Readonly<{
	width: number
	literal?: number
	operands: readonly OperandName[]
	signed: boolean
	base: number
	forbidden: readonly number[]
	/** The operand's bits, from the highest slice down. */
	slices: readonly {width: number; valueLow: number}[]
}>

function parseToken(token: string): Token {
	const plain = {operands: [], signed: false, base: 0, forbidden: [], slices: []}
	if (/^[01]+$/.test(token)) return {...plain, width: token.length, literal: Number.parseInt(token, 2)}

	const [, name = '', bitList, excluded] = /^([^[\u2260]+)(?:\[([^\]]+)\])?(?:\u2260\{?([\d,]+)\}?)?$/.exec(token) ?? []
	const forbidden = excluded === undefined ? [] : excluded.split(',').map(Number)
	const sliced = slicedFields[name]
	if (sliced && bitList !== undefined) {
		const slices = bitList.split('|').map((range) => {
			const [high = 0, low = high] = range.split(':').map(Number)
			return {width: high - low + 1, valueLow: low}
		})
		return {
			width: slices.reduce((sum, slice) => sum + slice.width, 0),
			operands: ['imm'],
			signed: sliced.signed,
			base: 0,
			forbidden: sliced.nonZero ? [0, ...forbidden] : forbidden,
			slices,
		}
	}

	const fixed = name.split('/').map((part) => {
		const field = fixedFields[part]
		if (!field) throw new Error(`A pattern's field must be known, got ${token}`)
		return field
	})
	const {width = 0, base = 0} = fixed[0] ?? {}
	const operands = fixed.flatMap((field) => field.operand ?? [])
	return {...plain, width, operands, base, forbidden, slices: [{width, valueLow: 0}]}
}

function assemble(tokens: readonly Token[], bits: 16 | 32): Pattern {
	let mask = 0
	let match = 0
	let wordLow: number = bits
	const byOperands = new Map<string, Field>()
	for (const token of tokens) {
		if (token.literal !== undefined) {
			wordLow -= token.width
			mask |= (2 ** token.width - 1) << wordLow
			match |= token.literal << wordLow
			continue
		}
		const {operands, signed, base} = token
		const key = operands.join()
		const field = byOperands.get(key) ?? {operands, signed, base, slices: [], forbidden: []}
		byOperands.set(key, field)
		if (token.forbidden.length > 0) field.forbidden = token.forbidden
		for (const {width, valueLow} of token.slices) {
			wordLow -= width
			field.slices.push({wordLow, width, valueLow})
		}
	}
	byOperands.delete('')
	const fields = [...byOperands.values()]
	const constrained = fields.filter((field) => field.forbidden.length > 0)

	return {
		length: bits === 16 ? 2 : 4,
		mask,
		match,
		has: new Set(fields.flatMap((field) => field.operands)),
		fields,
		matches: (word) =>
			(word & mask) === match && constrained.every((field) => !field.forbidden.includes(fieldValue(field, word))),
		extract(word) {
			const operands: Operands = {rd: 0, rs1: 0, rs2: 0, rs3: 0, imm: 0, csr: 0, rm: 0}
			for (const field of fields) {
				const value = fieldValue(field, word)
				for (const name of field.operands) operands[name] = value
			}
			return operands
		},
	}
}

function fieldValue({slices, signed, base}: Field, word: number): number {
	let value = base
	let bits = 0
	for (const {wordLow, width, valueLow} of slices) {
		value |= ((word >>> wordLow) & (2 ** width - 1)) << valueLow
		bits = Math.max(bits, valueLow + width)
	}
	return signed ? (value << (32 - bits)) >> (32 - bits) : value
}
