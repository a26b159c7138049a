/** How instructions become slots: handlers, operands, the ends of pages. */
import test from 'ava'
import {CodePage, fieldOffset, Slot} from '../../src/hart/index.ts'
import {handlers, slotDecoder} from '../../src/interpreter/index.ts'
import {ramBase} from '../../src/memory/index.ts'
import {HartCore} from '../hart/core/hart-core.ts'
import {encode} from './encode.ts'

const gva = BigInt(ramBase)

class DecodedPage {
	readonly hart = new HartCore()
	readonly scratch = this.hart.core.scratchCodePage() >>> 0
	decodings = 0
	readonly #decode = slotDecoder(this.hart.memory, {
		scratchPage: this.scratch,
		cover: this.hart.core.coverInstruction,
		interpretAt: (this.hart.memory.region('vcpu').offset + fieldOffset.interpretAt) / 4,
		decoded: () => {
			this.decodings++
		},
	})

	/** Writes instructions at page offsets and fetches the page. */
	constructor(words: Readonly<Record<number, number>>) {
		const {u16} = this.hart.memory
		for (const [offset, word] of Object.entries(words)) {
			const at = (this.hart.ramOffset(ramBase) + Number(offset)) / 2
			u16[at] = word & 0xffff
			if ((word & 3) === 3) u16[at + 1] = word >>> 16
		}
	}

	/** Decodes one slot, by default of the fetched page. */
	slot(offset: number, page = Number(this.hart.fetch(gva))): {handler: string; a: number; b: number; c: number} {
		const ip = page + CodePage.offset.slots + (offset / 2) * Slot.size
		this.#decode(page | 0, ip | 0)
		return this.read(offset, page)
	}

	read(offset: number, page = Number(this.hart.fetch(gva))): {handler: string; a: number; b: number; c: number} {
		const {u8, u16, i32} = this.hart.memory
		const ip = page + CodePage.offset.slots + (offset / 2) * Slot.size
		return {
			handler: handlers[u16[(ip + Slot.offset.handler) / 2]!]!.key,
			a: u8[ip + Slot.offset.a]!,
			b: u8[ip + Slot.offset.b]!,
			c: i32[(ip + Slot.offset.c) / 4]!,
		}
	}
}

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
	t.is(page.decodings, 5)
})

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
	})
	t.like(page.slot(0), {handler: 'jal 4 forward x0', c: 0xffe * 4})
	t.like(page.slot(4), {handler: 'jal 4 far x0', c: 0x1000})
	t.like(page.slot(8), {handler: 'jal 4 backward x0', c: -32})
	t.like(page.slot(12), {handler: 'jal 4 far x0', c: -14})
	t.like(page.slot(16), {handler: 'jal 4 backward x0', c: 0}, 'a jump to itself has a safepoint')
	t.like(page.slot(20), {handler: 'beq 2 backward', c: -80})
	t.like(page.slot(24), {handler: 'jal 4 forward', c: 32})
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
