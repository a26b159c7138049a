/** Zicsr: control and status registers. Unprivileged spec, "Zicsr" Extension. */
import {instruction} from './definition.ts'
import type {Instruction} from './expression.ts'
import {csr, eqz, imm, registerNumber, writeX, x} from './expression.ts'

const operand = x('rs1')
/** csrrs and csrrc with x0, or with an immediate of 0, do not write. */
const isX0 = eqz(registerNumber('rs1'))
const isZero = eqz(imm)

export const zicsr: readonly Instruction[] = [
	instruction('csrrw', 'csr rs1 001 rd 1110011', writeX('rd', csr('write', operand))),
	instruction('csrrs', 'csr rs1 010 rd 1110011', writeX('rd', csr('set', operand, isX0))),
	instruction('csrrc', 'csr rs1 011 rd 1110011', writeX('rd', csr('clear', operand, isX0))),
	instruction('csrrwi', 'csr uimm[4:0] 101 rd 1110011', writeX('rd', csr('write', imm))),
	instruction('csrrsi', 'csr uimm[4:0] 110 rd 1110011', writeX('rd', csr('set', imm, isZero))),
	instruction('csrrci', 'csr uimm[4:0] 111 rd 1110011', writeX('rd', csr('clear', imm, isZero))),
]
