/** With `countChains`, each transfer from region to region is counted once; without it, nothing is counted. */
import test, {type ExecutionContext} from 'ava'
import {maximumCallDepth} from '../../src/codegen/region-call.ts'
import {HartRegisters} from '../../src/hart/hart-registers.ts'
import {ExitReason} from '../../src/interpreter/index.ts'
import {Assembly, lowPart, reg} from '../execution/assembly.ts'
import {code} from '../interpreter/guest-map.ts'
import {Pair, wfi} from '../interpreter/pair.ts'

const {zero, ra, t0, t1, t2, s0, a0} = reg
const rounds = 10
const main = code.gva
const otherPage = main + 0x1000n
const supervisor = 1
const counters = [
	'directCalls',
	'slotCalls',
	'directJumps',
	'slotJumps',
	'returnsTaken',
	'regionEntries',
	'regionMisses',
	'regionDepthLimits',
] as const
const byStatus = ['callsUnwound', 'regionExits'] as const
/** jump, restart, trap, across: see RegionStatus. */
const statuses = 4
type Counts = Readonly<Record<string, number | readonly number[]>>

function read(registers: HartRegisters): Counts {
	const row = (field: (typeof byStatus)[number]) =>
		Array.from({length: statuses}, (_, status) => registers.number(field, status))
	return {
		...Object.fromEntries(counters.map((field) => [field, registers.number(field)])),
		...Object.fromEntries(byStatus.map((field) => [field, row(field)])),
	}
}

/** @returns the counts of one run from `main`, when all of it is translated into one module. */
function countsOf(
	t: ExecutionContext,
	assembly: Assembly,
	options: {depth?: number; slice?: number; countChains?: boolean} = {},
): Counts {
	const {depth = rounds, slice = 1_000_000, countChains = true} = options
	const pair = new Pair({name: '', translation: {threshold: 1, together: 16, countChains}})
	const {hart} = pair
	assembly.put(pair)
	for (let warming = 0; warming < 4; warming++) {
		pair.setX(a0, BigInt(depth))
		t.is(pair.run(main), '')
	}
	const registers = new HartRegisters(hart.memory, hart.memory.region('vcpu').offset)
	for (const field of counters) registers.set(field, 0n)
	for (const field of byStatus) for (let status = 0; status < statuses; status++) registers.set(field, 0n, status)
	pair.setX(a0, BigInt(depth))
	// Not pair.run(): after its fence.i the first call into each page goes through the interpreter.
	hart.set('pc', main)
	hart.enter(supervisor, hart.get('satp'))
	for (let reason = hart.run(slice); reason === ExitReason.slice; ) reason = hart.run(1_000_000)
	return read(registers)
}

/** Returns, by a register that is not the call's: so the function stays one of its own, and is not put in line. */
const leaveAsCalled = (assembly: Assembly) =>
	assembly.op('addi', {rd: t0, rs1: ra, imm: 0}).op('jalr', {rd: zero, rs1: t0, imm: 0})

/**
 * a0 rounds of three calls: within the page; to another page, which jumps back here; through a register, to a computed
 * jump.
 */
function everyWay(): Assembly {
	const assembly = new Assembly(main)
	const [loop, near, far, back] = Array.from({length: 4}, () => assembly.label())
	const [called, jumped] = [assembly.label(), assembly.label()]
	const leave = () => leaveAsCalled(assembly)
	assembly.at(loop!).address(t2, called).address(t1, jumped)
	assembly.to('jal', near!, {rd: ra}).to('jal', far!, {rd: ra}).op('jalr', {rd: ra, rs1: t2, imm: 0})
	assembly.op('addi', {rd: a0, rs1: a0, imm: -1}).to('bne', loop!, {rs1: a0, rs2: zero}).word(wfi)
	assembly.at(near!)
	leave()
	assembly.at(back!).op('addi', {rd: s0, rs1: s0, imm: 1})
	leave()
	assembly.gva = otherPage
	assembly.at(far!).to('jal', back!, {rd: zero})
	assembly.at(called).op('jalr', {rd: zero, rs1: t1, imm: 0})
	assembly.gva += 0x800n
	assembly.at(jumped)
	leave()
	return assembly
}

