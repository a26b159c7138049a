/** Loops, calls and returns, recursion, code that changes itself: in slices of every length. */
import test, {type ExecutionContext} from 'ava'
import {code, pages} from '../interpreter/guest-map.ts'
import {Pair, wfi} from '../interpreter/pair.ts'
import {randomFor, seed} from '../interpreter/seed.ts'
import {Assembly, reg} from './assembly.ts'
import {type Engine, on} from './engine.ts'
import {RandomProgram} from './random-program.ts'
import {drawFloat} from './rounding.ts'

const programs = 60
const slices = [1000, 1, 2, 3, 7, 1_000_000]
const {zero, ra, sp, t0, t1, t2, s0, s1, a0, a1, s11} = reg
const firstPage = pages[0]!.gva
const main = code.gva + 0x10_0000n
/** In a page that other accesses seldom reach. */
const stackTop = pages[3]!.gva + 0x1000n

export function testCalls(engine: Engine): void {
	test(`random programs that loop and call end as the evaluator says, whatever the slices${on(engine)}`, (t) => {
		t.log(`seed ${seed}`)
		const random = randomFor('calls')
		const pair = new Pair(engine)
		for (let round = 0; round < programs; round++) {
			const {assembly, start} = new RandomProgram(random)
			for (const slice of slices) {
				pair.slice = slice
				pair.randomize(random)
				assembly.put(pair)
				pair.setX(sp, stackTop)
				// Mostly where accesses succeed, else in any page.
				for (const base of [s0, s1]) pair.setX(base, firstPage + BigInt(0x800 + 8 * random.below(0x100)))
				if (random.below(5) === 0) pair.setX(s0, random.pick(pages).gva + BigInt(random.below(4096)))
				pair.setX(s11, BigInt(random.pick([3, 10, 40])))
				pair.setFloat({fs: random.below(20) ? 2 : 0, frm: random.below(5), fflags: random.below(2)})
				for (let index = 0; index < 8; index++) pair.setF(index, drawFloat(random))
				const difference = pair.run(start)
				if (difference) {
					t.log(assembly.listing())
					return t.fail(`program ${round}, slices of ${slice}, INTERPRETER_SEED=${seed}: ${difference}`)
				}
			}
		}
		const [retired, translated] = [pair.hart.get('instret'), pair.hart.get('instructionsTranslated')]
		t.log(`${retired} instructions, ${translated} in regions`)
		t.true(retired > 50n * BigInt(programs * slices.length))
	})

	/** Runs twice from the first instruction on, in slices of several lengths. @returns the pair. */
	function run(t: ExecutionContext, assembly: Assembly, before: (pair: Pair) => void = () => {}): Pair {
		const pair = new Pair(engine)
		assembly.put(pair)
		for (const slice of slices) {
			pair.slice = slice
			pair.randomize(randomFor('run'))
			pair.setX(sp, stackTop)
			before(pair)
			t.is(pair.run(main), '', `slices of ${slice}`)
		}
		return pair
	}

	/** main: call(depth); wfi. The function: if (a0 != 0) {push ra; body; a0--; call itself; pop ra; a1++}; return. */
	function recursion(options: {link?: number; callee?: bigint; body?: (assembly: Assembly) => void} = {}): Assembly {
		const {link = ra, callee = main + 0x100n, body} = options
		const assembly = new Assembly(main)
		const [itself, back] = [assembly.label(), assembly.label()]
		assembly.to('jal', itself, {rd: link}).word(wfi)
		assembly.gva = callee
		assembly.at(itself).to('beq', back, {rs1: a0, rs2: zero})
		assembly.op('addi', {rd: sp, rs1: sp, imm: -8}).op('sd', {rs1: sp, rs2: link, imm: 0})
		body?.(assembly)
		assembly.op('addi', {rd: a0, rs1: a0, imm: -1}).to('jal', itself, {rd: link})
		assembly.op('ld', {rd: link, rs1: sp, imm: 0}).op('addi', {rd: sp, rs1: sp, imm: 8})
		assembly.op('addi', {rd: a1, rs1: a1, imm: 1}).at(back).op('jalr', {rd: zero, rs1: link, imm: 0})
		return assembly
	}

	test(`a loop that pauses often goes on after it was asked to give its core away${on(engine)}`, (t) => {
		const assembly = new Assembly(main)
		const again = assembly.op('addi', {rd: t0, rs1: zero, imm: 200}).label()
		assembly.at(again).op('pause').op('addi', {rd: t0, rs1: t0, imm: -1})
		assembly.to('bne', again, {rs1: t0, rs2: zero}).word(wfi)
		run(t, assembly)
	})

	for (const depth of [1, 2, 255, 256, 257, 500]) {
		test(`recursion ${depth} deep returns all the way${on(engine)}`, (t) => {
			const pair = run(t, recursion(), (fresh) => {
				fresh.setX(a0, BigInt(depth))
				fresh.setX(a1, 0n)
			})
			t.is(pair.hart.x[a1], BigInt(depth))
			t.is(pair.hart.get('regionDepthLimits') > 0n, engine.translation !== undefined && depth > 256)
		})
	}

	test(`recursion through the other link register, and across the end of a page${on(engine)}`, (t) => {
		for (const callee of [main + 0xff0n, main + 0xfe6n, main + 0x1800n]) {
			run(t, recursion({link: t0, callee}), (pair) => pair.setX(a0, 300n))
		}
	})

	test(`long functions that use all registers recurse deeply${on(engine)}`, (t) => {
		const body = (assembly: Assembly) => {
			for (let round = 0; round < 3; round++) {
				for (let register = 11; register < 32; register++) {
					assembly.op('add', {rd: register, rs1: register, rs2: register - 1})
					assembly.op('ld', {rd: 6 + (register % 2), rs1: sp, imm: 0})
				}
				for (let register = 0; register < 32; register++)
					assembly.op('fsgnjx.d', {rd: register, rs1: register, rs2: 31})
			}
		}
		run(t, recursion({body}), (pair) => {
			pair.setX(a0, 300n)
			pair.setFloat({fs: 1, frm: 0, fflags: 0})
			if (pair.slice < 1000) pair.setX(a0, 3n)
		})
	})

	test(`a fault at the bottom of a recursion is precise${on(engine)}`, (t) => {
		const body = (assembly: Assembly) => {
			// Loads from the stack; when a0 is 20, from an address that is not canonical.
			assembly.op('addi', {rd: t1, rs1: a0, imm: -20}).op('sltiu', {rd: t1, rs1: t1, imm: 1})
			assembly.op('slli', {rd: t1, rs1: t1, imm: 40}).op('add', {rd: t1, rs1: t1, rs2: sp})
			assembly
				.op('addi', {rd: a1, rs1: a1, imm: 3})
				.op('ld', {rd: t2, rs1: t1, imm: -2040})
				.op('addi', {rd: a1, rs1: a1, imm: 4})
		}
		for (const depth of [25n, 250n, 400n]) {
			const {hart} = run(t, recursion({body}), (pair) => pair.setX(a0, depth))
			t.deepEqual([hart.x[a0], hart.get('mcause')], [20n, 13n])
		}
	})

	for (const through of ['a direct call', 'a register'] as const) {
		test(`functions that call and never return do not use up the stack, through ${through}${on(engine)}`, (t) => {
			const assembly = new Assembly(main)
			const [itself, end] = [assembly.label(), assembly.label()]
			assembly.address(t2, itself).at(itself).op('addi', {rd: a0, rs1: a0, imm: -1})
			assembly.to('beq', end, {rs1: a0, rs2: zero})
			if (through === 'a register') assembly.op('jalr', {rd: ra, rs1: t2, imm: 0})
			else assembly.to('jal', itself, {rd: ra})
			assembly.op('addi', {rd: a1, rs1: a1, imm: 1}).op('jalr', {rd: zero, rs1: ra, imm: 0}).at(end).word(wfi)
			run(t, assembly, (pair) => pair.setX(a0, pair.slice < 1000 ? 100n : 30_000n))
		})
	}

	test(`two functions that jump to each other without linking do not use up the stack${on(engine)}`, (t) => {
		const assembly = new Assembly(main)
		const [ping, pong, end] = [assembly.label(), assembly.label(), assembly.label()]
		assembly.at(ping).op('addi', {rd: a0, rs1: a0, imm: -1}).to('beq', end, {rs1: a0, rs2: zero})
		assembly.to('jal', pong, {rd: zero}).at(end).word(wfi)
		assembly.gva = main + 0x1ff0n
		assembly.at(pong).op('addi', {rd: a1, rs1: a1, imm: 2}).address(t1, ping).op('jalr', {rd: zero, rs1: t1, imm: 0})
		run(t, assembly, (pair) => pair.setX(a0, 5000n))
	})

	test(`a function that returns through another register, past its caller, or twice, is followed${on(engine)}`, (t) => {
		const assembly = new Assembly(main)
		const [outer, inner, other, again, end] = Array.from({length: 5}, () => assembly.label())
		// The other register holds the way back to the call, 600 times.
		assembly.at(again!).op('addi', {rd: a0, rs1: a0, imm: -1}).to('beq', end!, {rs1: a0, rs2: zero})
		assembly.to('jal', outer!, {rd: ra}).op('addi', {rd: a1, rs1: a1, imm: 1}).to('jal', again!, {rd: zero})
		assembly.at(end!).word(wfi)
		assembly.gva += 64n
		assembly.at(outer!).op('addi', {rd: t2, rs1: ra, imm: 0}).to('jal', inner!, {rd: ra})
		assembly.op('addi', {rd: a1, rs1: a1, imm: 16}).op('jalr', {rd: zero, rs1: t2, imm: 0})
		// Every fourth time past its caller, every fourth time one instruction too far.
		assembly.at(inner!).op('andi', {rd: t1, rs1: a0, imm: 3}).to('beq', other!, {rs1: t1, rs2: zero})
		assembly.op('addi', {rd: t1, rs1: t1, imm: -1})
		assembly.op('sltiu', {rd: t1, rs1: t1, imm: 1}).op('slli', {rd: t1, rs1: t1, imm: 2})
		assembly.op('add', {rd: ra, rs1: ra, rs2: t1}).op('jalr', {rd: zero, rs1: ra, imm: 0})
		assembly.at(other!).op('addi', {rd: ra, rs1: t2, imm: 0}).op('jalr', {rd: zero, rs1: ra, imm: 0})
		run(t, assembly, (pair) => pair.setX(a0, 600n))
	})

	test(`coroutines that call each other's return addresses are followed${on(engine)}`, (t) => {
		const assembly = new Assembly(main)
		const [first, second, end] = [assembly.label(), assembly.label(), assembly.label()]
		assembly.address(t0, second).at(first).op('jalr', {rd: ra, rs1: t0, imm: 0})
		assembly.op('addi', {rd: a0, rs1: a0, imm: -1}).op('jalr', {rd: t0, rs1: ra, imm: 0})
		assembly.to('blt', first, {rs1: zero, rs2: a0}).to('jal', end, {rd: zero})
		assembly.gva += 8n
		assembly.at(second).op('addi', {rd: a1, rs1: a1, imm: 1}).op('jalr', {rd: ra, rs1: ra, imm: 0})
		assembly.op('addi', {rd: a1, rs1: a1, imm: 5}).op('jalr', {rd: t0, rs1: t0, imm: 0}).to('jal', second, {rd: zero})
		assembly.at(end).word(wfi)
		run(t, assembly, (pair) => pair.setX(a0, 300n))
	})
}
