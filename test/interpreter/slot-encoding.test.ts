import test from 'ava'
import {encodeSlot, slotFields} from '../../src/interpreter/slot-encoding.ts'
import {decode, instructionNamed} from '../../src/isa/index.ts'

const slots: Record<string, readonly [number, {a: number; b: number; c: number}]> = {
	'addi x2, x3, -32': [0xfe01_8113, {a: 16, b: 24, c: -32}],
	'add x10, x11, x12': [0x00c5_8533, {a: 80, b: 88, c: 96}],
	'sd x1, 24(x2)': [0x0011_3c23, {a: 8, b: 16, c: 24}],
	'beq x1, x2, -4': [0xfe20_8ee3, {a: 16, b: 8, c: -4}],
	'lui x5, 0x80000': [0x8000_02b7, {a: 40, b: 0, c: -2_147_483_648}],
	'csrrw x1, 0xfff, x2': [0xfff1_10f3, {a: 8, b: 16, c: 0xfff}],
	'csrrwi x1, 0x300, 31': [0x300f_d0f3, {a: 8, b: 31, c: 0x300}],
	'amoadd.w x1, x2, (x3)': [0x0021_a0af, {a: 8, b: 24, c: 16}],
	'sfence.vma x1, x2': [0x1220_8073, {a: 16, b: 8, c: 0}],
	'fmadd.d f31, f30, f29, f28, dyn': [0xe3df_7fc3, {a: 248, b: 240, c: (7 << 16) | (224 << 8) | 232}],
	'fsqrt.s f1, f2, rtz': [0x5801_10d3, {a: 8, b: 16, c: 1 << 16}],
	'c.mv x8, x9': [0x8426, {a: 64, b: 0, c: 72}],
	'c.jr x1': [0x8082, {a: 0, b: 8, c: 0}],
	'c.ebreak': [0x9002, {a: 0, b: 0, c: 0}],
}
for (const [text, [word, slot]] of Object.entries(slots)) {
	test(`the slot of ${text} holds its operands`, (t) => {
		const decoded = decode(word)
		t.truthy(decoded)
		t.deepEqual(encodeSlot(decoded!), slot)
	})
}

test('each operand has one place', (t) => {
	t.deepEqual(slotFields(instructionNamed('fmadd.s')), {rd: 'a', rs1: 'b', rs2: 'c.rs2', rs3: 'c.rs3', rm: 'c.rm'})
	t.deepEqual(slotFields(instructionNamed('sw')), {rs2: 'a', rs1: 'b', imm: 'c'})
	t.deepEqual(slotFields(instructionNamed('csrrci')), {rd: 'a', imm: 'b', csr: 'c'})
})
