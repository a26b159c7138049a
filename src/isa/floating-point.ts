/** F and D: written once for both formats. Unprivileged spec, "F" and "D" Extensions. */
import {floatingPoint} from './definition.ts'
import type {Expression, Instruction, RegisterField, Type} from './expression.ts'
import {
	add,
	and,
	box32,
	call,
	f,
	i32,
	i64,
	imm,
	load,
	or,
	roundingMode,
	signExtend32,
	store,
	truncate32,
	unbox32,
	writeF,
	writeX,
	x,
	xor,
	zeroExtend32,
} from './expression.ts'

/** All that differs between the formats. */
type Format = Readonly<{
	/** The instruction's suffix, and the hart core's prefix. */
	suffix: 's' | 'd'
	prefix: 'f32' | 'f64'
	/** The fmt field. */
	fmt: '00' | '01'
	type: Type
	bits: 32 | 64
	/** A register's value in this format. A single that is not NaN-boxed reads as the canonical NaN. */
	read(field: RegisterField): Expression
	/** The register's contents for a value in this format. */
	box(value: Expression): Expression
	constant(value: bigint): Expression
}>

export const single: Format = {
	suffix: 's',
	prefix: 'f32',
	fmt: '00',
	type: 'i32',
	bits: 32,
	read: (field) => unbox32(f(field)),
	box: box32,
	constant: i32,
}
export const double: Format = {
	suffix: 'd',
	prefix: 'f64',
	fmt: '01',
	type: 'i64',
	bits: 64,
	read: f,
	box: (value) => value,
	constant: i64,
}

/** Integer formats of the conversions: the instruction's letters, rs2's code, the hart core's name. */
const integers = [
	{letters: 'w', code: '00000', name: 'i32', type: 'i32'},
	{letters: 'wu', code: '00001', name: 'u32', type: 'i32'},
	{letters: 'l', code: '00010', name: 'i64', type: 'i64'},
	{letters: 'lu', code: '00011', name: 'u64', type: 'i64'},
] as const

const gva = add(x('rs1'), imm)

/** Loads and stores move bits; a load of a single boxes it. */
export function memoryRows({suffix, box}: Format): readonly Instruction[] {
	const [letter, width, bytes, type] =
		suffix === 's' ? (['w', '010', 4, 'i32'] as const) : (['d', '011', 8, 'i64'] as const)
	return [
		floatingPoint(`fl${letter}`, `imm[11:0] rs1 ${width} rd 0000111`, writeF('rd', box(load(bytes, gva, {type})))),
		floatingPoint(`fs${letter}`, `imm[11:5] rs2 rs1 ${width} imm[4:0] 0100111`, store(bytes, gva, f('rs2'))),
	]
}

/** ±(a × b) ± c, rounded once; the rows change the signs of operands. */
export function fusedRows({suffix, prefix, fmt, type, bits, read, box, constant}: Format): readonly Instruction[] {
	const signBit = constant(1n << BigInt(bits - 1))
	const negate = (value: Expression) => xor(value, signBit)
	const row = (name: string, opcode: string, a: Expression, c: Expression) =>
		floatingPoint(
			`${name}.${suffix}`,
			`rs3 ${fmt} rs2 rs1 rm rd ${opcode}`,
			writeF('rd', box(call(`${prefix}_fma`, type, a, read('rs2'), c, roundingMode))),
		)
	return [
		row('fmadd', '1000011', read('rs1'), read('rs3')),
		row('fmsub', '1000111', read('rs1'), negate(read('rs3'))),
		row('fnmsub', '1001011', negate(read('rs1')), read('rs3')),
		row('fnmadd', '1001111', negate(read('rs1')), negate(read('rs3'))),
	]
}

export function computeRows({suffix, prefix, fmt, type, bits, read, box, constant}: Format): readonly Instruction[] {
	const a = read('rs1')
	const b = read('rs2')
	const signBit = constant(1n << BigInt(bits - 1))
	const magnitude = constant((1n << BigInt(bits - 1)) - 1n)
	const injectSign = (sign: Expression) => writeF('rd', box(or(and(a, magnitude), and(sign, signBit))))
	const rounded = (name: 'add' | 'sub' | 'mul' | 'div', funct5: string) =>
		floatingPoint(
			`f${name}.${suffix}`,
			`${funct5} ${fmt} rs2 rs1 rm rd 1010011`,
			writeF('rd', box(call(`${prefix}_${name}`, type, a, b, roundingMode))),
		)
	const extreme = (name: 'min' | 'max', funct3: string) =>
		floatingPoint(
			`f${name}.${suffix}`,
			`00101 ${fmt} rs2 rs1 ${funct3} rd 1010011`,
			writeF('rd', box(call(`${prefix}_${name}`, type, a, b))),
		)
	const compare = (name: 'eq' | 'lt' | 'le', funct3: string) =>
		floatingPoint(
			`f${name}.${suffix}`,
			`10100 ${fmt} rs2 rs1 ${funct3} rd 1010011`,
			writeX('rd', zeroExtend32(call(`${prefix}_${name}`, 'i32', a, b))),
		)
	return [
		rounded('add', '00000'),
		rounded('sub', '00001'),
		rounded('mul', '00010'),
		rounded('div', '00011'),
		floatingPoint(
			`fsqrt.${suffix}`,
			`01011 ${fmt} 00000 rs1 rm rd 1010011`,
			writeF('rd', box(call(`${prefix}_sqrt`, type, a, roundingMode))),
		),
		floatingPoint(`fsgnj.${suffix}`, `00100 ${fmt} rs2 rs1 000 rd 1010011`, injectSign(b)),
		floatingPoint(`fsgnjn.${suffix}`, `00100 ${fmt} rs2 rs1 001 rd 1010011`, injectSign(xor(b, signBit))),
		floatingPoint(`fsgnjx.${suffix}`, `00100 ${fmt} rs2 rs1 010 rd 1010011`, injectSign(xor(a, b))),
		extreme('min', '000'),
		extreme('max', '001'),
		compare('le', '000'),
		compare('lt', '001'),
		compare('eq', '010'),
		floatingPoint(
			`fclass.${suffix}`,
			`11100 ${fmt} 00000 rs1 001 rd 1010011`,
			writeX('rd', zeroExtend32(call(`${prefix}_class`, 'i32', a))),
		),
	]
}

/** Conversions to and from integers. 32-bit results are sign-extended, unsigned ones too. */
export function convertRows({suffix, prefix, fmt, type, read, box}: Format): readonly Instruction[] {
	return integers.flatMap((integer) => {
		const narrow = integer.type === 'i32'
		const result = call(`${prefix}_to_${integer.name}`, integer.type, read('rs1'), roundingMode)
		const operand = narrow ? truncate32(x('rs1')) : x('rs1')
		return [
			floatingPoint(
				`fcvt.${integer.letters}.${suffix}`,
				`11000 ${fmt} ${integer.code} rs1 rm rd 1010011`,
				writeX('rd', narrow ? signExtend32(result) : result),
			),
			floatingPoint(
				`fcvt.${suffix}.${integer.letters}`,
				`11010 ${fmt} ${integer.code} rs1 rm rd 1010011`,
				writeF('rd', box(call(`${integer.name}_to_${prefix}`, type, operand, roundingMode))),
			),
		]
	})
}
