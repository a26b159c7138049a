/** C for RV64, with those of D. Unprivileged spec, "C" Extension, "RVC Instruction Set Listings". */
import type {CompressedInstruction} from './definition.ts'
import {compressed} from './definition.ts'

const ra = 1
const sp = 2

/**
 * Hints (a destination of x0, a shift by 0, …) need no rows: their base instructions change nothing. Other encodings
 * that are not listed are reserved, and illegal.
 */
export const compressedInstructions: readonly CompressedInstruction[] = [
	// Quadrant 0
	compressed('c.addi4spn', '000 nzuimm[5:4|9:6|2|3] rd′ 00', 'addi', {rs1: sp}),
	compressed('c.fld', '001 uimm[5:3] rs1′ uimm[7:6] rd′ 00', 'fld'),
	compressed('c.lw', '010 uimm[5:3] rs1′ uimm[2|6] rd′ 00', 'lw'),
	compressed('c.ld', '011 uimm[5:3] rs1′ uimm[7:6] rd′ 00', 'ld'),
	compressed('c.fsd', '101 uimm[5:3] rs1′ uimm[7:6] rs2′ 00', 'fsd'),
	compressed('c.sw', '110 uimm[5:3] rs1′ uimm[2|6] rs2′ 00', 'sw'),
	compressed('c.sd', '111 uimm[5:3] rs1′ uimm[7:6] rs2′ 00', 'sd'),
	// Quadrant 1
	compressed('c.nop', '000 imm[5] 00000 imm[4:0] 01', 'addi'),
	compressed('c.addi', '000 imm[5] rs1/rd≠0 imm[4:0] 01', 'addi'),
	compressed('c.addiw', '001 imm[5] rs1/rd≠0 imm[4:0] 01', 'addiw'),
	compressed('c.li', '010 imm[5] rd imm[4:0] 01', 'addi'),
	compressed('c.addi16sp', '011 nzimm[9] 00010 nzimm[4|6|8:7|5] 01', 'addi', {rd: sp, rs1: sp}),
	compressed('c.lui', '011 nzimm[17] rd≠2 nzimm[16:12] 01', 'lui'),
	compressed('c.srli', '100 shamt[5] 00 rs1′/rd′ shamt[4:0] 01', 'srli'),
	compressed('c.srai', '100 shamt[5] 01 rs1′/rd′ shamt[4:0] 01', 'srai'),
	compressed('c.andi', '100 imm[5] 10 rs1′/rd′ imm[4:0] 01', 'andi'),
	compressed('c.sub', '100 0 11 rs1′/rd′ 00 rs2′ 01', 'sub'),
	compressed('c.xor', '100 0 11 rs1′/rd′ 01 rs2′ 01', 'xor'),
	compressed('c.or', '100 0 11 rs1′/rd′ 10 rs2′ 01', 'or'),
	compressed('c.and', '100 0 11 rs1′/rd′ 11 rs2′ 01', 'and'),
	compressed('c.subw', '100 1 11 rs1′/rd′ 00 rs2′ 01', 'subw'),
	compressed('c.addw', '100 1 11 rs1′/rd′ 01 rs2′ 01', 'addw'),
	compressed('c.j', '101 imm[11|4|9:8|10|6|7|3:1|5] 01', 'jal'),
	compressed('c.beqz', '110 imm[8|4:3] rs1′ imm[7:6|2:1|5] 01', 'beq'),
	compressed('c.bnez', '111 imm[8|4:3] rs1′ imm[7:6|2:1|5] 01', 'bne'),
	// Quadrant 2
	compressed('c.slli', '000 shamt[5] rs1/rd shamt[4:0] 10', 'slli'),
	compressed('c.fldsp', '001 uimm[5] rd uimm[4:3|8:6] 10', 'fld', {rs1: sp}),
	compressed('c.lwsp', '010 uimm[5] rd≠0 uimm[4:2|7:6] 10', 'lw', {rs1: sp}),
	compressed('c.ldsp', '011 uimm[5] rd≠0 uimm[4:3|8:6] 10', 'ld', {rs1: sp}),
	compressed('c.jr', '100 0 rs1≠0 00000 10', 'jalr'),
	compressed('c.mv', '100 0 rd rs2≠0 10', 'add'),
	compressed('c.ebreak', '100 1 00000 00000 10', 'ebreak'),
	compressed('c.jalr', '100 1 rs1≠0 00000 10', 'jalr', {rd: ra}),
	compressed('c.add', '100 1 rs1/rd rs2≠0 10', 'add'),
	compressed('c.fsdsp', '101 uimm[5:3|8:6] rs2 10', 'fsd', {rs1: sp}),
	compressed('c.swsp', '110 uimm[5:2|7:6] rs2 10', 'sw', {rs1: sp}),
	compressed('c.sdsp', '111 uimm[5:3|8:6] rs2 10', 'sd', {rs1: sp}),
]
