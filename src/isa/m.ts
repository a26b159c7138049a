/** M: multiplication and division. Unprivileged spec, "M" Extension. */
import {instruction, rs1, rs2, word1, word2, writeRd} from './definition.ts'
import type {Expression, Instruction} from './expression.ts'
import {divS, divU, mul, mulhS, mulhSU, mulhU, remS, remU, signExtend32, writeX} from './expression.ts'

const row = (name: string, funct3: string, value: Expression) =>
	writeRd(name, `0000001 rs2 rs1 ${funct3} rd 0110011`, value)
const wordRow = (name: string, funct3: string, value: Expression) =>
	instruction(name, `0000001 rs2 rs1 ${funct3} rd 0111011`, writeX('rd', signExtend32(value)))

export const m: readonly Instruction[] = [
	row('mul', '000', mul(rs1, rs2)),
	row('mulh', '001', mulhS(rs1, rs2)),
	row('mulhsu', '010', mulhSU(rs1, rs2)),
	row('mulhu', '011', mulhU(rs1, rs2)),
	row('div', '100', divS(rs1, rs2)),
	row('divu', '101', divU(rs1, rs2)),
	row('rem', '110', remS(rs1, rs2)),
	row('remu', '111', remU(rs1, rs2)),
	wordRow('mulw', '000', mul(word1, word2)),
	wordRow('divw', '100', divS(word1, word2)),
	wordRow('divuw', '101', divU(word1, word2)),
	wordRow('remw', '110', remS(word1, word2)),
	wordRow('remuw', '111', remU(word1, word2)),
]
