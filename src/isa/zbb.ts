/** Zbb: basic bit manipulation. Unprivileged spec, "B" Extension. */
import {rs1, rs2, word1, word2, writeRd} from './definition.ts'
import type {Expression, Instruction} from './expression.ts'
import {
	add,
	and,
	clz,
	ctz,
	i64,
	imm,
	ltS,
	ltU,
	mul,
	or,
	popcnt,
	rotl,
	rotr,
	select,
	shl,
	shrU,
	signExtend8,
	signExtend16,
	signExtend32,
	truncate32,
	xor,
	zeroExtend32,
} from './expression.ts'

const not = (a: Expression): Expression => xor(a, i64(-1))

/** Swaps neighbouring groups of `bits` bits; `low` masks the lower group of each pair. */
const swapGroups = (a: Expression, bits: number, low: bigint): Expression =>
	or(and(shrU(a, i64(bits)), i64(low)), shl(and(a, i64(low)), i64(bits)))

const reverseBytes = (a: Expression): Expression =>
	rotl(swapGroups(swapGroups(a, 8, 0x00ff_00ff_00ff_00ffn), 16, 0x0000_ffff_0000_ffffn), i64(32))

/** Each byte that is not 0 becomes 0xff: adding 0x7f to its low bits carries into bit 7, which then fills the byte. */
const orCombine = (a: Expression): Expression => {
	const low7 = i64(0x7f7f_7f7f_7f7f_7f7fn)
	const bit7 = shrU(or(add(and(a, low7), low7), a), i64(7))
	return mul(and(bit7, i64(0x0101_0101_0101_0101n)), i64(0xff))
}

export const zbb: readonly Instruction[] = [
	writeRd('andn', '0100000 rs2 rs1 111 rd 0110011', and(rs1, not(rs2))),
	writeRd('orn', '0100000 rs2 rs1 110 rd 0110011', or(rs1, not(rs2))),
	writeRd('xnor', '0100000 rs2 rs1 100 rd 0110011', not(xor(rs1, rs2))),
	writeRd('clz', '011000000000 rs1 001 rd 0010011', clz(rs1)),
	writeRd('ctz', '011000000001 rs1 001 rd 0010011', ctz(rs1)),
	writeRd('cpop', '011000000010 rs1 001 rd 0010011', popcnt(rs1)),
	writeRd('clzw', '011000000000 rs1 001 rd 0011011', zeroExtend32(clz(word1))),
	writeRd('ctzw', '011000000001 rs1 001 rd 0011011', zeroExtend32(ctz(word1))),
	writeRd('cpopw', '011000000010 rs1 001 rd 0011011', zeroExtend32(popcnt(word1))),
	writeRd('max', '0000101 rs2 rs1 110 rd 0110011', select(ltS(rs1, rs2), rs2, rs1)),
	writeRd('maxu', '0000101 rs2 rs1 111 rd 0110011', select(ltU(rs1, rs2), rs2, rs1)),
	writeRd('min', '0000101 rs2 rs1 100 rd 0110011', select(ltS(rs1, rs2), rs1, rs2)),
	writeRd('minu', '0000101 rs2 rs1 101 rd 0110011', select(ltU(rs1, rs2), rs1, rs2)),
	writeRd('sext.b', '011000000100 rs1 001 rd 0010011', signExtend8(rs1)),
	writeRd('sext.h', '011000000101 rs1 001 rd 0010011', signExtend16(rs1)),
	writeRd('zext.h', '000010000000 rs1 100 rd 0111011', and(rs1, i64(0xffff))),
	writeRd('rol', '0110000 rs2 rs1 001 rd 0110011', rotl(rs1, rs2)),
	writeRd('ror', '0110000 rs2 rs1 101 rd 0110011', rotr(rs1, rs2)),
	writeRd('rori', '011000 shamt[5:0] rs1 101 rd 0010011', rotr(rs1, imm)),
	writeRd('rolw', '0110000 rs2 rs1 001 rd 0111011', signExtend32(rotl(word1, word2))),
	writeRd('rorw', '0110000 rs2 rs1 101 rd 0111011', signExtend32(rotr(word1, word2))),
	writeRd('roriw', '0110000 shamt[4:0] rs1 101 rd 0011011', signExtend32(rotr(word1, truncate32(imm)))),
	writeRd('orc.b', '001010000111 rs1 101 rd 0010011', orCombine(rs1)),
	writeRd('rev8', '011010111000 rs1 101 rd 0010011', reverseBytes(rs1)),
]
