/**
 * Two loads of one doubleword beside another thread's additions. V8 merges such loads, or repeats one where its value
 * is used, if nothing lies between them: in generated code the second load's check of its page does.
 */
import {setFlagsFromString} from 'node:v8'
import test from 'ava'
import {interpreter, memoryEngines, regionEngines} from '../execution/engine.ts'
import {encode} from '../interpreter/encode.ts'
import {margin, patience} from '../support/patience.ts'
import {registers, runBesideAdder} from './beside-adder.ts'

// Regions are optimized early.
setFlagsFromString('--wasm-tiering-budget=1000')

const {zero, t0, t1, t2, s0, s2, a2} = registers

/** Only the difference uses the loaded values. s0 counts where the second load saw less, s2 where it saw more. */
const program = [
	encode('ld', {rd: t0, rs1: a2, imm: 0}),
	encode('ld', {rd: t1, rs1: a2, imm: 0}),
	encode('sub', {rd: t2, rs1: t1, rs2: t0}),
	encode('slt', {rd: t0, rs1: t2, rs2: zero}),
	encode('add', {rd: s0, rs1: s0, rs2: t0}),
	encode('slt', {rd: t1, rs1: zero, rs2: t2}),
	encode('add', {rd: s2, rs1: s2, rs2: t1}),
	encode('jal', {rd: zero, imm: -28}),
]

for (const engine of [interpreter, ...regionEngines, ...memoryEngines]) {
	test.serial(`of two loads of one doubleword the second never sees the older value, in ${engine.name}`, async (t) => {
		t.timeout(patience + margin)
		const {hart, additions} = await runBesideAdder(program, {operand: 0n, step: 1n, enough: 30n, fewest: 0n, engine})
		t.log(`${hart.x[s2]} rounds met the other thread, which made ${additions} additions`)
		t.is(hart.x[s0], 0n)
		t.true(hart.x[s2]! > 0n)
	})
}
