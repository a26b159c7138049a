/** The same code at several addresses, and different code at the same address. */
import test from 'ava'
import {codePages} from '../hart/core/hart-core.ts'
import {code, pages} from '../interpreter/guest-map.ts'
import {Pair, wfi} from '../interpreter/pair.ts'
import {randomFor} from '../interpreter/seed.ts'
import {Assembly, reg} from './assembly.ts'
import {type Engine, on} from './engine.ts'

const {zero, ra, sp, t0, t1, a0, a1, s2} = reg
const pageBytes = 0x1000
/** Physical pages of code, as the megapage maps them. */
const [caller, callee, otherCallee] = [code.gva + 0x10_0000n, code.gva + 0x10_3000n, code.gva + 0x10_6000n]
const gpaOf = (gva: bigint) => code.gpa + Number(gva - code.gva)
/** Addresses at which the caller's page is followed by a callee's. */
const [left, right, far] = [0x6000_0000n, 0x6010_0000n, 0x40_0000_0000n - 0x10_0000n]
const distance = 0x1004

/** In the caller's page: three turns of auipc and a call into the next page; then a jump there. */
function putCaller(pair: Pair): void {
	const assembly = new Assembly(caller)
	const [again, target] = [assembly.label(), {gva: caller + BigInt(distance)}]
	assembly.op('addi', {rd: s2, rs1: zero, imm: 3}).at(again)
	assembly.op('auipc', {rd: t1, imm: 0}).op('add', {rd: a1, rs1: a1, rs2: t1})
	assembly.to('jal', target, {rd: ra}).op('add', {rd: a1, rs1: a1, rs2: ra})
	assembly.op('addi', {rd: s2, rs1: s2, imm: -1}).to('bne', again, {rs1: s2, rs2: zero})
	assembly.op('addi', {rd: ra, rs1: zero, imm: 0}).to('jal', target, {rd: zero})
	assembly.put(pair)
}

/** Adds to a0 and returns, or ends if ra is 0. */
function putCallee(pair: Pair, gva: bigint, addend: number): void {
	const assembly = new Assembly(gva + BigInt(distance - pageBytes))
	const end = assembly.label()
	assembly.op('addi', {rd: a0, rs1: a0, imm: addend}).to('beq', end, {rs1: ra, rs2: zero})
	assembly.op('auipc', {rd: t0, imm: 0}).op('xor', {rd: a1, rs1: a1, rs2: t0})
	assembly.op('jalr', {rd: zero, rs1: ra, imm: 0}).at(end).word(wfi)
	assembly.put(pair)
}

function newPair(engine: Engine): Pair {
	const pair = new Pair(engine)
	pair.randomize(randomFor('mappings'))
	putCaller(pair)
	putCallee(pair, callee, 1)
	putCallee(pair, otherCallee, 0x100)
	return pair
}

function mapPair(pair: Pair, gva: bigint, second: bigint): void {
	pair.mapCode(gva, gpaOf(caller))
	pair.mapCode(gva + BigInt(pageBytes), gpaOf(second))
}

