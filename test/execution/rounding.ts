/** Floating-point operations between changes of rounding mode and flags, in the same code and in its callees. */
import test from 'ava'
import type {Random} from '../hart/core/float-operands.ts'
import {code, pages} from '../interpreter/guest-map.ts'
import {Pair, wfi} from '../interpreter/pair.ts'
import {randomFor, seed} from '../interpreter/seed.ts'
import {Assembly, reg} from './assembly.ts'
import {type Engine, on} from './engine.ts'

const {zero, ra, s0, s2, a0, a1} = reg
const start = code.gva + 0x10_0000n
const programs = 100
const fflags = 0x001
const frm = 0x002
const [data] = pages

/** Numbers of either width whose results mostly need rounding. */
export const drawFloat = (random: Random): bigint =>
	random.below(2)
		? 0xffff_ffff_0000_0000n | (random.bits(23) + (BigInt(0x78 + random.below(16)) << 23n))
		: random.bits(52) + (BigInt(0x3f8 + random.below(16)) << 52n)

/** Operands are f0–f3 for doubles, f4–f7 for singles; results go to f8–f11 and f12–f15. */
function operate(random: Random, assembly: Assembly): void {
	const [width, first] = random.pick([
		['d', 0],
		['s', 4],
	] as const)
	const register = () => first + random.below(4)
	const name = random.pick(['fadd', 'fsub', 'fmul', 'fdiv', 'fmadd', 'fnmsub', 'fsqrt'])
	const second = name === 'fsqrt' ? {} : {rs2: register()}
	const third = /^fn?m(add|sub)$/.test(name) ? {rs3: register()} : {}
	const rm = random.pick([0, 7, 7, 7, 1, 2, 3, 4])
	assembly.op(`${name}.${width}`, {rd: 8 + first + random.below(4), rs1: register(), ...second, ...third, rm})
	if (random.below(3) === 0) assembly.op(`fcvt.w.${width}`, {rd: a1, rs1: 8 + first, rm: random.pick([0, 1, 7])})
	if (random.below(3) === 0) assembly.op('fcvt.s.d', {rd: 16, rs1: 8, rm: random.pick([0, 7])})
}

function change(random: Random, assembly: Assembly): void {
	switch (random.below(4)) {
		case 0:
			return void assembly.op('csrrwi', {rd: zero, csr: frm, imm: random.pick([0, 0, 1, 2, 3, 4])})
		case 1:
			return void assembly.op('csrrwi', {rd: a1, csr: fflags, imm: random.below(2)})
		case 2:
			return void assembly.op('csrrci', {rd: a1, csr: fflags, imm: 1})
		default:
			assembly.op('csrrs', {rd: a1, csr: fflags, rs1: zero}).op('add', {rd: a0, rs1: a0, rs2: a1})
	}
}

function draw(random: Random): Assembly {
	const assembly = new Assembly(start)
	const [again, callee] = [assembly.label(), assembly.label()]
	assembly.op('addi', {rd: s2, rs1: zero, imm: 3}).at(again)
	for (let count = 12; count > 0; count--) {
		const kind = random.below(12)
		if (kind < 8) operate(random, assembly)
		else if (kind < 10) change(random, assembly)
		else if (kind === 10) assembly.to('jal', callee, {rd: ra})
		else assembly.op('fld', {rd: random.below(4), rs1: s0, imm: 8 * random.below(8)})
	}
	assembly.op('addi', {rd: s2, rs1: s2, imm: -1}).to('bne', again, {rs1: s2, rs2: zero}).word(wfi)
	assembly.gva = start + 0x400n
	assembly.at(callee)
	for (let count = random.below(3); count > 0; count--) change(random, assembly)
	if (random.below(2)) operate(random, assembly)
	return assembly.op('jalr', {rd: zero, rs1: ra, imm: 0})
}

export function testRounding(engine: Engine): void {
	test(`operations round and raise flags as the state just then says${on(engine)}`, (t) => {
		t.log(`seed ${seed}`)
		const random = randomFor('rounding')
		const pair = new Pair(engine)
		for (let round = 0; round < programs; round++) {
			const assembly = draw(random)
			assembly.put(pair)
			for (const slice of [1000, 1, 7]) {
				pair.slice = slice
				pair.randomize(random)
				pair.setX(s0, data!.gva)
				pair.setFloat({fs: random.pick([1, 2, 3]), frm: random.below(5), fflags: random.below(2)})
				for (let index = 0; index < 32; index++) {
					let value = drawFloat(random)
					// Singles are boxed, doubles are not.
					while ((value >> 32n === 0xffff_ffffn) !== index % 8 >= 4) value = drawFloat(random)
					pair.setF(index, value)
				}
				const difference = pair.run(start)
				if (difference) {
					t.log(assembly.listing())
					return t.fail(`program ${round}, slices of ${slice}, INTERPRETER_SEED=${seed}: ${difference}`)
				}
			}
		}
		t.pass()
	})
}
