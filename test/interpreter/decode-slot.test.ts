/** How instructions become slots: handlers, operands, the ends of pages. */
import test from 'ava'
import {ramBase} from '../../src/memory/index.ts'
import {DecodedPage} from './decoded-page.ts'
import {encode} from './encode.ts'

const gva = BigInt(ramBase)

test('a fresh page asks to be decoded everywhere, and ends with two sentinels', (t) => {
	const page = new DecodedPage({})
	t.is(page.read(0).handler, 'decode')
	t.is(page.read(0xffe).handler, 'decode')
	t.is(page.read(0x1000).handler, 'page-end')
	t.is(page.read(0x1002).handler, 'page-end')
})

test('a slot holds the handler of the form, registers as byte offsets, and the immediate', (t) => {
	const page = new DecodedPage({
		0: encode('addi', {rd: 1, rs1: 31, imm: -5}),
		4: encode('sd', {rs1: 2, rs2: 3, imm: 2047}),
		8: encode('c.addi', {rd: 9, rs1: 9, imm: 31}),
		10: encode('csrrwi', {rd: 4, csr: 0xc02, imm: 17}),
		14: encode('fmadd.d', {rd: 1, rs1: 2, rs2: 3, rs3: 4, rm: 7}),
	})
	t.deepEqual(page.slot(0), {handler: 'addi 4', a: 8, b: 248, c: -5})
	t.deepEqual(page.slot(4), {handler: 'sd 4', a: 24, b: 16, c: 2047})
	t.deepEqual(page.slot(8), {handler: 'addi 2', a: 72, b: 72, c: 31})
	t.deepEqual(page.slot(10), {handler: 'csrrwi 4', a: 32, b: 17, c: 0xc02})
	t.deepEqual(page.slot(14), {handler: 'fmadd.d 4', a: 8, b: 16, c: 24 | (32 << 8) | (7 << 16)})
	t.is(page.hart.get('instructionsDecoded'), 5n)
})

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
	test(`the slot of ${text} holds its operands`, (t) => t.like(new DecodedPage({0: word}).slot(0), slot))
}

test('computing into x0 does nothing; loading into it still accesses memory', (t) => {
	const page = new DecodedPage({
		0: encode('add', {rd: 0, rs1: 1, rs2: 2}),
		4: encode('c.nop', {imm: 3}),
		6: encode('lw', {rd: 0, rs1: 1, imm: 0}),
		10: encode('amoadd.w', {rd: 0, rs1: 1, rs2: 2}),
	})
	t.is(page.slot(0).handler, 'nop4')
	t.is(page.slot(4).handler, 'nop2')
	t.is(page.slot(6).handler, 'lw 4 x0')
	t.is(page.slot(10).handler, 'amoadd.w 4 x0')
})

test('a jump within the page holds its distance in slot bytes; one that leaves it, in bytes', (t) => {
	const jal = (imm: number) => encode('jal', {rd: 0, imm})
	const page = new DecodedPage({
		0: jal(0xffe),
		4: jal(0x1000),
		8: jal(-8),
		12: jal(-14),
		16: jal(0),
		20: encode('c.beqz', {rs1: 8, imm: -20}),
		24: encode('jal', {rd: 1, imm: 8}),
		28: jal(0x1000 - 28),
	})
	t.like(page.slot(0), {handler: 'jal 4 forward x0', c: 0xffe * 4})
	t.like(page.slot(4), {handler: 'jal 4 far x0', c: 0x1000})
	t.like(page.slot(8), {handler: 'jal 4 backward x0', c: -32})
	t.like(page.slot(12), {handler: 'jal 4 far x0', c: -14})
	t.like(page.slot(16), {handler: 'jal 4 backward x0', c: 0}, 'a jump to itself has a safepoint')
	t.like(page.slot(20), {handler: 'beq 2 backward', c: -80})
	t.like(page.slot(24), {handler: 'jal 4 forward', c: 32})
	t.like(page.slot(28), {handler: 'jal 4 far x0', c: 0x1000 - 28}, 'the next page begins there')
})

test('at the last parcel a short instruction is itself, a long one lies across', (t) => {
	t.is(new DecodedPage({4094: encode('c.li', {rd: 5, imm: 1})}).slot(0xffe).handler, 'addi 2')
	t.is(new DecodedPage({4094: encode('addi', {rd: 5, imm: 1})}).slot(0xffe).handler, 'across')
	t.is(new DecodedPage({4092: encode('addi', {rd: 5, imm: 1})}).slot(0xffc).handler, 'addi 4')
})

test('in the scratch page the instruction that lies across is itself, and its jumps are far', (t) => {
	const across = (word: number) => {
		const page = new DecodedPage({4094: word})
		t.is(Number(page.hart.fetchAcross(gva + 0xffen)), page.scratch)
		return page.slot(0xffe, page.scratch)
	}
	t.like(across(encode('addi', {rd: 5, rs1: 6, imm: 77})), {handler: 'addi 4', c: 77})
	t.like(across(encode('beq', {rs1: 1, rs2: 2, imm: -16})), {handler: 'beq 4 far', c: -16})
})

test('what is no instruction gets the handler that raises the exception', (t) => {
	const page = new DecodedPage({0: 0xffff_ffff, 8: 0})
	t.deepEqual(page.slot(0), {handler: 'illegal', a: 0, b: 0, c: 0})
	t.is(page.slot(8).handler, 'illegal')
})
