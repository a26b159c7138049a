/** The evaluator, on values worked out by hand from the manual. */
import test from 'ava'
import {createTestHart, executeNamed, GuestFault, unmapped} from './evaluated-hart.ts'

const minimum = 1n << 63n
const minusOne = (1n << 64n) - 1n
const u64 = (value: bigint) => BigInt.asUintN(64, value)

/** Name, rs1, rs2 or the immediate, rd. */
const integerCases: readonly (readonly [string, bigint, bigint, bigint])[] = [
	['add', minusOne, 1n, 0n],
	['sub', 0n, 1n, minusOne],
	['addw', 0x7fff_ffffn, 1n, u64(-0x8000_0000n)],
	['subw', 0n, 1n, minusOne],
	['addiw', 0xffff_ffff_7fff_ffffn, 1n, u64(-0x8000_0000n)],
	['sll', 1n, 64n + 63n, minimum],
	['srl', minimum, 63n, 1n],
	['sra', minimum, 63n, minusOne],
	['sllw', 1n, 31n, u64(-0x8000_0000n)],
	['sllw', 1n, 32n, 1n],
	['srlw', 0xffff_ffff_8000_0000n, 31n, 1n],
	['sraw', 0x8000_0000n, 31n, minusOne],
	['srliw', 0xffff_ffff_8000_0000n, 0n, u64(-0x8000_0000n)],
	['srai', minimum, 1n, 0xc000_0000_0000_0000n],
	['slt', minusOne, 0n, 1n],
	['sltu', minusOne, 0n, 0n],
	['sltiu', 1n, -1n, 1n],
	['xori', 0n, -1n, minusOne],
	['xor', 6n, 3n, 5n],
	['or', 6n, 3n, 7n],
	['and', 6n, 3n, 2n],
	['ori', 1n, -2n, minusOne],
	['andi', 0x1234n, -16n, 0x1230n],
	['slti', minusOne, 0n, 1n],
	['slli', 1n, 63n, minimum],
	['srli', minusOne, 60n, 15n],
	['slliw', 3n, 31n, u64(-0x8000_0000n)],
	['sraiw', 0x8000_0000n, 4n, u64(-0x0800_0000n)],
	['auipc', 0n, -0x1000n, 0x7fff_f000n],
	['lui', 0n, -0x8000_0000n, u64(-0x8000_0000n)],

	['mul', minusOne, minusOne, 1n],
	['mulh', minusOne, minusOne, 0n],
	['mulh', minimum, minimum, 1n << 62n],
	['mulh', minimum, 1n, minusOne],
	['mulhu', minusOne, minusOne, minusOne - 1n],
	['mulhsu', minusOne, minusOne, minusOne],
	['mulhsu', 1n, minusOne, 0n],
	['mulhsu', minimum, minusOne, minimum],
	['mulw', 0x7fff_ffffn, 2n, u64(-2n)],
	['div', 7n, u64(-2n), u64(-3n)],
	['div', 7n, 0n, minusOne],
	['div', minimum, minusOne, minimum],
	['divu', 7n, 0n, minusOne],
	['divu', minusOne, 2n, (1n << 63n) - 1n],
	['rem', u64(-7n), 2n, minusOne],
	['rem', 7n, 0n, 7n],
	['rem', minimum, minusOne, 0n],
	['remu', 7n, 0n, 7n],
	['divw', 0x8000_0000n, minusOne, u64(-0x8000_0000n)],
	['divw', 5n, 1n << 32n, minusOne],
	['divuw', 0xffff_ffffn, 1n, minusOne],
	['divuw', 5n, 0n, minusOne],
	['remw', 0x8000_0000n, minusOne, 0n],
	['remw', 0x8000_0000n, 0n, u64(-0x8000_0000n)],
	['remuw', 0x8000_0000n, 0n, u64(-0x8000_0000n)],

	['add.uw', minusOne, 1n, 1n << 32n],
	['sh1add', 3n, 1n, 7n],
	['sh2add', minimum | 1n, 1n, 5n],
	['sh3add', 1n, minusOne, 7n],
	['sh1add.uw', minusOne, 1n, 0x1_ffff_ffffn],
	['sh2add.uw', 0xffff_ffff_0000_0001n, 0n, 4n],
	['sh3add.uw', 0xffff_ffff_0000_0001n, 2n, 10n],
	['slli.uw', minusOne, 32n, 0xffff_ffff_0000_0000n],

	['andn', 0b1100n, 0b1010n, 0b0100n],
	['orn', 0n, minusOne, 0n],
	['xnor', 0b1100n, 0b1010n, u64(~0b0110n)],
	['clz', 0n, 0n, 64n],
	['clz', 1n, 0n, 63n],
	['clz', minimum, 0n, 0n],
	['ctz', 0n, 0n, 64n],
	['ctz', minimum, 0n, 63n],
	['cpop', minusOne, 0n, 64n],
	['clzw', 1n << 32n, 0n, 32n],
	['clzw', 0xffff_ffff_0000_0001n, 0n, 31n],
	['ctzw', 1n << 32n, 0n, 32n],
	['cpopw', minusOne, 0n, 32n],
	['max', minusOne, 1n, 1n],
	['maxu', minusOne, 1n, minusOne],
	['min', minusOne, 1n, minusOne],
	['minu', minusOne, 1n, 1n],
	['sext.b', 0x180n, 0n, u64(-128n)],
	['sext.h', 0x7fffn, 0n, 0x7fffn],
	['sext.h', 0x8000n, 0n, u64(-0x8000n)],
	['zext.h', minusOne, 0n, 0xffffn],
	['rol', minimum | 1n, 1n, 3n],
	['ror', 1n, 1n, minimum],
	['rori', 0x0123_4567_89ab_cdefn, 0n, 0x0123_4567_89ab_cdefn],
	['rori', 0x0123_4567_89ab_cdefn, 16n, 0xcdef_0123_4567_89abn],
	['rolw', 0x8000_0001n, 1n, 3n],
	['rorw', 1n, 1n, u64(-0x8000_0000n)],
	['rorw', 0x8000_0000n, 32n, u64(-0x8000_0000n)],
	['roriw', 0xffff_ffff_0000_0010n, 4n, 1n],
	['orc.b', 0x0100_8000_007f_00ffn, 0n, 0xff00_ff00_00ff_00ffn],
	['orc.b', 0x8080_8080_8080_8080n, 0n, minusOne],
	['rev8', 0x0123_4567_89ab_cdefn, 0n, 0xefcd_ab89_6745_2301n],

	['bclr', minusOne, 64n, minusOne - 1n],
	['bclri', minusOne, 63n, minimum - 1n],
	['bext', minimum, 63n, 1n],
	['bexti', 2n, 0n, 0n],
	['binv', 0n, 65n, 2n],
	['binvi', minimum, 63n, 0n],
	['bset', 0n, 127n, minimum],
	['bseti', 1n, 0n, 1n],
]
for (const [name, a, b, expected] of integerCases) {
	test(`${name} of ${a.toString(16)} and ${b.toString(16)} is ${expected.toString(16)}`, (t) => {
		const hart = createTestHart()
		hart.x[10] = a
		hart.x[11] = u64(b)
		executeNamed(hart, name, {rd: 12, rs1: 10, rs2: 11, imm: Number(BigInt.asIntN(32, b))})
		t.is(hart.x[12], expected)
		t.is(hart.pc, 0x8000_0004n)
	})
}

