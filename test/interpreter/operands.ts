/** Operands worth trying, and instruction words that hold them. */
import {decode, type OperandName, type Pattern} from '../../src/isa/index.ts'
import type {Random} from '../hart/core/float-operands.ts'
import {ignoredBits, operandBits, withOperand} from './encode.ts'

const powers = [7n, 8n, 15n, 16n, 31n, 32n, 33n, 62n, 63n]

/** 64-bit edge values: 0, ±1, around the powers of 2 that matter, patterns, shift amounts. */
export const edges: readonly bigint[] = [
	0n,
	1n,
	2n,
	-1n,
	-2n,
	...powers.flatMap((power) => [(1n << power) - 1n, 1n << power, -(1n << power), -(1n << power) - 1n]),
	0x5555_5555_5555_5555n,
	0x8000_0000_8000_0000n,
	0x7fff_ffff_8000_0000n,
	0xffff_ffff_0000_0000n,
	0x1234_5678_9abc_def0n,
	31n,
	32n,
	63n,
	64n,
].map((value) => BigInt.asUintN(64, value))

/** A 64-bit value: an edge, a random one, or one of random length. */
export function drawValue(random: Random): bigint {
	if (random.below(3) === 0) return random.pick(edges)
	const value = random.bits(64)
	return random.below(2) ? value : BigInt.asUintN(64, BigInt.asIntN(64, value) >> BigInt(random.below(64)))
}

const isRegister: ReadonlySet<OperandName> = new Set(['rd', 'rs1', 'rs2', 'rs3'])

/** CSRs that the reference knows, and some that do not exist or may not be accessed. */
const csrs = [0x001, 0x002, 0x003, 0x140, 0x141, 0x142, 0x143, 0xc00, 0xc02, 0x340, 0x5c0, 0x800, 0xcc0]

/** Registers of a word. `distinct`: different ones, without x0. `any`: often x0, or one twice. */
export type RegisterChoice = 'distinct' | 'any'

/** @returns a word of that form with random operands, unsigned. */
export function drawWord(form: {name: string; pattern: Pattern}, random: Random, choice: RegisterChoice): number {
	for (let attempt = 0; attempt < 1000; attempt++) {
		const word = attemptWord(form.pattern, random, choice)
		const decoded = decode(word)
		if (decoded?.name !== form.name) continue
		const {rd, rs1, rs2} = decoded.operands
		if (choice === 'distinct' && form.pattern.has.has('rs2') && (rs1 === rs2 || rs1 === 0 || rs2 === 0)) continue
		if (choice === 'distinct' && form.pattern.has.has('rd') && rd === 0) continue
		return word >>> 0
	}
	throw new Error(`Invariant broken: ${form.name} has operands`)
}

function attemptWord(pattern: Pattern, random: Random, choice: RegisterChoice): number {
	let word = pattern.match | (random.word() & ignoredBits(pattern))
	let last = random.below(32)
	for (const name of pattern.has) {
		let value = drawOperand(name, random, operandBits(pattern, name))
		if (isRegister.has(name)) {
			if (choice === 'any' && random.below(3) === 0) value = random.below(2) ? last : 0
			last = value
		}
		word = withOperand(pattern, word, {name, value})
	}
	return word
}

function drawOperand(name: OperandName, random: Random, bits: number): number {
	if (name === 'csr') return random.pick(csrs)
	if (name !== 'imm') return random.word() & bits
	const one = () => 1 << random.below(32)
	switch (random.below(6)) {
		case 0:
			return random.pick([0, bits])
		case 1:
			return bits & one()
		case 2:
			return bits & ~one()
		case 3:
			// All but the sign, or the sign alone.
			return random.pick([bits & (0x7fff_ffff >>> Math.clz32(bits)), bits & (0x8000_0000 >>> Math.clz32(bits))])
		case 4:
			// Small, of either sign.
			return bits & (random.below(256) ^ -random.below(2))
		default:
			return random.word() & bits
	}
}
