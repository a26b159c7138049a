/** Hot code across the border of two pages that are adjacent in gva, but not in gpa. */
import test, {type ExecutionContext} from 'ava'
import {code, pageBytes, pages} from '../interpreter/guest-map.ts'
import {Pair, wfi} from '../interpreter/pair.ts'
import {randomFor} from '../interpreter/seed.ts'
import {Assembly, reg} from './assembly.ts'
import {type Engine, on} from './engine.ts'
import {borderCases, helper, left} from './page-border-cases.ts'

const {zero, ra, sp, t0, t1, s0, s1, a0, a1, s2, s3} = reg
/** Pages of code, as the megapage maps them. There the page after the first one holds no code. */
const [first, second, other] = [code.gva + 0x4_0000n, code.gva + 0x4_3000n, code.gva + 0x4_6000n]
/** Other pages of code. */
const crowd = code.gva + 0x6_0000n
const gpaOf = (gva: bigint) => code.gpa + Number(gva - code.gva)
/** Another address of the first page, with another page after it. */
const right = 0x6010_a000n
const slices = [1000, 1, 2, 7, 1_000_000]
const turns = 6
/** The offset in each page of a place to stop at. */
const stop = 0xf00n

/** Writes code that will run at `at` into two physical pages. */
function putAcross(pair: Pair, assembly: Assembly, {at = left, behind = second}: {at?: bigint; behind?: bigint} = {}) {
	const parcel = (gva: bigint, bits: number): void => {
		const page = gva >= at + pageBytes ? behind - pageBytes : first
		pair.hart.writeParcel(gpaOf(page + gva - at), bits)
	}
	assembly.put({
		put: (gva, word) => {
			parcel(gva, word & 0xffff)
			if ((word & 3) === 3) parcel(gva + 2n, word >>> 16)
		},
	})
}

function map(pair: Pair, at: bigint, behind: bigint): void {
	pair.mapCode(at, gpaOf(first))
	pair.mapCode(at + pageBytes, gpaOf(behind))
}

/** Runs in the second page, which the translator finds in the TLB from then on. */
function visit(t: ExecutionContext, pair: Pair, at: bigint): void {
	t.is(pair.run(at + pageBytes + stop), '')
}

function newPair(engine: Engine): Pair {
	const pair = new Pair(engine)
	pair.randomize(randomFor('page border'))
	for (const page of [first, second, other]) pair.put(page + stop, wfi)
	return pair
}

/** s2 = turns; again: body; s2 −= 1; s2 != 0 → again; wfi. @param start of the body. */
function loopAt(start: bigint, body: (assembly: Assembly) => void): {assembly: Assembly; entry: bigint} {
	const assembly = new Assembly(start - 4n)
	const entry = assembly.gva
	const again = assembly.label()
	assembly.op('addi', {rd: s2, rs1: zero, imm: turns}).at(again)
	body(assembly)
	assembly.op('addi', {rd: s2, rs1: s2, imm: -1}).to('bne', again, {rs1: s2, rs2: zero}).word(wfi)
	return {assembly, entry}
}

/** Twelve bytes, in instructions of both lengths. */
const some = (assembly: Assembly, addend: number): Assembly =>
	assembly
		.op('c.addi', {rd: a0, rs1: a0, imm: 3})
		.op('addi', {rd: a0, rs1: a0, imm: addend})
		.op('add', {rd: a1, rs1: a1, rs2: a0})
		.op('c.addi', {rd: a1, rs1: a1, imm: 5})

/** Adds to a0 and returns. */
function putFunction(assembly: Assembly, addend: number): Assembly {
	return assembly.op('addi', {rd: a0, rs1: a0, imm: addend}).op('jalr', {rd: zero, rs1: ra, imm: 0})
}