test('x0 reads as 0 and cannot be written', (t) => {
	const hart = createTestHart()
	executeNamed(hart, 'addi', {rd: 0, imm: 5})
	executeNamed(hart, 'addi', {rd: 1, rs1: 0, imm: 7})
	t.deepEqual([hart.x[0], hart.x[1]], [0n, 7n])
})

test('loads extend as their names say', (t) => {
	const hart = createTestHart()
	hart.store(0x1000n, 8, 0xfedc_ba98_f6f5_f4f3n)
	const loaded = ['lb', 'lbu', 'lh', 'lhu', 'lw', 'lwu', 'ld'].map((name) => {
		executeNamed(hart, name, {rd: 1, rs1: 2, imm: 0x1000})
		return hart.x[1]
	})
	t.deepEqual(loaded, [
		u64(-13n),
		0xf3n,
		u64(-0x0b0dn),
		0xf4f3n,
		u64(-0x090a_0b0dn),
		0xf6f5_f4f3n,
		0xfedc_ba98_f6f5_f4f3n,
	])
})

test('stores write as many bytes as their names say', (t) => {
	const sizes = ['sb', 'sh', 'sw', 'sd'].map((name) => {
		const hart = createTestHart()
		hart.x[1] = minusOne
		hart.x[2] = 0x2000n
		executeNamed(hart, name, {rs1: 2, rs2: 1, imm: -8})
		t.is(hart.memory.get(0x1ff8n), 0xff)
		return hart.memory.size
	})
	t.deepEqual(sizes, [1, 2, 4, 8])
})

