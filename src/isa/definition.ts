/** How a row of the instruction list is written. */
import type {Effect, Expression, Instruction} from './expression.ts'
import {truncate32, writeX, x} from './expression.ts'
import type {Operands} from './pattern.ts'

export const rs1 = x('rs1')
export const rs2 = x('rs2')
/** Their lower halves. */
export const word1 = truncate32(rs1)
export const word2 = truncate32(rs2)

/** An instruction of 32 bits. */
export const instruction = (name: string, pattern: string, ...effects: readonly Effect[]): Instruction => ({
	name,
	pattern,
	effects,
})

/** One that does no more than to give its x register a value. */
export const writeRd = (name: string, pattern: string, value: Expression): Instruction =>
	instruction(name, pattern, writeX('rd', value))

/** An instruction of 32 bits that is illegal while mstatus.FS is Off. */
export const floatingPoint = (name: string, pattern: string, ...effects: readonly Effect[]): Instruction => ({
	name,
	pattern,
	effects,
	floatingPoint: true,
})

/** An instruction of 16 bits: it stands for a base instruction, some of whose operands are fixed. */
export type CompressedInstruction = Readonly<{
	name: string
	pattern: string
	/** The base instruction's name. */
	base: string
	/** Operands that the pattern does not hold; those named nowhere are 0. */
	fixed: Readonly<Partial<Operands>>
}>

export const compressed = (
	name: string,
	pattern: string,
	base: string,
	fixed: Partial<Operands> = {},
): CompressedInstruction => ({name, pattern, base, fixed})
