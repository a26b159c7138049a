import test from 'ava'
import {parsePattern} from '../../src/isa/index.ts'

test('literal bits become the mask and the match', (t) => {
	const {mask, match, length} = parsePattern('0100000 rs2 rs1 000 rd 0110011')
	t.is(mask >>> 0, 0xfe00_707f)
	t.is(match >>> 0, 0x4000_0033)
	t.is(length, 4)
})

test('registers are extracted from their places', (t) => {
	const {extract} = parsePattern('rs3 00 rs2 rs1 rm rd 1000011')
	const word = (31 << 27) | (2 << 20) | (3 << 15) | (7 << 12) | (4 << 7) | 0x43
	t.like(extract(word), {rs3: 31, rs2: 2, rs1: 3, rm: 7, rd: 4})
})

const immediates: readonly (readonly [string, number, number])[] = [
	['imm[11:0] rs1 011 rd 0000011', 0x7ff0_0000, 2047],
	['imm[11:0] rs1 011 rd 0000011', 0x8000_0000, -2048],
	['imm[11:5] rs2 rs1 011 imm[4:0] 0100011', 0xfe00_0f80, -1],
	['imm[12|10:5] rs2 rs1 000 imm[4:1|11] 1100011', 0x8000_0000, -4096],
	['imm[12|10:5] rs2 rs1 000 imm[4:1|11] 1100011', 0x0000_0080, 2048],
	['imm[20|10:1|11|19:12] rd 1101111', 0x8000_0000, -1_048_576],
	['imm[20|10:1|11|19:12] rd 1101111', 0x0010_0000, 2048],
	['imm[20|10:1|11|19:12] rd 1101111', 0x000f_f000, 0xff000],
	['imm[31:12] rd 0110111', 0x8000_0000, -2_147_483_648],
	['000000 shamt[5:0] rs1 001 rd 0010011', 0x03f0_0000, 63],
	['csr uimm[4:0] 101 rd 1110011', 0x000f_8000, 31],
	['000 nzuimm[5:4|9:6|2|3] rd′ 00', 0x0020, 8],
	['000 nzuimm[5:4|9:6|2|3] rd′ 00', 0x0780, 960],
	['011 nzimm[9] 00010 nzimm[4|6|8:7|5] 01', 0x1000, -512],
	['101 imm[11|4|9:8|10|6|7|3:1|5] 01', 0x1000, -2048],
	['101 imm[11|4|9:8|10|6|7|3:1|5] 01', 0x0004, 32],
]
for (const [pattern, bits, value] of immediates) {
	test(`bits ${bits.toString(16)} of ${pattern} are ${value}`, (t) =>
		t.is(parsePattern(pattern).extract(bits).imm, value))
}

test('CSR numbers are unsigned', (t) => {
	t.is(parsePattern('csr rs1 001 rd 1110011').extract(0xfff0_0000).csr, 0xfff)
})

test('three-bit registers start at x8, and one field may name two operands', (t) => {
	const {extract} = parsePattern('100 0 11 rs1′/rd′ 00 rs2′ 01')
	t.like(extract(0b100_0_11_111_00_001_01), {rs1: 15, rd: 15, rs2: 9})
})

test('a pattern does not match where it excludes a value', (t) => {
	const lui = parsePattern('011 nzimm[17] rd≠2 nzimm[16:12] 01')
	t.true(lui.matches(0b011_0_00001_00001_01))
	t.false(lui.matches(0b011_0_00010_00001_01))
	t.false(lui.matches(0b011_0_00001_00000_01))
	const several = parsePattern('011 0 rd≠{0,2} 00000 01')
	t.deepEqual(
		[0, 1, 2, 3].map((rd) => several.matches(0x6001 | (rd << 7))),
		[false, true, false, true],
	)
})

test('a pattern that does not add up, or names an unknown field, is refused', (t) => {
	t.throws(() => parsePattern('000000 rs2 rs1 000 rd 0110011'), {message: /must cover 16 or 32 bits, got 31/})
	t.throws(() => parsePattern('0000000 rs4 rs1 000 rd 0110011'), {message: /must be known, got rs4/})
})
