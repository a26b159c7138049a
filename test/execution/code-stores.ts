/**
 * Code that stores change, without fence.i: the hart that stores sees the new code at once. Each program runs beside the reference,
 * which fetches what memory holds.
 */
import test from 'ava'
import {encode} from '../interpreter/encode.ts'
import {code} from '../interpreter/guest-map.ts'
import {Pair, wfi} from '../interpreter/pair.ts'
import {Assembly, reg} from './assembly.ts'
import {type Engine, on} from './engine.ts'

const {zero, ra, sp, t0, t1, a0, a1, s0, s2} = reg
const rounds = 24
/** A second name of the page of code at `main`. */
const alias = code.gva + 0x4000_0000n
const main = code.gva + 0x1_0000n
/** The table of words to store; data, in a page of its own. */
const table = code.gva + 0x8_0000n

const addition = (round: number) => encode('addi', {rd: a1, rs1: a1, imm: 1 + ((round * 7) % 97)})
/** What follows the word that is stored. */
const follower = encode('addi', {rd: a0, rs1: a0, imm: 3})

/** How a word is stored at t1; t0 holds it, with the follower in its upper half. */
type Store = Readonly<{aligned?: true; put(assembly: Assembly): Assembly}>
const shifted = (by: number) => (assembly: Assembly) => assembly.op('srli', {rd: t0, rs1: t0, imm: by})
const stores: Readonly<Record<string, Store>> = {
	sw: {put: (assembly) => assembly.op('sw', {rs1: t1, rs2: t0, imm: 0})},
	'sw through sp, whose last page is kept': {put: (assembly) => assembly.op('sw', {rs1: sp, rs2: t0, imm: 0})},
	sd: {put: (assembly) => assembly.op('sd', {rs1: t1, rs2: t0, imm: 0})},
	'sh of its second half': {put: (assembly) => shifted(16)(assembly).op('sh', {rs1: t1, rs2: t0, imm: 2})},
	'sb of its last byte': {put: (assembly) => shifted(24)(assembly).op('sb', {rs1: t1, rs2: t0, imm: 3})},
	'amoswap.w': {aligned: true, put: (assembly) => assembly.op('amoswap.w', {rd: zero, rs1: t1, rs2: t0})},
	'amomaxu.w and amoswap.w': {
		aligned: true,
		put: (assembly) =>
			assembly.op('amomaxu.w', {rd: zero, rs1: t1, rs2: t0}).op('amoswap.w', {rd: zero, rs1: t1, rs2: t0}),
	},
	'lr.w and sc.w': {
		aligned: true,
		put: (assembly) => assembly.op('lr.w', {rd: zero, rs1: t1}).op('sc.w', {rd: zero, rs1: t1, rs2: t0}),
	},
}

/** Page offsets of the word that is stored: at its start, misaligned, across a line, at the end, across two pages,
 * and first in a page, where it may follow what is in the page before. */
const offsets = [0x800, 0x802, 0x83e, 0xff8, 0xffc, 0xffe, 0x1000]

/** Loads the next word, and its follower. */
const next = (assembly: Assembly) => assembly.op('ld', {rd: t0, rs1: s0, imm: 0}).op('addi', {rd: s0, rs1: s0, imm: 8})

type Layout = (pair: Pair, options: {target: bigint; store: Store}) => bigint

