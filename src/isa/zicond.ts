/** Zicond: conditional zero. Unprivileged spec, "Zicond" Extension. */
import {instruction, rs1, rs2} from './definition.ts'
import type {Instruction} from './expression.ts'
import {eqz, i64, select, writeX} from './expression.ts'

const rs2IsZero = eqz(rs2)

export const zicond: readonly Instruction[] = [
	instruction('czero.eqz', '0000111 rs2 rs1 101 rd 0110011', writeX('rd', select(rs2IsZero, i64(0), rs1))),
	instruction('czero.nez', '0000111 rs2 rs1 111 rd 0110011', writeX('rd', select(rs2IsZero, rs1, i64(0)))),
]