test('branches go to pc plus the offset when they are taken', (t) => {
	const taken = (name: string, a: bigint, b: bigint) => {
		const hart = createTestHart()
		hart.x[1] = a
		hart.x[2] = b
		executeNamed(hart, name, {rs1: 1, rs2: 2, imm: -8})
		return hart.pc === 0x7fff_fff8n
	}
	t.deepEqual([taken('beq', 1n, 1n), taken('beq', 1n, 2n)], [true, false])
	t.deepEqual([taken('bne', 1n, 1n), taken('bne', 1n, 2n)], [false, true])
	t.deepEqual([taken('blt', minusOne, 0n), taken('bltu', minusOne, 0n)], [true, false])
	t.deepEqual([taken('bge', 0n, 0n), taken('bgeu', 0n, minusOne)], [true, false])
})

test('jumps link to the next instruction, also when compressed', (t) => {
	const hart = createTestHart()
	executeNamed(hart, 'jal', {rd: 1, imm: 0x100})
	t.deepEqual([hart.x[1], hart.pc], [0x8000_0004n, 0x8000_0100n])
	hart.x[5] = 0x9001n
	executeNamed(hart, 'jalr', {rd: 1, rs1: 5}, 2)
	t.deepEqual([hart.x[1], hart.pc], [0x8000_0102n, 0x9000n])
})

test('jalr with rd = rs1 jumps to the old value', (t) => {
	const hart = createTestHart()
	hart.x[1] = 0x9000n
	executeNamed(hart, 'jalr', {rd: 1, rs1: 1, imm: 2})
	t.deepEqual([hart.x[1], hart.pc], [0x8000_0004n, 0x9002n])
})

const amoCases: readonly (readonly [string, bigint, bigint, bigint])[] = [
	['amoswap.w', 5n, 7n, 7n],
	['amoadd.w', 0xffff_ffffn, 2n, 1n],
	['amoxor.w', 6n, 3n, 5n],
	['amoand.w', 6n, 3n, 2n],
	['amoor.w', 6n, 3n, 7n],
	['amomin.w', 0x8000_0000n, 1n, 0x8000_0000n],
	['amomax.w', 0x8000_0000n, 1n, 1n],
	['amominu.w', 0x8000_0000n, 1n, 1n],
	['amomaxu.w', 0x8000_0000n, 1n, 0x8000_0000n],
	['amoadd.d', minusOne, 2n, 1n],
	['amomin.d', minimum, 1n, minimum],
	['amomaxu.d', minimum, 1n, minimum],
]
for (const [name, old, operand, written] of amoCases) {
	test(`${name} returns ${old.toString(16)} and leaves ${written.toString(16)}`, (t) => {
		const hart = createTestHart()
		const bytes = name.endsWith('.w') ? 4 : 8
		hart.store(0x1000n, bytes, old)
		hart.x[1] = 0x1000n
		hart.x[2] = operand
		executeNamed(hart, name, {rd: 3, rs1: 1, rs2: 2})
		t.is(hart.x[3], bytes === 4 ? u64(BigInt.asIntN(32, old)) : old)
		t.is(hart.load(0x1000n, bytes), written)
		t.is(hart.load(0x1000n + BigInt(bytes), 4), 0n)
	})
}

test('sc.w returns 0 and stores only after lr.w of the same address', (t) => {
	const hart = createTestHart()
	hart.store(0x1000n, 4, 0x8000_0000n)
	hart.x[1] = 0x1000n
	hart.x[2] = 9n
	executeNamed(hart, 'lr.w', {rd: 3, rs1: 1})
	executeNamed(hart, 'sc.w', {rd: 4, rs1: 1, rs2: 2})
	executeNamed(hart, 'sc.w', {rd: 5, rs1: 1, rs2: 0})
	t.deepEqual([hart.x[3], hart.x[4], hart.x[5]], [u64(-0x8000_0000n), 0n, 1n])
	t.is(hart.load(0x1000n, 4), 9n)
})

