/** Code in pages that PMP splits, run by the interpreter: each instruction is fetched, and checked, on its own. */
import test from 'ava'
import {ramBase} from '../../src/memory/index.ts'
import {encode} from './encode.ts'
import {InterpretedHart} from './interpreted-hart.ts'

const page = ramBase + 0x5000
const handler = ramBase + 0x1000
const [supervisor, machine] = [1, 3]
const wfi = encode('wfi', {})
const napot = (base: number, bytes: number) => (BigInt(base) / 4n) | BigInt(bytes / 8 - 1)

/** S-mode may execute [first, end) of the page, and access nothing else. */
function confined(first: number, end: number): InterpretedHart {
	const hart = new InterpretedHart()
	hart.set('mtvec', handler)
	hart.writeParcel(handler, wfi & 0xffff)
	hart.writeParcel(handler + 2, wfi >>> 16)
	// Entry 1: top of range, from entry 0's address on; X.
	hart.csrWrite(0x3b0, BigInt(page + first) >> 2n)
	hart.csrWrite(0x3b1, BigInt(page + end) >> 2n)
	hart.csrWrite(0x3a0, 0x0c00n)
	return hart
}

function put(hart: InterpretedHart, offset: number, ...words: readonly number[]): void {
	let at = page + offset
	for (const word of words) {
		hart.writeParcel(at, word & 0xffff)
		if ((word & 3) === 3) hart.writeParcel(at + 2, word >>> 16)
		at += (word & 3) === 3 ? 4 : 2
	}
}

function run(hart: InterpretedHart, offset: number): {cause: bigint; pc: bigint; tval: bigint} {
	hart.enter(supervisor)
	hart.set('pc', page + offset)
	hart.run()
	return {cause: hart.get('mcause'), pc: hart.get('mepc') - BigInt(page), tval: hart.get('mtval') - BigInt(page)}
}

const increment = encode('addi', {rd: 5, rs1: 5, imm: 1})
/** c.addi x5, 1 */
const shortIncrement = 0x0285

test('code runs up to the end of its region, and faults there', (t) => {
	const hart = confined(0x100, 0x110)
	put(hart, 0x100, shortIncrement, increment, increment, shortIncrement, increment, increment)
	t.deepEqual(run(hart, 0x100), {cause: 1n, pc: 0x110n, tval: 0x110n})
	t.is(hart.x[5], 5n)
	t.is(hart.get('instret'), 5n + 1n, 'and the handler’s wfi')
})

test('an instruction across the end of its region faults with its second half’s address', (t) => {
	const hart = confined(0x100, 0x108)
	put(hart, 0x100, increment, shortIncrement, increment)
	t.deepEqual(run(hart, 0x100), {cause: 1n, pc: 0x106n, tval: 0x108n})
	t.is(hart.x[5], 2n)
})

test('loops and jumps within the page work, and one that leaves the region faults at its target', (t) => {
	const hart = confined(0x100, 0x200)
	hart.x[6] = 100n
	put(
		hart,
		0x100,
		increment,
		encode('addi', {rd: 6, rs1: 6, imm: -1}),
		encode('bne', {rs1: 6, rs2: 0, imm: -8}),
		encode('jal', {rd: 0, imm: 0x40}),
	)
	put(hart, 0x14c, increment, encode('jal', {rd: 1, imm: -0x100}))
	t.deepEqual(run(hart, 0x100), {cause: 1n, pc: 0x50n, tval: 0x50n})
	t.is(hart.x[5], 101n)
	t.is(hart.x[1], BigInt(page + 0x154))
})

test('code that was decoded in M-mode is checked anew in S-mode', (t) => {
	const hart = confined(0x100, 0x104)
	put(hart, 0x100, increment, increment, wfi)
	hart.enter(machine)
	hart.set('pc', page + 0x100)
	hart.run()
	t.is(hart.x[5], 2n)
	t.deepEqual(run(hart, 0x100), {cause: 1n, pc: 0x104n, tval: 0x104n})
	t.is(hart.x[5], 3n)
})

test('a load is checked to the byte where its page is split', (t) => {
	const hart = new InterpretedHart()
	hart.set('mtvec', handler)
	hart.writeParcel(handler, wfi & 0xffff)
	hart.writeParcel(handler + 2, wfi >>> 16)
	const code = ramBase + 0x3000
	hart.csrWrite(0x3b0, napot(code, 4096))
	hart.csrWrite(0x3b1, napot(page + 0x10, 8))
	hart.csrWrite(0x3a0, 0x191cn)
	for (const [index, imm] of [0x10, 0x14, 0x18].entries()) {
		const word = encode('lw', {rd: 10 + index, rs1: 6, imm})
		hart.writeParcel(code + index * 4, word & 0xffff)
		hart.writeParcel(code + index * 4 + 2, word >>> 16)
	}
	hart.poke(page + 0x10, 0x2222_2222_1111_1111n)
	hart.x[6] = BigInt(page)
	hart.enter(supervisor)
	hart.set('pc', code)
	hart.run()
	t.deepEqual([hart.x[10], hart.x[11]], [0x1111_1111n, 0x2222_2222n])
	t.deepEqual([hart.get('mcause'), hart.get('mtval')], [5n, BigInt(page + 0x18)])
})

test('wrs.nto and wrs.sto end, whatever TW says; the fences of Svinval and cbo.flush run in S-mode', (t) => {
	const hart = new InterpretedHart()
	const words = [
		encode('wrs.nto', {}),
		encode('wrs.sto', {}),
		encode('sfence.w.inval', {}),
		encode('sinval.vma', {rs1: 0, rs2: 0}),
		encode('sfence.inval.ir', {}),
		encode('cbo.flush', {rs1: 6}),
		encode('czero.eqz', {rd: 5, rs1: 6, rs2: 0}),
		encode('czero.nez', {rd: 7, rs1: 6, rs2: 0}),
		encode('ecall', {}),
	]
	put(hart, 0, ...words)
	hart.set('mtvec', handler)
	hart.writeParcel(handler, wfi & 0xffff)
	hart.writeParcel(handler + 2, wfi >>> 16)
	hart.set('menvcfg', 0x70n)
	hart.status(1n << 21n)
	hart.x[5] = 9n
	hart.x[6] = BigInt(page)
	t.deepEqual(run(hart, 0), {cause: 9n, pc: BigInt((words.length - 1) * 4), tval: BigInt(-page)})
	t.deepEqual([hart.x[5], hart.x[7]], [0n, BigInt(page)])
})
