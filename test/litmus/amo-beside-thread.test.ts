/** AMOs beside another thread's: it loses nothing, and the loops around a compare-exchange of amomin and amomax do not give up. */
import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import test from 'ava'
import {ramBase} from '../../src/memory/index.ts'
import {memoryMap} from '../hart/core/hart-core.ts'
import {encode} from '../interpreter/encode.ts'
import {InterpretedHart} from '../interpreter/interpreted-hart.ts'
import type {AdderThreadData} from './adder-thread.ts'

const place = ramBase + 0x2000
const distance = 1_000_000n
/** Rounds in which the other thread wrote between the load and the AMO; some of those meet the AMO itself. */
const enoughMet = 2000n
const longestMs = 20_000
const [zero, t0, t1, t2, s0, s1, s2, a2] = [0, 5, 6, 7, 8, 9, 18, 12]

/** Goes a distance beyond what is there, in the direction of the other thread, and looks whether it got there. */
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

/** Runs the program beside the other thread until they have met often enough. @returns the hart, and that thread's additions. */
async function runBesideAdder(program: readonly number[], {operand, step}: {operand: bigint; step: bigint}) {
	const hart = new InterpretedHart()
	for (const [index, word] of program.entries()) {
		hart.writeParcel(ramBase + 4 * index, word & 0xffff)
		hart.writeParcel(ramBase + 4 * index + 2, word >>> 16)
	}
	hart.x[a2] = BigInt(place)
	hart.x[s1] = BigInt.asUintN(64, operand)
	hart.set('pc', ramBase)
	const words = new Int32Array(new SharedArrayBuffer(8))
	const data: AdderThreadData = {
		memory: hart.memory.memory,
		map: memoryMap,
		place: hart.ramOffset(place),
		step: BigInt.asUintN(64, step),
		words,
	}
	const worker = new Worker(new URL('./adder-thread.ts', import.meta.url), {workerData: data})
	const exit = once(worker, 'exit')
	const began = Date.now()
	while (Date.now() - began < longestMs && hart.x[s2]! < enoughMet) {
		for (let slice = 0; slice < 100; slice++) hart.run(10_000)
		await new Promise((resolve) => setImmediate(resolve))
	}
	Atomics.store(words, 1, 1)
	await exit
	return {hart, additions: 1000n * BigInt(Atomics.load(words, 0))}
}

for (const [amo, direction, order] of [
	['amomax.d', 1n, [t1, t0]],
	['amomin.d', -1n, [t0, t1]],
] as const) {
	test.serial(`${amo} gets its value stored while another thread keeps adding to the place`, async (t) => {
		t.timeout(60_000)
		const {hart} = await runBesideAdder(programOf(amo, order), {operand: direction * distance, step: direction})
		t.log(`${hart.x[s2]} rounds met the other thread`)
		t.is(hart.x[s0], 0n)
		t.true(hart.x[s2]! > 10n)
	})
}

test.serial('amoadd.d loses none of the additions that another thread makes to the place', async (t) => {
	t.timeout(60_000)
	const {hart, additions} = await runBesideAdder(addition, {operand: 1n << 32n, step: 1n})
	t.log(`${hart.x[s2]} rounds met the other thread`)
	t.is(hart.peek(place) & 0xffff_ffffn, additions & 0xffff_ffffn)
	t.true(hart.x[s2]! > 10n)
})
