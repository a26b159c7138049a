/** A tiny guest that keeps writing new code, and runs each piece often enough to make it hot. */
import {encode} from '../interpreter/encode.ts'
import {binary, type Instruction, load} from './little-guest.ts'

const [ra, t0, t1, s0, s1, a0, a1, s2, s3] = [1, 5, 6, 8, 9, 10, 11, 18, 19] as const

/** A function: a loop of a1 rounds that adds a constant to a0. The constant is the guest's round. */
const piece = [
	encode('addi', {rd: a0, rs1: a0, imm: 0}),
	encode('addi', {rd: a1, rs1: a1, imm: -1}),
	encode('bne', {rs1: a1, rs2: 0, imm: -8}),
	encode('jalr', {rd: 0, rs1: ra, imm: 0}),
]

/** Repeatedly writes `piece` into each of `pages` pages, with a new constant each time, and calls it with a1 = 200. */
export function changing(pages: number): Uint8Array {
	const writePiece = piece.flatMap((word, index): Instruction[] => [
		...load(t0, word),
		...(index === 0 ? [encode('slli', {rd: t1, rs1: s1, imm: 20}), encode('or', {rd: t0, rs1: t0, rs2: t1})] : []),
		encode('sw', {rs1: s2, rs2: t0, imm: index * 4}),
	])
	const eachPage = [
		...writePiece,
		encode('fence.i', {}),
		encode('addi', {rd: a1, rs1: 0, imm: 200}),
		encode('jalr', {rd: ra, rs1: s2, imm: 0}),
		encode('lui', {rd: t0, imm: 1 << 12}),
		encode('add', {rd: s2, rs1: s2, rs2: t0}),
		encode('addi', {rd: s3, rs1: s3, imm: -1}),
	]
	const eachRound = [
		encode('addi', {rd: s1, rs1: s1, imm: 1}),
		encode('addi', {rd: s2, rs1: s0, imm: 0}),
		encode('addi', {rd: s3, rs1: 0, imm: pages}),
		...eachPage,
		encode('bne', {rs1: s3, rs2: 0, imm: -4 * eachPage.length}),
	]
	return binary([
		// Two mebibytes after this instruction.
		encode('auipc', {rd: s0, imm: 0x20_0000}),
		encode('addi', {rd: s1, rs1: 0, imm: 0}),
		...eachRound,
		encode('jal', {rd: 0, imm: -4 * eachRound.length}),
	])
}
