/** Control flow at the ends of pages and slices and at the doorbell, and instructions across two pages. */
import test from 'ava'
import {largestRation} from '../../src/hart/run-state.ts'
import {ExitReason} from '../../src/interpreter/index.ts'
import {Doorbell} from '../../src/memory/index.ts'
import {encode} from '../interpreter/encode.ts'
import {code} from '../interpreter/guest-map.ts'
import {Pair, wfi} from '../interpreter/pair.ts'
import {randomFor} from '../interpreter/seed.ts'
import {type Engine, on} from './engine.ts'
import {runWithinLimit} from './run-limit.ts'

const page = code.gva + 0x8000n
const last = code.gva + BigInt(code.bytes)
const addi = encode('addi', {rd: 5, rs1: 5, imm: 1})
const shortAddi = encode('c.addi', {rd: 5, rs1: 5, imm: 1})

export function testJumps(engine: Engine): void {
	function newPair(): Pair {
		const pair = new Pair(engine)
		pair.randomize(randomFor('jumps'))
		return pair
	}

	for (const [name, word] of [
		['a long', addi],
		['a short', shortAddi],
	] as const) {
		for (const offset of [0xff8n, 0xffan, 0xffcn, 0xffen]) {
			test(`code goes on in the next page after ${name} instruction at ${offset.toString(16)}${on(engine)}`, (t) => {
				const pair = newPair()
				const length = BigInt(word === addi ? 4 : 2)
				let gva = page + offset
				for (; gva < page + 0x1010n; gva += length) pair.put(gva, word)
				pair.put(gva, wfi)
				t.is(pair.run(page + offset), '')
				// Once more, now that everything is decoded.
				t.is(pair.run(page + offset), '')
			})
		}
	}

	test(`falling off the last page faults at the page behind it${on(engine)}`, (t) => {
		const pair = newPair()
		pair.put(last - 4n, addi)
		t.is(pair.run(last - 4n), '')
		t.is(pair.hart.get('mepc'), last)
		t.is(pair.hart.get('mtval'), last)
		pair.put(last - 2n, shortAddi)
		t.is(pair.run(last - 2n), '')
		t.is(pair.hart.get('mepc'), last)
	})

	test(`an instruction whose second half cannot be fetched faults with its own pc and the second page as tval${on(engine)}`, (t) => {
		const pair = newPair()
		pair.put(last - 4n, shortAddi)
		pair.put(last - 2n, addi)
		t.is(pair.run(last - 4n), '')
		t.is(pair.hart.get('mcause'), 12n)
		t.is(pair.hart.get('mepc'), last - 2n)
		t.is(pair.hart.get('mtval'), last)
	})

	test(`an instruction across pages is decoded again when either half changes${on(engine)}`, (t) => {
		const pair = newPair()
		const start = page + 0xffen
		for (const imm of [1, 2, 0x123, -1]) {
			for (const rd of [5, 6, 0]) {
				pair.put(start, encode('addi', {rd, rs1: 5, imm}))
				pair.put(start + 4n, wfi)
				t.is(pair.run(start), '', `addi x${rd} ${imm}`)
			}
		}
	})

	test(`two instructions across pages in turn do not run as one another${on(engine)}`, (t) => {
		const pair = newPair()
		const second = page + 0x1ffen
		pair.put(page + 0xffen, encode('addi', {rd: 5, rs1: 0, imm: 1}))
		pair.put(page + 0x1002n, encode('jal', {rd: 0, imm: 0xffc}))
		pair.put(second, encode('addi', {rd: 6, rs1: 0, imm: 2}))
		pair.put(second + 4n, wfi)
		t.is(pair.run(page + 0xffen), '')
		t.is(pair.run(page + 0xffen), '')
		t.deepEqual([pair.hart.x[5], pair.hart.x[6]], [1n, 2n])
	})

	for (const name of ['jal', 'beq', 'auipc', 'jalr'] as const) {
		test(`${name} across pages computes from its own address${on(engine)}`, (t) => {
			const pair = newPair()
			const start = page + 0xffen
			const words = {
				jal: encode('jal', {rd: 5, imm: -0x100}),
				beq: encode('beq', {rs1: 0, rs2: 0, imm: -0x100}),
				auipc: encode('auipc', {rd: 5, imm: 0x1000}),
				jalr: encode('jalr', {rd: 5, rs1: 5, imm: 0}),
			}
			pair.setX(5, start - 0x100n)
			pair.put(start - 0x100n, wfi)
			pair.put(start + 4n, wfi)
			pair.put(start, words[name])
			t.is(pair.run(start), '')
		})
	}

	test(`jalr may link to the register that it jumps through${on(engine)}`, (t) => {
		const pair = newPair()
		pair.setX(5, page + 0x2001n)
		pair.put(page, encode('jalr', {rd: 5, rs1: 5, imm: 8}))
		pair.put(page + 0x2008n, wfi)
		t.is(pair.run(page), '')
		t.is(pair.hart.x[5], page + 4n)
	})

	/** Puts a loop at `page` and makes it the next to run. */
	function endlessLoop(pair: Pair, jump: number, before: readonly number[]): void {
		pair.randomize(randomFor('loop'))
		enter(pair)
		for (const [index, word] of before.entries()) pair.put(page + BigInt(4 * index), word)
		pair.put(page + BigInt(4 * before.length), jump)
	}

	// Runs an empty program, which brings the pair into S-mode.
	function enter(pair: Pair): void {
		pair.put(page, wfi)
		pair.run(page)
		pair.hart.core.fenceI()
		pair.hart.set('pc', page)
	}

	for (const [name, jump, length] of [
		['a jump to itself', encode('jal', {rd: 0, imm: 0}), 1],
		['a loop within a page', encode('jal', {rd: 0, imm: -8}), 3],
		['a loop through a register', encode('jalr', {rd: 0, rs1: 6, imm: 0}), 3],
	] as const) {
		test.serial(`${name} ends with its slice, and its instructions are counted${on(engine)}`, async (t) => {
			const pair = newPair()
			endlessLoop(pair, jump, Array(length - 1).fill(addi))
			pair.setX(6, page)
			const retired = pair.hart.get('instret')
			const x5 = pair.hart.x[5]!
			t.is(await runWithinLimit(pair.hart, 100), ExitReason.slice)
			const ran = pair.hart.get('instret') - retired
			t.true(ran >= 100n && ran < 104n, `${ran} instructions`)
			t.is(ran % BigInt(length), 0n)
			t.is(pair.hart.get('pc'), page)
			t.is(pair.hart.x[5]! - x5, (ran / BigInt(length)) * BigInt(length - 1))
		})

		test(`${name} ends when the doorbell rings${on(engine)}`, (t) => {
			const pair = newPair()
			endlessLoop(pair, jump, Array(length - 1).fill(addi))
			pair.setX(6, page)
			const retired = pair.hart.get('instret')
			pair.hart.ring(Doorbell.pause)
			t.is(pair.hart.run(1_000_000), ExitReason.slice)
			t.is(pair.hart.get('instret'), retired)
			t.is(pair.hart.get('pc'), page)
		})
	}

	for (const [name, jump] of [
		['a loop within a page', encode('jal', {rd: 0, imm: -8})],
		['a loop through a register', encode('jalr', {rd: 0, rs1: 6, imm: 0})],
	] as const) {
		test(`a doorbell that rings while ${name} runs ends its slice soon${on(engine)}`, (t) => {
			const pair = newPair()
			const {hart} = pair
			// The loop reads a device register; there the test rings, as another thread would.
			endlessLoop(pair, jump, [encode('lw', {rd: 7, rs1: 8, imm: 0}), addi])
			pair.setX(6, page)
			pair.setX(8, 0x5000_5000n)
			hart.registers.set(0x4000_0000, 1)
			const turns = 5000
			hart.onMmio = () => {
				if (hart.mmio.length === turns) hart.ring(Doorbell.pause)
			}
			const retired = hart.get('instret')
			const x5 = hart.x[5]!
			t.is(hart.run(1_000_000), ExitReason.slice)
			const ran = hart.x[5]! - x5
			t.true(ran >= turns && ran <= turns + largestRation, `${ran} turns`)
			t.is(hart.get('instret') - retired, 3n * ran)
			t.is(hart.get('pc'), page)
		})
	}

	const load = encode('lw', {rd: 7, rs1: 6, imm: 0})
	const spins = [
		['pauses', [encode('pause', {})]],
		['executes wrs.nto', [encode('wrs.nto', {})]],
		// Only a translator sees what a loop does.
		...(engine.translation ? [['reads the same word', [load, encode('addi', {rd: 8, rs1: 7, imm: 1})]] as const] : []),
	] as const
	for (const [name, body] of spins) {
		test(`a loop that only ${name} rings the hart's own bell soon, and ends its slice${on(engine)}`, (t) => {
			const pair = newPair()
			const {hart} = pair
			endlessLoop(pair, encode('jal', {rd: 0, imm: -4 * body.length}), body)
			pair.setX(6, page)
			const retired = hart.get('instret')
			t.is(hart.run(1_000_000), ExitReason.slice)
			t.is(hart.doorbell, Doorbell.spin)
			const ran = Number(hart.get('instret') - retired)
			t.true(ran <= 2 * largestRation, `${ran} instructions`)
		})
	}

	test(`a loop that computes, and one that pauses rarely, do not${on(engine)}`, (t) => {
		for (const body of [
			[load, addi],
			[encode('pause', {}), ...Array(200).fill(addi)],
		]) {
			const pair = newPair()
			endlessLoop(pair, encode('jal', {rd: 0, imm: -4 * body.length}), body)
			pair.setX(6, page)
			pair.hart.run(100_000)
			t.is(pair.hart.doorbell, 0)
		}
	})

	test(`the next instruction, which a store changes, runs as it is then${on(engine)}`, (t) => {
		const pair = newPair()
		const {hart} = pair
		enter(pair)
		const words = [
			encode('addi', {rd: 5, rs1: 0, imm: 1}),
			encode('sw', {rs1: 6, rs2: 7, imm: 0}),
			encode('addi', {rd: 5, rs1: 5, imm: 1}),
			wfi,
		]
		for (const [index, word] of words.entries()) pair.put(page + BigInt(4 * index), word)
		pair.setX(6, page + 8n)
		pair.setX(7, BigInt(encode('ecall', {})))
		hart.set('builtInSbi', 1)
		t.is(hart.run(), ExitReason.supervisorCall)
		t.is(hart.get('pc'), page + 12n)
		t.is(hart.x[5], 1n)
	})
}