export function testPageBorder(engine: Engine): void {
	for (const {name, put, before} of borderCases) {
		test(`${name}, around the border of two pages${on(engine)}`, (t) => {
			const pair = newPair(engine)
			pair.setFloat({fs: 2, frm: 0, fflags: 1})
			map(pair, left, second)
			putFunction(new Assembly(helper), 21).put(pair)
			visit(t, pair, left)
			for (const offset of [0xffen, 0xffan, 0xffcn, 0x1000n, 0x1002n]) {
				const {assembly, entry} = loopAt(left + offset - 12n, (body) => {
					some(body, 1)
					put(body)
					some(body, -2)
				})
				putAcross(pair, assembly)
				for (const [at, addend] of [
					[0x100n, 33],
					[0x1100n, 44],
				] as const)
					putAcross(pair, putFunction(new Assembly(left + at), addend))
				for (const slice of slices) {
					pair.slice = slice
					pair.randomize(randomFor('case'))
					pair.setX(s1, pages[0]!.gva + 0x100n)
					before?.(pair)
					t.is(pair.run(entry), '', `at ${offset.toString(16)}, slices of ${slice}`)
				}
			}
		})
	}

	/** A loop of `body` bytes around the border, `before` of them in the first page. */
	const straddling = (before: bigint, addend = 2, at = left) =>
		loopAt(at + pageBytes - before, (body) => some(some(body, 1), addend))

	test(`a loop lies anywhere around the border${on(engine)}`, (t) => {
		const pair = newPair(engine)
		map(pair, left, second)
		visit(t, pair, left)
		for (let before = 0n; before <= 36n; before += 2n) {
			const {assembly, entry} = straddling(before)
			putAcross(pair, assembly)
			for (const slice of slices) {
				pair.slice = slice
				t.is(pair.run(entry), '', `${before} bytes before it, slices of ${slice}`)
			}
		}
	})

	for (const [name, before] of [
		['whose instructions lie in one page each', 12n],
		['with an instruction across both', 16n],
		['that begins with an instruction across both', 2n],
	] as const) {
		const putLoop = (pair: Pair, addend: number, behind: bigint) => {
			const start = left + pageBytes - before
			const {assembly, entry} = loopAt(start, (body) => {
				if (before === 2n) body.op('addi', {rd: a0, rs1: a0, imm: addend})
				some(some(body, 1), addend)
			})
			putAcross(pair, assembly, {behind})
			return entry
		}

		test(`a loop ${name} runs as its second page is, whichever that is${on(engine)}`, (t) => {
			const pair = newPair(engine)
			putLoop(pair, 2, second)
			const entry = putLoop(pair, 20, other)
			for (let round = 0; round < 6; round++) {
				const behind = round % 2 ? other : second
				map(pair, left, behind)
				if (round % 3 === 0) visit(t, pair, left)
				for (let again = 0; again < 4; again++) t.is(pair.run(entry), '', `${round}`)
			}
		})

		test(`a loop ${name} at two addresses has two second pages at once${on(engine)}`, (t) => {
			const pair = newPair(engine)
			putLoop(pair, 2, second)
			const entry = putLoop(pair, 20, other)
			map(pair, left, second)
			map(pair, right, other)
			for (const at of [left, right]) visit(t, pair, at)
			for (let round = 0; round < 6; round++) {
				for (const at of [left, right, right]) t.is(pair.run(entry - left + at), '', `${round} ${at.toString(16)}`)
			}
		})

		test(`a loop ${name} runs as its second page is once that has changed, and when it is as before${on(engine)}`, (t) => {
			const pair = newPair(engine)
			map(pair, left, second)
			visit(t, pair, left)
			for (const addend of [1, 2, 1, 3, 2, 1, 4]) {
				const entry = putLoop(pair, addend, second)
				for (let again = 0; again < 4; again++) t.is(pair.run(entry), '', `${addend}`)
			}
		})

		test(`a loop ${name} faults where its second page is not mapped${on(engine)}`, (t) => {
			const pair = newPair(engine)
			const entry = putLoop(pair, 2, second)
			for (let round = 0; round < 3; round++) {
				map(pair, left, second)
				visit(t, pair, left)
				for (let again = 0; again < 4; again++) t.is(pair.run(entry), '')
				pair.unmapCode(left + pageBytes)
				for (let again = 0; again < 4; again++) {
					t.is(pair.run(entry), '')
					t.deepEqual([pair.hart.get('mcause'), pair.hart.get('mtval')], [12n, left + pageBytes])
					t.is(pair.hart.get('mepc'), before === 12n ? left + pageBytes : left + 0xffen)
				}
			}
		})

		test(`a loop ${name} faults where its second page holds data${on(engine)}`, (t) => {
			const pair = newPair(engine)
			const entry = putLoop(pair, 2, second)
			map(pair, left, second)
			visit(t, pair, left)
			for (let again = 0; again < 4; again++) t.is(pair.run(entry), '')
			const at = pages[0]!.gva - pageBytes
			pair.mapCode(at, gpaOf(first))
			for (let again = 0; again < 4; again++) {
				t.is(pair.run(entry - left + at), '')
				t.deepEqual([pair.hart.get('mcause'), pair.hart.get('mtval')], [12n, at + pageBytes])
			}
			t.is(pair.run(entry), '')
		})

		test(`a loop ${name} goes on when other code has taken the code cache${on(engine)}`, (t) => {
			const pair = newPair(engine)
			const entry = putLoop(pair, 2, second)
			map(pair, left, second)
			visit(t, pair, left)
			for (let page = 0n; page < 16n; page++) pair.put(crowd + page * pageBytes, wfi)
			for (let round = 0; round < 6; round++) {
				for (let again = 0; again < 3; again++) t.is(pair.run(entry), '')
				for (let page = 0n; page < BigInt(2 * round); page++) t.is(pair.run(crowd + page * pageBytes), '')
				// The cache holds the first page without the second, or the second without the first.
				if (round % 2) visit(t, pair, left)
				if (round > 3) putLoop(pair, round, second)
			}
			t.true(pair.hart.get('codeCacheResets') > 0n)
		})

		if (!engine.translation) continue
		test(`a hot loop ${name} stays in its region${on(engine)}`, (t) => {
			const pair = newPair(engine)
			const entry = putLoop(pair, 2, second)
			map(pair, left, second)
			visit(t, pair, left)
			pair.slice = 1_000_000
			for (let again = 0; again < 5; again++) t.is(pair.run(entry), '')
			const entries = pair.hart.get('regionEntries')
			const translated = pair.hart.get('instructionsTranslated')
			t.is(pair.run(entry), '')
			t.true(pair.hart.get('regionEntries') - entries <= 2n)
			t.true(pair.hart.get('instructionsTranslated') - translated >= BigInt(turns * 6))
		})
	}

	test(`a page that lies behind itself runs in both places${on(engine)}`, (t) => {
		const pair = newPair(engine)
		map(pair, left, first)
		visit(t, pair, left)
		for (const start of [0xff8n, 0xffan]) {
			const {assembly, entry} = loopAt(left + start, (body) => {
				body.op('addi', {rd: a1, rs1: a1, imm: 1}).op('add', {rd: a1, rs1: a1, rs2: a0})
				body.op('addi', {rd: a0, rs1: a0, imm: 7})
			})
			putAcross(pair, assembly, {behind: first})
			for (let again = 0; again < 5; again++) t.is(pair.run(entry), '')
		}
	})

	test(`a loop whose second page changes in its turns runs it as it is after fence.i${on(engine)}`, (t) => {
		for (const offset of [0x1000n - 20n, 0x1000n - 22n, 0x1000n - 16n, 0x1000n - 18n]) {
			const pair = newPair(engine)
			map(pair, left, second)
			visit(t, pair, left)
			// s0 and t1: the place of an instruction of the loop, and its word; each turn changes its immediate.
			const patched = left + 0x1020n
			const {assembly, entry} = loopAt(left + offset, (body) => {
				body.op('slli', {rd: t0, rs1: s2, imm: 20}).op('add', {rd: t0, rs1: t0, rs2: t1})
				body.op('sw', {rs1: s0, rs2: t0, imm: 0}).op('fence.i')
				while (body.gva < patched) body.op('c.addi', {rd: a1, rs1: a1, imm: 1})
				body.op('addi', {rd: a0, rs1: a0, imm: 0})
			})
			putAcross(pair, assembly)
			const word = new Assembly(helper + 0x800n).op('addi', {rd: a0, rs1: a0, imm: 0})
			word.put(pair)
			for (const slice of slices) {
				pair.slice = slice
				pair.randomize(randomFor('patched'))
				pair.setX(s0, second + patched - left - pageBytes)
				pair.setX(t1, BigInt(pair.hart.memory.u32[pair.hart.ramOffset(gpaOf(helper + 0x800n)) / 4]!))
				t.is(pair.run(entry), '', `${offset.toString(16)}, slices of ${slice}`)
			}
		}
	})

	test(`a function that changes its caller's second page returns into the change${on(engine)}`, (t) => {
		for (const offset of [0xff8n, 0xffcn, 0xffen, 0x1000n]) {
			const pair = newPair(engine)
			map(pair, left, second)
			visit(t, pair, left)
			// A call whose return point is near the border.
			const {assembly, entry} = loopAt(left + offset - 4n, (body) => {
				body.op('addi', {rd: a1, rs1: a1, imm: 1}).op('jalr', {rd: ra, rs1: s3, imm: 0})
				body.op('addi', {rd: a0, rs1: a0, imm: 1}).op('addi', {rd: a0, rs1: a0, imm: 1})
			})
			putAcross(pair, assembly)
			new Assembly(helper)
				.op('slli', {rd: t0, rs1: s2, imm: 20})
				.op('add', {rd: t0, rs1: t0, rs2: t1})
				.op('sw', {rs1: s0, rs2: t0, imm: 0})
				.op('fence.i')
				.op('jalr', {rd: zero, rs1: ra, imm: 0})
				.put(pair)
			const word = new Assembly(helper + 0x800n).op('addi', {rd: a0, rs1: a0, imm: 0})
			word.put(pair)
			for (const slice of slices) {
				pair.slice = slice
				pair.randomize(randomFor('changed by a callee'))
				pair.setX(s3, helper)
				// The second instruction after the call, in the second page.
				pair.setX(s0, second + offset + 8n - pageBytes)
				pair.setX(t1, BigInt(pair.hart.memory.u32[pair.hart.ramOffset(gpaOf(helper + 0x800n)) / 4]!))
				t.is(pair.run(entry), '', `${offset.toString(16)}, slices of ${slice}`)
			}
		}
	})

	test(`functions across the border are called from both its sides and from elsewhere${on(engine)}`, (t) => {
		for (const offset of [0xff6n, 0xffan, 0xffcn, 0xffen]) {
			const pair = newPair(engine)
			map(pair, left, second)
			visit(t, pair, left)
			const callee = new Assembly(left + offset)
			callee.op('addi', {rd: a0, rs1: a0, imm: 5}).op('add', {rd: a1, rs1: a1, rs2: a0})
			callee.op('addi', {rd: sp, rs1: sp, imm: 1}).op('jalr', {rd: zero, rs1: ra, imm: 0})
			putAcross(pair, callee)
			for (const from of [0x100n, 0x1100n]) {
				const {assembly, entry} = loopAt(left + from, (body) => body.to('jal', {gva: left + offset}, {rd: ra}))
				putAcross(pair, assembly)
				for (const slice of slices) {
					pair.slice = slice
					t.is(pair.run(entry), '', `${offset.toString(16)} from ${from.toString(16)}, slices of ${slice}`)
				}
			}
			const {assembly, entry} = loopAt(helper + 0x10n, (body) => body.op('jalr', {rd: ra, rs1: s3, imm: 0}))
			assembly.put(pair)
			pair.setX(s3, left + offset)
			for (const slice of slices) {
				pair.slice = slice
				t.is(pair.run(entry), '')
			}
		}
	})
}
