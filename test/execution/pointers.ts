/** Loops over pointers: one instruction meets pages of every kind, one after the other. */
import test from 'ava'
import type {Operands} from '../../src/isa/index.ts'
import type {Random} from '../hart/core/float-operands.ts'
import {code, dataRam, pages, places} from '../interpreter/guest-map.ts'
import {Pair, wfi} from '../interpreter/pair.ts'
import {randomFor, seed} from '../interpreter/seed.ts'
import {Assembly, reg} from './assembly.ts'
import {type Engine, on} from './engine.ts'

const {zero, t1, t2, s0, s1, s2, a0, a1} = reg
const start = code.gva + 0x10_0000n
const programs = 80
const pointers = 12
const [table] = pages.filter(({gva}) => gva === 0x5000_4000n)
const writable = pages.filter(({kind, gva}) => kind === 'writable' && gva !== table!.gva)

/** An access through s0 or s1, the bases that the loop loads from its table. */
function access(random: Random, assembly: Assembly): void {
	const base = random.pick([s0, s0, s0, s1])
	const imm = random.below(3) ? 8 * random.below(4) : random.below(24) - 8
	const loads: [string, Partial<Operands>][] = ['lb', 'lbu', 'lh', 'lhu', 'lw', 'lwu', 'ld'].map((name) => [
		name,
		{rd: random.pick([t2, a0, zero]), rs1: base, imm},
	])
	const stores: [string, Partial<Operands>][] = ['sb', 'sh', 'sw', 'sd'].map((name) => [
		name,
		{rs1: base, rs2: random.pick([a0, a1, t2]), imm},
	])
	const floats: [string, Partial<Operands>][] = [
		['flw', {rd: random.below(32), rs1: base, imm}],
		['fld', {rd: random.below(32), rs1: base, imm}],
		['fsw', {rs1: base, rs2: random.below(32), imm}],
		['fsd', {rs1: base, rs2: random.below(32), imm}],
	]
	const atomics: [string, Partial<Operands>][] = [
		['amoadd.d', {rd: t2, rs1: base, rs2: a1}],
		['amomin.w', {rd: t2, rs1: base, rs2: a1}],
		['lr.d', {rd: t2, rs1: base}],
		['sc.d', {rd: t2, rs1: base, rs2: a0}],
	]
	assembly.op(...random.pick(random.pick([loads, loads, stores, stores, floats, atomics])))
	assembly.op('add', {rd: a0, rs1: a0, rs2: t2}).op('xor', {rd: a1, rs1: a1, rs2: a0})
}

/** s2 turns; in each, t1 advances in the table of pointers. */
function loop(random: Random): Assembly {
	const assembly = new Assembly(start)
	const again = assembly.label()
	assembly.op('addi', {rd: s2, rs1: zero, imm: pointers / 2}).at(again)
	assembly.op('ld', {rd: s0, rs1: t1, imm: 0}).op('ld', {rd: s1, rs1: t1, imm: 8})
	for (let count = 2 + random.below(8); count > 0; count--) {
		access(random, assembly)
		if (random.below(5) === 0) assembly.op('addi', {rd: s0, rs1: s0, imm: random.pick([8, -8, 64, 1, 2047, -2048])})
	}
	assembly.op('addi', {rd: t1, rs1: t1, imm: 16}).op('addi', {rd: s2, rs1: s2, imm: -1})
	return assembly.to('bne', again, {rs1: s2, rs2: zero}).word(wfi)
}

function drawPointer(random: Random, index: number): bigint {
	// Later pointers are likelier to fault.
	if (random.below(40) < index) return random.pick(places)
	return random.pick(writable).gva + BigInt(random.below(8) ? 8 * random.below(512) : random.below(4096))
}

export function testPointers(engine: Engine): void {
	test(`loops over pointers into pages of every kind end as the evaluator says${on(engine)}`, (t) => {
		t.log(`seed ${seed}`)
		const random = randomFor('pointers')
		const pair = new Pair(engine)
		let faults = 0
		for (let round = 0; round < programs; round++) {
			const assembly = loop(random)
			assembly.put(pair)
			for (const slice of [1000, 1, 5, 1000]) {
				pair.slice = slice
				pair.randomize(random)
				pair.setFloat({fs: 1, frm: 0, fflags: 0})
				for (let index = 0; index < pointers; index++) {
					pair.poke(table!.gpa - dataRam.gpa + 8 * index, drawPointer(random, index))
				}
				pair.setX(t1, table!.gva)
				if (random.below(3) === 0) pair.hart.swapTables()
				const difference = pair.run(start)
				if (pair.reference.trap) faults++
				if (difference) {
					t.log(assembly.listing())
					return t.fail(`program ${round}, slices of ${slice}, INTERPRETER_SEED=${seed}: ${difference}`)
				}
			}
		}
		t.log(`${faults} of ${pair.runs} runs ended in a fault`)
		t.true(faults > programs / 2 && faults < pair.runs - programs / 2)
	})
}