/** Each puts a program that stores to `target` and runs it, `rounds` times. @returns where it begins. */
const layouts: Readonly<Record<string, Layout>> = {
	'the next instruction': (pair, {target, store}) => {
		// Twice, since the length is not known before.
		let start = target
		for (let pass = 0; pass < 2; pass++) {
			const assembly = new Assembly(start)
			const again = assembly.label()
			store.put(next(assembly.at(again)))
			if (pass === 0) {
				start -= assembly.gva - target
				continue
			}
			assembly.word(addition(50)).word(follower).op('addi', {rd: s2, rs1: s2, imm: -1})
			assembly.to('bne', again, {rs1: s2, rs2: zero}).word(wfi)
			assembly.put(pair)
		}
		return start
	},
	'a function that is called then': (pair, {target, store}) => {
		const assembly = new Assembly(main + 0x4000n)
		const again = assembly.label()
		store.put(next(assembly.at(again))).to('jal', {gva: target}, {rd: ra})
		assembly.op('addi', {rd: s2, rs1: s2, imm: -1}).to('bne', again, {rs1: s2, rs2: zero}).word(wfi)
		assembly.put(pair)
		new Assembly(target).word(addition(50)).word(follower).op('jalr', {rd: zero, rs1: ra, imm: 0}).put(pair)
		return main + 0x4000n
	},
	'the loop that calls the function that stores': (pair, {target, store}) => {
		const assembly = new Assembly(target)
		const again = assembly.label()
		assembly
			.at(again)
			.word(addition(50))
			.word(follower)
			.to('jal', {gva: main + 0x200n}, {rd: ra})
		assembly.op('addi', {rd: s2, rs1: s2, imm: -1}).to('bne', again, {rs1: s2, rs2: zero}).word(wfi)
		assembly.put(pair)
		const patcher = new Assembly(main + 0x200n)
		store.put(next(patcher)).op('jalr', {rd: zero, rs1: ra, imm: 0}).put(pair)
		return target
	},
	'the callers, two calls up': (pair, {target, store}) => {
		const assembly = new Assembly(target - 4n)
		const again = assembly.label()
		assembly
			.at(again)
			.to('jal', {gva: main + 0x200n}, {rd: ra})
			.word(addition(50))
			.word(follower)
		assembly.op('addi', {rd: s2, rs1: s2, imm: -1}).to('bne', again, {rs1: s2, rs2: zero}).word(wfi)
		assembly.put(pair)
		const between = new Assembly(main + 0x200n)
		between.op('addi', {rd: reg.s3, rs1: ra, imm: 0}).to('jal', {gva: main + 0x240n}, {rd: ra})
		between.op('jalr', {rd: zero, rs1: reg.s3, imm: 0}).put(pair)
		const patcher = new Assembly(main + 0x240n)
		store.put(next(patcher)).op('jalr', {rd: zero, rs1: ra, imm: 0}).put(pair)
		return target - 4n
	},
}

function newPair(engine: Engine): Pair {
	const pair = new Pair(engine)
	for (let round = 0; round < rounds; round++) {
		pair.put(table + BigInt(8 * round), addition(round))
		pair.put(table + BigInt(8 * round + 4), follower)
	}
	return pair
}

function begin(pair: Pair, storeTo: bigint): void {
	for (const register of [t1, sp]) pair.setX(register, storeTo)
	pair.setX(s0, table)
	pair.setX(s2, BigInt(rounds))
	for (const register of [a0, a1]) pair.setX(register, 0n)
}