export function testMappings(engine: Engine): void {
	test(`code knows the address that it runs at, and calls what lies behind it there${on(engine)}`, (t) => {
		const pair = newPair(engine)
		mapPair(pair, left, callee)
		mapPair(pair, right, otherCallee)
		mapPair(pair, far, callee)
		for (let round = 0; round < 6; round++) {
			for (const gva of [left, right, far]) t.is(pair.run(gva), '', `${round} ${gva.toString(16)}`)
		}
	})

	test(`a page that is mapped anew is another page${on(engine)}`, (t) => {
		const pair = newPair(engine)
		for (let round = 0; round < 6; round++) {
			mapPair(pair, left, round % 2 ? callee : otherCallee)
			for (let again = 0; again < 4; again++) t.is(pair.run(left), '', `${round}`)
			mapPair(pair, left, callee)
			pair.mapCode(left, gpaOf(round % 2 ? callee : otherCallee))
			pair.setX(ra, 0n)
			t.is(pair.run(left + BigInt(distance - pageBytes)), '')
		}
	})

	test(`code that changes behind its callers is called as it is, and as it was when it comes back${on(engine)}`, (t) => {
		const pair = newPair(engine)
		mapPair(pair, left, callee)
		for (const addend of [1, 2, 1, 3, 2, 1, 4]) {
			putCallee(pair, callee, addend)
			for (let again = 0; again < 4; again++) t.is(pair.run(left), '', `${addend}`)
		}
	})

	test(`a page that is no longer mapped faults, in a call and in a jump${on(engine)}`, (t) => {
		const pair = newPair(engine)
		pair.setX(sp, pages[0]!.gva)
		pair.mapCode(left, gpaOf(caller))
		// The next page is unmapped: the first call faults.
		for (let again = 0; again < 5; again++) t.is(pair.run(left), '')
		t.is(pair.hart.get('mtval'), left + BigInt(distance))
		mapPair(pair, left, callee)
		for (let again = 0; again < 5; again++) t.is(pair.run(left), '')
	})

	test(`code goes on from one page into another that only lies behind it here${on(engine)}`, (t) => {
		const pair = newPair(engine)
		for (const [page, addend] of [
			[callee, 1],
			[otherCallee, 2],
		] as const) {
			new Assembly(page).op('addi', {rd: a0, rs1: a0, imm: addend}).word(wfi).put(pair)
		}
		const end = new Assembly(caller + 0xff8n)
		end.op('c.addi', {rd: a0, rs1: a0, imm: 7}).op('c.addi', {rd: a0, rs1: a0, imm: 9})
		end.op('addi', {rd: a0, rs1: a0, imm: 11}).put(pair)
		for (let round = 0; round < 4; round++) {
			mapPair(pair, left, callee)
			mapPair(pair, right, otherCallee)
			for (const gva of [left, right, left, right]) t.is(pair.run(gva + 0xff8n), '')
		}
	})

	for (const [name, spacing] of [
		['neighbouring pages', 1],
		['pages that compete for entries of the TLB', 32],
	] as const) {
		test(`functions in more pages than the code cache holds call each other, in ${name}${on(engine)}`, (t) => {
			const pair = new Pair(engine)
			pair.randomize(randomFor('many pages'))
			const functions = codePages + 4
			const at = (index: number) => code.gva + BigInt(index * spacing * pageBytes + 0x80)
			for (let index = 0; index < functions; index++) {
				const assembly = new Assembly(at(index))
				const next = {gva: at(index + 1)}
				// The first three call twice each, so the later ones run eight times.
				assembly.op('addi', {rd: sp, rs1: sp, imm: -8}).op('sd', {rs1: sp, rs2: ra, imm: 0})
				for (let calls = index < 3 ? 2 : 1; calls > 0 && index + 1 < functions; calls--)
					assembly.to('jal', next, {rd: ra})
				assembly.op('addi', {rd: a0, rs1: a0, imm: index}).op('xor', {rd: a1, rs1: a1, rs2: ra})
				assembly.op('ld', {rd: ra, rs1: sp, imm: 0}).op('addi', {rd: sp, rs1: sp, imm: 8})
				assembly.op('jalr', {rd: zero, rs1: ra, imm: 0}).put(pair)
			}
			const main = code.gva
			new Assembly(main)
				.to('jal', {gva: at(0)}, {rd: ra})
				.word(wfi)
				.put(pair)
			for (let round = 0; round < 6; round++) {
				pair.setX(sp, pages[0]!.gva + 0x800n)
				pair.slice = round % 2 ? 1000 : 10
				t.is(pair.run(main), '', `${round}`)
			}
			t.true(pair.hart.get('codeCacheResets') > 0n)
		})
	}
}
