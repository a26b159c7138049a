/** TLB hits in generated code need no call of the hart core, with either encoding of tags. */
import test from 'ava'
import {code, pages} from '../interpreter/guest-map.ts'
import {Pair, wfi} from '../interpreter/pair.ts'
import {randomFor} from '../interpreter/seed.ts'
import {Assembly, reg} from './assembly.ts'
import {type Engine, on} from './engine.ts'

const {zero, ra, t0, t1, a0, a1, s2} = reg
const main = code.gva + 0x8000n
export const callee = code.gva + 0xa000n
const turns = 100
/** After fence.i each page of code is fetched, and compared, once more. */
const mostCalls = 8

/** Loads, stores and atomics in two pages by turns, and calls into a third one. @returns the loop's entry. */
export function putLoop(pair: Pair): bigint {
	const loop = new Assembly(main)
	const again = loop.label()
	loop.op('addi', {rd: s2, rs1: zero, imm: turns}).at(again)
	for (const rs1 of [a0, a1]) {
		loop.op('ld', {rd: t0, rs1, imm: 0}).op('sd', {rs1, rs2: t0, imm: 8})
		loop.op('amoadd.d', {rd: t1, rs1, rs2: t0})
		loop.op('lr.d', {rd: t0, rs1}).op('sc.d', {rd: t1, rs1, rs2: s2})
	}
	loop.to('jal', {gva: callee}, {rd: ra}).op('addi', {rd: s2, rs1: s2, imm: -1})
	loop.to('bne', again, {rs1: s2, rs2: zero}).word(wfi).put(pair)
	new Assembly(callee).op('jalr', {rd: zero, rs1: ra, imm: 0}).put(pair)
	pair.setX(a0, pages[0]!.gva)
	pair.setX(a1, pages[1]!.gva)
	return main
}

export function testLookups(engine: Engine): void {
	test(`what the TLB has needs no call of the hart core${on(engine)}`, (t) => {
		const calls: string[] = []
		const pair = new Pair(engine, (name) => calls.push(name))
		pair.randomize(randomFor('lookups'))
		const begin = putLoop(pair)
		// After these runs all of it is hot, and translated.
		for (let run = 0; run < 3; run++) t.is(pair.run(begin), '')
		calls.length = 0
		const misses = pair.hart.get('regionMisses')
		t.is(pair.run(begin), '')
		t.true(calls.length < mostCalls, calls.slice(0, mostCalls).join(' '))
		t.true(pair.hart.get('regionMisses') - misses < BigInt(mostCalls), 'regions find each other')
	})
}
