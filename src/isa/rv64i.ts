/** RV64I, Zifencei's fence.i, Zihintpause's pause. Unprivileged spec, "RV32I Base Integer Instruction Set", "RV64I". */
import {instruction, rs1, rs2, word1, word2, writeRd} from './definition.ts'
import type {AccessBytes, Expression, Instruction} from './expression.ts'
import {
	add,
	and,
	branch,
	eq,
	geS,
	geU,
	i64,
	imm,
	jump,
	jumpRegister,
	load,
	ltS,
	ltU,
	ne,
	nextPc,
	or,
	pc,
	shl,
	shrS,
	shrU,
	signExtend32,
	store,
	sub,
	system,
	truncate32,
	writeX,
	xor,
	zeroExtend32,
} from './expression.ts'

const wordImm = truncate32(imm)

const loadRow = (name: string, funct3: string, bytes: AccessBytes, options?: {signed: boolean}) =>
	instruction(name, `imm[11:0] rs1 ${funct3} rd 0000011`, writeX('rd', load(bytes, add(rs1, imm), options)))
const storeRow = (name: string, funct3: string, bytes: AccessBytes) =>
	instruction(name, `imm[11:5] rs2 rs1 ${funct3} imm[4:0] 0100011`, store(bytes, add(rs1, imm), rs2))
const branchRow = (name: string, funct3: string, condition: Expression) =>
	instruction(name, `imm[12|10:5] rs2 rs1 ${funct3} imm[4:1|11] 1100011`, branch(condition))

export const rv64i: readonly Instruction[] = [
	writeRd('lui', 'imm[31:12] rd 0110111', imm),
	writeRd('auipc', 'imm[31:12] rd 0010111', add(pc, imm)),
	instruction('jal', 'imm[20|10:1|11|19:12] rd 1101111', writeX('rd', nextPc), jump),
	instruction('jalr', 'imm[11:0] rs1 000 rd 1100111', writeX('rd', nextPc), jumpRegister(and(add(rs1, imm), i64(-2)))),

	branchRow('beq', '000', eq(rs1, rs2)),
	branchRow('bne', '001', ne(rs1, rs2)),
	branchRow('blt', '100', ltS(rs1, rs2)),
	branchRow('bge', '101', geS(rs1, rs2)),
	branchRow('bltu', '110', ltU(rs1, rs2)),
	branchRow('bgeu', '111', geU(rs1, rs2)),

	loadRow('lb', '000', 1),
	loadRow('lh', '001', 2),
	loadRow('lw', '010', 4),
	loadRow('ld', '011', 8),
	loadRow('lbu', '100', 1, {signed: false}),
	loadRow('lhu', '101', 2, {signed: false}),
	loadRow('lwu', '110', 4, {signed: false}),
	storeRow('sb', '000', 1),
	storeRow('sh', '001', 2),
	storeRow('sw', '010', 4),
	storeRow('sd', '011', 8),

	writeRd('addi', 'imm[11:0] rs1 000 rd 0010011', add(rs1, imm)),
	writeRd('slti', 'imm[11:0] rs1 010 rd 0010011', zeroExtend32(ltS(rs1, imm))),
	writeRd('sltiu', 'imm[11:0] rs1 011 rd 0010011', zeroExtend32(ltU(rs1, imm))),
	writeRd('xori', 'imm[11:0] rs1 100 rd 0010011', xor(rs1, imm)),
	writeRd('ori', 'imm[11:0] rs1 110 rd 0010011', or(rs1, imm)),
	writeRd('andi', 'imm[11:0] rs1 111 rd 0010011', and(rs1, imm)),
	writeRd('slli', '000000 shamt[5:0] rs1 001 rd 0010011', shl(rs1, imm)),
	writeRd('srli', '000000 shamt[5:0] rs1 101 rd 0010011', shrU(rs1, imm)),
	writeRd('srai', '010000 shamt[5:0] rs1 101 rd 0010011', shrS(rs1, imm)),

	writeRd('add', '0000000 rs2 rs1 000 rd 0110011', add(rs1, rs2)),
	writeRd('sub', '0100000 rs2 rs1 000 rd 0110011', sub(rs1, rs2)),
	writeRd('sll', '0000000 rs2 rs1 001 rd 0110011', shl(rs1, rs2)),
	writeRd('slt', '0000000 rs2 rs1 010 rd 0110011', zeroExtend32(ltS(rs1, rs2))),
	writeRd('sltu', '0000000 rs2 rs1 011 rd 0110011', zeroExtend32(ltU(rs1, rs2))),
	writeRd('xor', '0000000 rs2 rs1 100 rd 0110011', xor(rs1, rs2)),
	writeRd('srl', '0000000 rs2 rs1 101 rd 0110011', shrU(rs1, rs2)),
	writeRd('sra', '0100000 rs2 rs1 101 rd 0110011', shrS(rs1, rs2)),
	writeRd('or', '0000000 rs2 rs1 110 rd 0110011', or(rs1, rs2)),
	writeRd('and', '0000000 rs2 rs1 111 rd 0110011', and(rs1, rs2)),

	writeRd('addiw', 'imm[11:0] rs1 000 rd 0011011', signExtend32(add(word1, wordImm))),
	writeRd('slliw', '0000000 shamt[4:0] rs1 001 rd 0011011', signExtend32(shl(word1, wordImm))),
	writeRd('srliw', '0000000 shamt[4:0] rs1 101 rd 0011011', signExtend32(shrU(word1, wordImm))),
	writeRd('sraiw', '0100000 shamt[4:0] rs1 101 rd 0011011', signExtend32(shrS(word1, wordImm))),
	writeRd('addw', '0000000 rs2 rs1 000 rd 0111011', signExtend32(add(word1, word2))),
	writeRd('subw', '0100000 rs2 rs1 000 rd 0111011', signExtend32(sub(word1, word2))),
	writeRd('sllw', '0000000 rs2 rs1 001 rd 0111011', signExtend32(shl(word1, word2))),
	writeRd('srlw', '0000000 rs2 rs1 101 rd 0111011', signExtend32(shrU(word1, word2))),
	writeRd('sraw', '0100000 rs2 rs1 101 rd 0111011', signExtend32(shrS(word1, word2))),

	// Reserved fields of fences are ignored, as the manual requires.
	instruction('fence', 'fm pred succ rs1 000 rd 0001111', system('fence')),
	{...instruction('pause', '0000 0001 0000 00000 000 00000 0001111', system('pause')), specializes: 'fence'},
	instruction('fence.i', 'imm[11:0] rs1 001 rd 0001111', system('fence.i')),
	instruction('ecall', '000000000000 00000 000 00000 1110011', system('ecall')),
	instruction('ebreak', '000000000001 00000 000 00000 1110011', system('ebreak')),
]