test('csrrs and csrrc write nothing when their operand is x0 or 0', (t) => {
	const hart = createTestHart()
	hart.csrs.set(0x340, 6n)
	hart.x[1] = 3n
	executeNamed(hart, 'csrrs', {rd: 2, rs1: 0, csr: 0x340})
	executeNamed(hart, 'csrrci', {rd: 3, imm: 0, csr: 0x340})
	t.deepEqual(hart.log, [])
	executeNamed(hart, 'csrrc', {rd: 4, rs1: 1, csr: 0x340})
	executeNamed(hart, 'csrrsi', {rd: 5, imm: 16, csr: 0x340})
	executeNamed(hart, 'csrrw', {rd: 1, rs1: 1, csr: 0x340})
	t.deepEqual([hart.x[2], hart.x[3], hart.x[4], hart.x[5], hart.x[1]], [6n, 6n, 6n, 4n, 20n])
	t.is(hart.csrs.get(0x340), 3n)
	t.deepEqual(hart.log, ['csr clear', 'csr set', 'csr write'])
})

test('csrrs with a register that holds 0 still writes', (t) => {
	const hart = createTestHart()
	executeNamed(hart, 'csrrs', {rd: 2, rs1: 1, csr: 0x340})
	t.deepEqual(hart.log, ['csr set'])
})

test('an instruction that faults leaves registers and pc as they were', (t) => {
	for (const [name, operands] of [
		['ld', {rd: 1, rs1: 1}],
		['sd', {rs1: 1, rs2: 2}],
		['amoadd.d', {rd: 1, rs1: 1, rs2: 2}],
		['lr.d', {rd: 1, rs1: 1}],
		['fld', {rd: 1, rs1: 1}],
		['cbo.zero', {rs1: 1}],
	] as const) {
		const hart = createTestHart()
		hart.x[1] = unmapped
		t.throws(() => executeNamed(hart, name, operands), {instanceOf: GuestFault})
		t.deepEqual([hart.x[1], hart.f[1], hart.pc, hart.memory.size], [unmapped, 0n, 0x8000_0000n, 0])
	}
})

test('cbo.zero clears the whole block that holds its address', (t) => {
	const hart = createTestHart()
	for (let gva = 0x0fc0n; gva < 0x1080n; gva += 8n) hart.store(gva, 8, minusOne)
	hart.x[1] = 0x1015n
	executeNamed(hart, 'cbo.zero', {rs1: 1})
	t.deepEqual(
		[0x0ff8n, 0x1000n, 0x1038n, 0x1040n].map((gva) => hart.load(gva, 8)),
		[minusOne, 0n, 0n, minusOne],
	)
})

test('czero.eqz and czero.nez zero their result where rs2 is zero, and where it is not', (t) => {
	const hart = createTestHart()
	for (const [name, condition, expected] of [
		['czero.eqz', 0n, 0n],
		['czero.eqz', 1n << 63n, 77n],
		['czero.nez', 0n, 77n],
		['czero.nez', 1n << 32n, 0n],
	] as const) {
		hart.x[1] = 77n
		hart.x[2] = condition
		executeNamed(hart, name, {rd: 3, rs1: 1, rs2: 2})
		t.is(hart.x[3], expected, `${name} with ${condition}`)
	}
})

test('Zicbom’s instructions write nothing, and name themselves', (t) => {
	const hart = createTestHart()
	for (const name of ['cbo.inval', 'cbo.clean', 'cbo.flush']) executeNamed(hart, name, {rs1: 1})
	t.deepEqual(hart.log, ['cbo.inval', 'cbo.clean', 'cbo.flush'])
	t.is(hart.memory.size, 0)
	hart.x[1] = unmapped
	t.throws(() => executeNamed(hart, 'cbo.flush', {rs1: 1}), {instanceOf: GuestFault})
})

test('Svinval’s instructions name themselves; wrs.nto and wrs.sto are pauses', (t) => {
	const hart = createTestHart()
	for (const name of ['sinval.vma', 'sfence.w.inval', 'sfence.inval.ir', 'wrs.nto', 'wrs.sto'])
		executeNamed(hart, name, {})
	t.deepEqual(hart.log, ['sinval.vma', 'sfence.w.inval', 'sfence.inval.ir', 'pause', 'pause'])
})

test('system instructions name themselves', (t) => {
	const hart = createTestHart()
	const names = ['ecall', 'ebreak', 'mret', 'sret', 'wfi', 'fence', 'fence.i', 'sfence.vma', 'pause']
	for (const name of names) executeNamed(hart, name, {})
	t.deepEqual(hart.log, names)
})