export function testCodeStores(engine: Engine): void {
	for (const [what, layout] of Object.entries(layouts)) {
		for (const [how, store] of Object.entries(stores)) {
			test(`a store changes ${what}, by ${how}${on(engine)}`, (t) => {
				for (const offset of offsets.filter((each) => !store.aligned || each % 4 === 0)) {
					const pair = newPair(engine)
					const target = main + 0x1000n + BigInt(offset)
					const start = layout(pair, {target, store})
					for (let again = 0; again < 3; again++) {
						begin(pair, target)
						t.is(pair.run(start), '', `offset ${offset.toString(16)}, run ${again}`)
					}
				}
			})
		}
	}

	test(`a store under another address changes code${on(engine)}`, (t) => {
		const pair = newPair(engine)
		const target = main + 0x1800n
		// A page entry beside the megapage that the code runs in.
		pair.mapCode(alias, code.gpa + Number(main + 0x1000n - code.gva))
		const start = layouts['a function that is called then']!(pair, {target, store: stores.sw!})
		for (let again = 0; again < 2; again++) {
			begin(pair, alias + 0x800n)
			t.is(pair.run(start), '')
		}
	})

	test(`cbo.zero makes code illegal${on(engine)}`, (t) => {
		const pair = newPair(engine)
		pair.enableBlocks('yes')
		const target = main + 0x1840n
		const put: Store['put'] = (assembly) => assembly.op('cbo.zero', {rs1: t1})
		for (const layout of [layouts['a function that is called then']!, layouts['the next instruction']!]) {
			const start = layout(pair, {target, store: {put}})
			for (let again = 0; again < 2; again++) {
				layout(pair, {target, store: {put}})
				begin(pair, target)
				t.is(pair.run(start), '')
				t.is(pair.hart.get('mcause'), 2n)
			}
		}
	})

	test(`a page that was written as data, then runs, and is written again runs its new code${on(engine)}`, (t) => {
		for (const how of ['sw', 'sw through sp, whose last page is kept']) {
			const pair = newPair(engine)
			const [target, start] = [main + 0x1800n, main + 0x4000n]
			const assembly = new Assembly(start)
			const [again, stored] = [assembly.label(), assembly.label()]
			stores[how]!.put(next(assembly.at(again))).to('beq', stored, {rs1: reg.s3, rs2: zero})
			assembly.to('jal', {gva: target}, {rd: ra}).at(stored).op('addi', {rd: s2, rs1: s2, imm: -1})
			assembly.to('bne', again, {rs1: s2, rs2: zero}).word(wfi)
			assembly.put(pair)
			new Assembly(target).word(addition(50)).word(follower).op('jalr', {rd: zero, rs1: ra, imm: 0}).put(pair)
			new Assembly(main + 0x6000n).word(wfi).put(pair)
			const run = (from: bigint, calls: bigint) => {
				begin(pair, target)
				pair.setX(reg.s3, calls)
				pair.setX(ra, main + 0x6000n)
				t.is(pair.run(from), '', how)
			}
			for (let time = 0; time < 3; time++) run(start, 0n)
			run(target, 0n)
			run(start, 1n)
		}
	})

	test(`data beside code is written often, and the code runs on${on(engine)}`, (t) => {
		const pair = newPair(engine)
		const [counts, code_] = [main + 0x1c00n, main + 0x1000n]
		const assembly = new Assembly(code_)
		const again = assembly.label()
		assembly.at(again).op('ld', {rd: t0, rs1: t1, imm: 0}).op('addi', {rd: t0, rs1: t0, imm: 1})
		assembly.op('sd', {rs1: t1, rs2: t0, imm: 0}).op('addi', {rd: s2, rs1: s2, imm: -1})
		assembly.to('bne', again, {rs1: s2, rs2: zero}).word(wfi)
		assembly.put(pair)
		for (const times of [10n, 3000n, 9000n]) {
			begin(pair, counts)
			pair.setX(s2, times)
			t.is(pair.run(code_), '')
		}
	})

	test(`a page that was code, and is written as data until it is no code any more, is code again${on(engine)}`, (t) => {
		const pair = newPair(engine)
		const target = main + 0x1800n
		const filler = new Assembly(main + 0x5000n)
		const again = filler.label()
		// 512 doublewords of the page, three times.
		filler.at(again).op('sd', {rs1: t1, rs2: t0, imm: 0}).op('addi', {rd: t1, rs1: t1, imm: 8})
		filler.op('addi', {rd: s2, rs1: s2, imm: -1}).to('bne', again, {rs1: s2, rs2: zero}).word(wfi)
		filler.put(pair)
		for (let turn = 0; turn < 4; turn++) {
			const start = layouts['a function that is called then']!(pair, {target, store: stores.sw!})
			begin(pair, target)
			t.is(pair.run(start), '', `turn ${turn}`)
			for (let time = 0; time < 3; time++) {
				pair.setX(t0, BigInt(turn))
				pair.setX(t1, main + 0x1000n)
				pair.setX(s2, 512n)
				t.is(pair.run(main + 0x5000n), '')
			}
		}
	})
}
