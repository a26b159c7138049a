/** Helpers to write the rows of the instruction list. */
import type {Effect, Expression, Instruction} from './expression.ts'
import {truncate32, writeX, x} from './expression.ts'
import type {Operands} from './pattern.ts'

export const rs1 = x('rs1')
export const rs2 = x('rs2')
/** Their low 32 bits. */
export const word1 = truncate32(rs1)
export const word2 = truncate32(rs2)

/** An instruction of 32 bits. */
export const instruction = (name: string, pattern: string, ...effects: readonly Effect[]): Instruction => ({
	name,
	pattern,
	effects,
})

/** A 32-bit instruction whose only effect is to write rd, an x register. */
export const writeRd = (name: string, pattern: string, value: Expression): Instruction =>
	instruction(name, pattern, writeX('rd', value))

/** An instruction of 32 bits that is illegal while mstatus.FS is Off. */
export const floatingPoint = (name: string, pattern: string, ...effects: readonly Effect[]): Instruction => ({
	name,
	pattern,
	effects,
	floatingPoint: true,
})

/** A 16-bit instruction: a base instruction with some operands fixed. */
export type CompressedInstruction = Readonly<{
	name: string
	pattern: string
	/** The base instruction's name. */
	base: string
	/** Operands that the pattern does not encode; those in neither are 0. */
	fixed: Readonly<Partial<Operands>>
}>

export const compressed = (
	name: string,
	pattern: string,
	base: string,
	fixed: Partial<Operands> = {},
): CompressedInstruction => ({name, pattern, base, fixed})