test('each way from region to region is counted as often as it is taken', (t) => {
	t.deepEqual(countsOf(t, everyWay()), {
		directCalls: 2 * rounds,
		slotCalls: rounds,
		directJumps: rounds,
		slotJumps: rounds,
		returnsTaken: 3 * rounds,
		callsUnwound: [0, 0, 0, 0],
		regionEntries: 1,
		// To the wfi.
		regionExits: [1, 0, 0, 0],
		regionMisses: 1,
		regionDepthLimits: 0,
	})
})

test('nothing is counted unless it is asked for', (t) => {
	t.deepEqual(countsOf(t, everyWay(), {countChains: false}), {
		directCalls: 0,
		slotCalls: 0,
		directJumps: 0,
		slotJumps: 0,
		returnsTaken: 0,
		callsUnwound: [0, 0, 0, 0],
		regionEntries: 1,
		regionExits: [1, 0, 0, 0],
		regionMisses: 1,
		regionDepthLimits: 0,
	})
})

test('a far call, auipc and jalr, is a direct one', (t) => {
	for (const callee of [main + 0x100n, otherPage]) {
		const assembly = new Assembly(main)
		const [loop, far] = [assembly.label(), assembly.label()]
		assembly.at(loop).upper(ra, far).to('jalr', far, {rd: ra, rs1: ra}, lowPart)
		assembly.op('addi', {rd: a0, rs1: a0, imm: -1}).to('bne', loop, {rs1: a0, rs2: zero}).word(wfi)
		assembly.gva = callee
		leaveAsCalled(assembly.at(far))
		t.like(countsOf(t, assembly), {directCalls: rounds, slotCalls: 0, returnsTaken: rounds})
	}
})

test('a far jump, auipc and jalr, is a direct one', (t) => {
	const assembly = new Assembly(main)
	const [loop, middle, end] = [assembly.label(), assembly.label(), assembly.label()]
	assembly.at(loop).to('jal', middle, {rd: ra}).op('addi', {rd: a0, rs1: a0, imm: -1})
	assembly.to('bne', loop, {rs1: a0, rs2: zero}).word(wfi)
	assembly.gva = otherPage
	assembly.at(middle).upper(t1, end).to('jalr', end, {rd: zero, rs1: t1}, lowPart)
	assembly.gva += 0x5000n
	leaveAsCalled(assembly.at(end))
	t.like(countsOf(t, assembly), {directCalls: rounds, directJumps: rounds, slotJumps: 0, returnsTaken: rounds})
})

test('auipc and a call through another register are no far call', (t) => {
	const assembly = new Assembly(main)
	const [loop, beforeCallee, other] = [assembly.label(), assembly.label(), assembly.label()]
	const imm = 0x100
	assembly.address(t2, beforeCallee).at(loop)
	const {gva} = assembly
	// By these two alone the call would lead to the other function.
	assembly.op('auipc', {rd: t1, imm: 0}).op('jalr', {rd: ra, rs1: t2, imm}).to('jal', other, {rd: ra})
	assembly.op('addi', {rd: a0, rs1: a0, imm: -1}).to('bne', loop, {rs1: a0, rs2: zero}).word(wfi)
	assembly.gva = gva + BigInt(imm)
	leaveAsCalled(assembly.at(other))
	assembly.gva += BigInt(imm)
	assembly.at(beforeCallee)
	assembly.gva += BigInt(imm)
	leaveAsCalled(assembly.op('addi', {rd: s0, rs1: s0, imm: 1}))
	t.like(countsOf(t, assembly), {directCalls: rounds, slotCalls: rounds, returnsTaken: 2 * rounds})
})

