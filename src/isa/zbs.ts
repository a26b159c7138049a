/** Zbs: single-bit instructions. Unprivileged spec, "B" Extension. */
import {instruction, rs1, rs2} from './definition.ts'
import type {Expression, Instruction} from './expression.ts'
import {and, i64, imm, or, shl, shrU, writeX, xor} from './expression.ts'

/** The register and immediate forms of an operation on the bit that `index` names (modulo 64, as for shifts). */
const rows = (name: string, funct6: string, funct3: string, value: (index: Expression) => Expression) => [
	instruction(name, `${funct6}0 rs2 rs1 ${funct3} rd 0110011`, writeX('rd', value(rs2))),
	instruction(`${name}i`, `${funct6} shamt[5:0] rs1 ${funct3} rd 0010011`, writeX('rd', value(imm))),
]
const bit = (index: Expression): Expression => shl(i64(1), index)

export const zbs: readonly Instruction[] = [
	...rows('bclr', '010010', '001', (index) => and(rs1, xor(bit(index), i64(-1)))),
	...rows('bext', '010010', '101', (index) => and(shrU(rs1, index), i64(1))),
	...rows('binv', '011010', '001', (index) => xor(rs1, bit(index))),
	...rows('bset', '001010', '001', (index) => or(rs1, bit(index))),
]
