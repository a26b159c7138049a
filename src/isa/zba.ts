/** Zba: address generation. Unprivileged spec, "B" Extension. */
import {rs1, rs2, writeRd} from './definition.ts'
import type {Instruction} from './expression.ts'
import {add, i64, imm, shl, truncate32, zeroExtend32} from './expression.ts'

const unsigned1 = zeroExtend32(truncate32(rs1))

export const zba: readonly Instruction[] = [
	writeRd('add.uw', '0000100 rs2 rs1 000 rd 0111011', add(unsigned1, rs2)),
	writeRd('sh1add', '0010000 rs2 rs1 010 rd 0110011', add(shl(rs1, i64(1)), rs2)),
	writeRd('sh2add', '0010000 rs2 rs1 100 rd 0110011', add(shl(rs1, i64(2)), rs2)),
	writeRd('sh3add', '0010000 rs2 rs1 110 rd 0110011', add(shl(rs1, i64(3)), rs2)),
	writeRd('sh1add.uw', '0010000 rs2 rs1 010 rd 0111011', add(shl(unsigned1, i64(1)), rs2)),
	writeRd('sh2add.uw', '0010000 rs2 rs1 100 rd 0111011', add(shl(unsigned1, i64(2)), rs2)),
	writeRd('sh3add.uw', '0010000 rs2 rs1 110 rd 0111011', add(shl(unsigned1, i64(3)), rs2)),
	writeRd('slli.uw', '000010 shamt[5:0] rs1 001 rd 0011011', shl(unsigned1, imm)),
]
