/** AMOs beside another thread's: none is lost, and the compare-exchange loops of amomin and amomax do not give up. */
import test from 'ava'

import {encode} from '../interpreter/encode.ts'
import {margin, patience} from '../support/patience.ts'
import {place, registers, runBesideAdder} from './beside-adder.ts'

const distance = 1_000_000n
/** Rounds in which the other thread wrote between the load and the AMO; some of those meet the AMO itself. */
const enough = 2000n
/** What the assertions want. */
const fewest = 10n
const {zero, t0, t1, t2, s0, s1, s2, a2} = registers

/** Moves the value by a distance, in the direction of the other thread, and checks that it got there. */
const programOf = (amo: string, [low, high]: readonly [number, number]) => [
	encode('ld', {rd: t0, rs1: a2, imm: 0}),
	encode('add', {rd: t0, rs1: t0, rs2: s1}),
	encode(amo, {rd: t1, rs1: a2, rs2: t0}),
	// s2 counts the rounds where the AMO found something else than the load.
	encode('sub', {rd: t2, rs1: t0, rs2: s1}),
	encode('xor', {rd: t2, rs1: t2, rs2: t1}),
	encode('sltu', {rd: t2, rs1: zero, rs2: t2}),
	encode('add', {rd: s2, rs1: s2, rs2: t2}),
	// s0 counts those that did not get there.
	encode('ld', {rd: t1, rs1: a2, imm: 0}),
	encode('slt', {rd: t2, rs1: low, rs2: high}),
	encode('add', {rd: s0, rs1: s0, rs2: t2}),
	encode('jal', {rd: zero, imm: -40}),
]

/** Adds to the upper half; the other thread adds to the lower one. s2 counts as above. */
const addition = [
	encode('amoadd.d', {rd: t1, rs1: a2, rs2: s1}),
	encode('sub', {rd: t2, rs1: t1, rs2: t0}),
	encode('sltu', {rd: t2, rs1: zero, rs2: t2}),
	encode('add', {rd: s2, rs1: s2, rs2: t2}),
	encode('add', {rd: t0, rs1: t1, rs2: s1}),
	encode('jal', {rd: zero, imm: -20}),
]

for (const [amo, direction, order] of [
	['amomax.d', 1n, [t1, t0]],
	['amomin.d', -1n, [t0, t1]],
] as const) {
	test.serial(`${amo} gets its value stored while another thread keeps adding to the place`, async (t) => {
		t.timeout(patience + margin)
		const {hart} = await runBesideAdder(programOf(amo, order), {
			operand: direction * distance,
			step: direction,
			enough,
			fewest,
		})
		t.log(`${hart.x[s2]} rounds met the other thread`)
		t.is(hart.x[s0], 0n)
		t.true(hart.x[s2]! > fewest)
	})
}

test.serial('amoadd.d loses none of the additions that another thread makes to the place', async (t) => {
	t.timeout(patience + margin)
	const {hart, additions} = await runBesideAdder(addition, {operand: 1n << 32n, step: 1n, enough, fewest})
	t.log(`${hart.x[s2]} rounds met the other thread`)
	t.is(hart.peek(place) & 0xffff_ffffn, additions & 0xffff_ffffn)
	t.true(hart.x[s2]! > fewest)
})
