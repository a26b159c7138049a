/** Zicond: conditional zero. Unprivileged spec, "Zicond" Extension. */
import {instruction} from './definition.ts'
import type {Instruction} from './expression.ts'
import {eqz, i64, select, writeX, x} from './expression.ts'

const rs1 = x('rs1')
const rs2IsZero = eqz(x('rs2'))

export const zicond: readonly Instruction[] = [
	instruction('czero.eqz', '0000111 rs2 rs1 101 rd 0110011', writeX('rd', select(rs2IsZero, i64(0), rs1))),
	instruction('czero.nez', '0000111 rs2 rs1 111 rd 0110011', writeX('rd', select(rs2IsZero, rs1, i64(0)))),
]
