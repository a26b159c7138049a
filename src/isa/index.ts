/** The instruction set: every instruction, defined once, and the decoder. */

export {compressedInstructions} from './compressed.ts'
export * from './decode.ts'
export type {CompressedInstruction} from './definition.ts'
export * from './expression.ts'
export {instructionNamed, instructions} from './instructions.ts'
export type {OperandName, Operands, Pattern, PatternField} from './pattern.ts'
export {operandNames, parsePattern} from './pattern.ts'
export * from './traits.ts'