/** Three nested calls; the innermost function is `body`. t2: the return point of the outermost. */
function nested(body: (assembly: Assembly) => void): Assembly {
	const assembly = new Assembly(main)
	const [first, second, third] = [assembly.label(), assembly.label(), assembly.label()]
	assembly.to('jal', first, {rd: ra}).op('addi', {rd: a0, rs1: a0, imm: 1}).word(wfi)
	for (const [at, next, saved] of [
		[first, second, t2],
		[second, third, s0],
	] as const) {
		assembly.at(at).op('addi', {rd: saved, rs1: ra, imm: 0}).to('jal', next, {rd: ra})
		assembly.op('addi', {rd: ra, rs1: saved, imm: 0}).op('jalr', {rd: zero, rs1: ra, imm: 0})
	}
	assembly.at(third)
	body(assembly)
	return leaveAsCalled(assembly)
}

test('calls that an exception, a safepoint or a long jump unwinds are counted with the reason', (t) => {
	const fault = nested((assembly) => {
		// After the code nothing is mapped.
		assembly.op('lui', {rd: t1, imm: 0x4020_0000}).op('ld', {rd: t1, rs1: t1, imm: 0})
	})
	t.like(countsOf(t, fault), {directCalls: 3, returnsTaken: 0, callsUnwound: [0, 0, 3, 0], regionExits: [0, 0, 1, 0]})
	// The slice ends as the innermost is entered.
	const plain = nested(() => {})
	t.like(countsOf(t, plain, {slice: 5}), {directCalls: 3, returnsTaken: 0, callsUnwound: [0, 3, 0, 0]})
	// To the outermost call's return point: the two inner calls unwind, the outermost returns.
	const long = nested((assembly) => void assembly.op('addi', {rd: ra, rs1: t2, imm: 0}))
	t.like(countsOf(t, long), {directCalls: 3, returnsTaken: 1, callsUnwound: [2, 0, 0, 0]})
})

test('in a recursion deeper than calls may nest, each call returns or unwinds', (t) => {
	const assembly = new Assembly(main)
	const [itself, back] = [assembly.label(), assembly.label()]
	const depth = maximumCallDepth + 44
	assembly.address(reg.sp, {gva: 0x5000_1000n}).to('jal', itself, {rd: ra}).word(wfi)
	assembly.at(itself).to('beq', back, {rs1: a0, rs2: zero})
	assembly.op('addi', {rd: reg.sp, rs1: reg.sp, imm: -8}).op('sd', {rs1: reg.sp, rs2: ra, imm: 0})
	assembly.op('addi', {rd: a0, rs1: a0, imm: -1}).to('jal', itself, {rd: ra})
	assembly.op('ld', {rd: ra, rs1: reg.sp, imm: 0}).op('addi', {rd: reg.sp, rs1: reg.sp, imm: 8})
	assembly.at(back).op('jalr', {rd: zero, rs1: ra, imm: 0})
	t.like(countsOf(t, assembly, {depth}), {
		// One was too deep.
		directCalls: depth - 1,
		// The first one's return point is not part of its region.
		slotJumps: 1,
		returnsTaken: depth - (maximumCallDepth + 1),
		callsUnwound: [maximumCallDepth + 1, 0, 0, 0],
		regionDepthLimits: 1,
	})
})

test('a leaf that is in line is no call', (t) => {
	const assembly = new Assembly(main)
	const [loop, leaf] = [assembly.label(), assembly.label()]
	assembly.at(loop).to('jal', leaf, {rd: ra}).op('addi', {rd: a0, rs1: a0, imm: -1})
	assembly.to('bne', loop, {rs1: a0, rs2: zero}).word(wfi)
	assembly.at(leaf).op('addi', {rd: s0, rs1: s0, imm: 1}).op('jalr', {rd: zero, rs1: ra, imm: 0})
	t.like(countsOf(t, assembly), {directCalls: 0, slotCalls: 0, returnsTaken: 0, regionEntries: 1})
})
