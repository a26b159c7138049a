/** The state after an exception, and which instructions count as retired. */
import test from 'ava'
import {encode} from '../interpreter/encode.ts'
import {code, handler} from '../interpreter/guest-map.ts'
import {Pair, wfi} from '../interpreter/pair.ts'
import {randomFor} from '../interpreter/seed.ts'
import {type Engine, on} from './engine.ts'

const page = code.gva + 0x8000n
const nop = encode('addi', {rd: 0, rs1: 0, imm: 0})

export function testTraps(engine: Engine): void {
	function run(
		t: {is(got: string, expected: string): void},
		words: readonly number[],
		before?: (pair: Pair) => void,
	): Pair {
		const pair = new Pair(engine)
		pair.randomize(randomFor('traps'))
		let gva = page
		for (const word of [...words, wfi]) {
			pair.put(gva, word)
			gva += (word & 3) === 3 ? 4n : 2n
		}
		before?.(pair)
		t.is(pair.run(page), '')
		return pair
	}

	const trap = (pair: Pair) => [pair.hart.get('mcause'), pair.hart.get('mepc'), pair.hart.get('mtval')]

	test(`an illegal word is in tval whole, a parcel without its neighbour${on(engine)}`, (t) => {
		t.deepEqual(trap(run(t, [nop, 0xffff_ffff])), [2n, page + 4n, 0xffff_ffffn])
		t.deepEqual(trap(run(t, [nop, 0x0000])), [2n, page + 4n, 0n])
		t.deepEqual(trap(run(t, [nop, 0x2005])), [2n, page + 4n, 0x2005n])
	})

	test(`an illegal word across pages is in tval whole${on(engine)}`, (t) => {
		const pair = new Pair(engine)
		pair.put(page + 0xffen, 0x1234_0fff)
		t.is(pair.run(page + 0xffen), '')
		t.deepEqual(trap(pair), [2n, page + 0xffen, 0x1234_0fffn])
	})

	test(`ebreak, short and long, has its own address in tval${on(engine)}`, (t) => {
		t.deepEqual(trap(run(t, [nop, encode('ebreak', {})])), [3n, page + 4n, page + 4n])
		t.deepEqual(trap(run(t, [nop, encode('c.ebreak', {})])), [3n, page + 4n, page + 4n])
	})

	test(`instructions before an exception have retired, the one that raised it has not${on(engine)}`, (t) => {
		const retired = (words: readonly number[]) => {
			const pair = run(t, words)
			return pair.hart.get('instret')
		}
		t.is(retired(Array(10).fill(nop)), 11n)
		// The handler retires one wfi.
		t.is(retired([...Array(10).fill(nop), 0]), 11n)
		t.is(retired([nop, encode('ecall', {})]), 2n)
		t.is(retired([nop, encode('lw', {rd: 5, rs1: 0, imm: -4}), encode('ebreak', {})]), 3n)
	})

	test(`an ecall to the built-in SBI has retired, and pc is behind it${on(engine)}`, (t) => {
		const pair = run(t, [nop, encode('ecall', {})], (fresh) => fresh.setBuiltInSbi('yes'))
		t.is(pair.hart.get('instret'), 2n)
		t.is(pair.hart.get('pc'), page + 8n)
	})

	test(`instret reads as the count before the instruction that reads it, and as what was written${on(engine)}`, (t) => {
		const read = (rd: number, csr: number) => encode('csrrs', {rd, csr, rs1: 0})
		const pair = run(t, [nop, read(5, 0xc02), nop, nop, read(6, 0xc02), read(7, 0xc00)])
		t.deepEqual(
			[5, 6, 7].map((index) => pair.hart.x[index]),
			[1n, 4n, 5n],
		)
	})

	test(`a CSR write after which translation starts over has retired once, and so has what follows it${on(engine)}`, (t) => {
		const pair = new Pair(engine)
		const {hart} = pair
		// Sets sstatus.SUM, which decides where loads may access.
		const change = encode('csrrs', {rd: 5, csr: 0x100, rs1: 6})
		const words = [nop, change, nop, nop, change, change, nop, encode('csrrs', {rd: 7, csr: 0xc02, rs1: 0}), nop, wfi]
		for (const [index, word] of words.entries()) pair.put(page + BigInt(4 * index), word)
		pair.setX(6, 1n << 18n)
		for (let again = 0; again < 4; again++) {
			const retired = hart.get('instret')
			pair.run(page)
			t.is(hart.x[7]! - retired, 7n)
			t.is(hart.get('instret') - retired, BigInt(words.length))
			t.is(hart.get('pc'), page + 40n)
		}
	})

	test(`minstret reads in the next instruction as it was written${on(engine)}`, (t) => {
		const pair = new Pair(engine)
		const {hart} = pair
		const words = [
			encode('csrrwi', {rd: 0, csr: 0xb02, imm: 9}),
			encode('csrrs', {rd: 5, csr: 0xb02, rs1: 0}),
			encode('csrrs', {rd: 6, csr: 0xb02, rs1: 0}),
			wfi,
		]
		for (const [index, word] of words.entries()) pair.put(code.gva + BigInt(4 * index), word)
		hart.enter(3)
		hart.set('pc', code.gpa)
		hart.run()
		t.deepEqual([hart.x[5], hart.x[6]], [9n, 10n])
	})

	for (const [name, field, bit] of [
		['wfi', 'TW', 21n],
		['sfence.vma', 'TVM', 20n],
		['sret', 'TSR', 22n],
	] as const) {
		test(`${name} is illegal in S-mode under ${field}${on(engine)}`, (t) => {
			const word = encode(name, {})
			const pair = run(t, [nop, word], (fresh) => fresh.forbid(name, bit))
			t.deepEqual(trap(pair), [2n, page + 4n, BigInt(word)])
		})
	}

	test(`mret goes to mepc in the privilege that MPP names${on(engine)}`, (t) => {
		const pair = new Pair(engine)
		const {hart} = pair
		pair.put(code.gva, encode('mret', {}))
		pair.put(page, wfi)
		t.is(pair.run(page), '')
		hart.enter(3, hart.get('satp'))
		hart.set('mstatus', 1n << 11n)
		hart.set('mepc', page)
		hart.set('pc', code.gpa)
		hart.run()
		t.deepEqual([hart.get('pc'), hart.get('privilege')], [page + 4n, 1n])
	})

	test(`a CSR write that changes what loads may reach holds from the next instruction on${on(engine)}`, (t) => {
		const pair = new Pair(engine)
		const {hart} = pair
		const userRam = handler + 0x1000
		hart.poke(userRam, 77n)
		pair.put(page, encode('csrrs', {rd: 5, csr: 0x100, rs1: 6}))
		pair.put(page + 4n, encode('ld', {rd: 7, rs1: 8, imm: 0}))
		pair.put(page + 8n, encode('csrrc', {rd: 5, csr: 0x100, rs1: 6}))
		pair.put(page + 12n, encode('ld', {rd: 7, rs1: 8, imm: 0}))
		pair.mapUserPage(0x5100_0000n, userRam)
		pair.setX(6, 1n << 18n) // SUM
		pair.setX(8, 0x5100_0000n)
		pair.run(page)
		t.deepEqual(trap(pair), [13n, page + 12n, 0x5100_0000n])
		t.is(hart.x[7], hart.peek(userRam))
	})

	test(`a CSR write closes the page that the last loads were in${on(engine)}`, (t) => {
		const pair = new Pair(engine)
		const {hart} = pair
		const userRam = handler + 0x1000
		hart.poke(userRam, 77n)
		const load = encode('ld', {rd: 7, rs1: 8, imm: 0})
		const words = [
			encode('csrrs', {rd: 5, csr: 0x100, rs1: 6}),
			// Ends the region. In the next one the first load fills the TLB, the second one hits.
			encode('fence.i', {}),
			...[load, load, load],
			encode('csrrc', {rd: 5, csr: 0x100, rs1: 6}),
			load,
		]
		for (const [index, word] of words.entries()) pair.put(page + BigInt(4 * index), word)
		pair.mapUserPage(0x5100_0000n, userRam)
		pair.setX(6, 1n << 18n) // SUM
		pair.setX(8, 0x5100_0000n)
		for (let again = 0; again < 3; again++) {
			pair.run(page)
			t.deepEqual(trap(pair), [13n, page + 24n, 0x5100_0000n])
		}
	})
}
