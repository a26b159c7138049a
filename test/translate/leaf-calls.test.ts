import test from 'ava'
import {PageCode} from '../../src/translate/page-code.ts'
import {discoverRegion} from '../../src/translate/region.ts'
import {mixedEngines, regionEngines, tagEngines} from '../execution/engine.ts'
import {testLeafCalls} from '../execution/leaf-calls.ts'
import {encode} from '../interpreter/encode.ts'

for (const engine of [...regionEngines, ...mixedEngines, ...tagEngines]) testLeafCalls(engine)

const [ra, t0] = [1, 5]
const calleeAt = 16
const call = (from: number, rd = ra) => encode('jal', {rd, imm: calleeAt - from})
const add = encode('addi', {rd: 10, rs1: 10, imm: 1})
const jump = encode('jal', {rd: 0, imm: -8})
const back = (rs1 = ra, imm = 0) => encode('jalr', {rd: 0, rs1, imm})

/** Of a region of two calls, `first` and one by ra, and the callee: how its blocks end, in the order of their places. */
function endsOf(callee: readonly number[], {first = call(0), hasRun = true} = {}): string[] {
	const words = [first, call(4), jump, add, ...callee]
	const page = new PageCode(new Uint8Array(Uint32Array.from(words, (word) => word >>> 0).buffer))
	const {blocks} = discoverRegion(page, 0, {mayHaveRun: (offset) => hasRun || offset < calleeAt, landingsOf: () => []})!
	return blocks.map(({start, terminator: {kind}}) => `${start} ${kind}`)
}
const called = ['0 call', '4 call', '8 jump']

test('a leaf is in line, once for each call, and its return is a jump', (t) => {
	t.deepEqual(endsOf([add, back()]), ['0 enter', '4 enter', '8 jump', '16 jump', '16 jump'])
})

test('a callee that calls, jumps to a computed place, writes the return address or returns otherwise is called', (t) => {
	t.deepEqual(endsOf([add, call(20)]), called)
	t.deepEqual(endsOf([add, encode('jalr', {rd: 0, rs1: 11, imm: 0})]), called)
	t.deepEqual(endsOf([encode('addi', {rd: ra, rs1: ra, imm: 4}), back()]), called)
	t.deepEqual(endsOf([add, back(ra, 4)]), called)
	t.deepEqual(endsOf([add, back(t0)]), called)
})

test('a callee that goes on elsewhere is called; one that may branch to what is not translated is in line', (t) => {
	t.deepEqual(endsOf([add, encode('jal', {rd: 0, imm: 0x4000})]), called)
	const rarely = encode('beq', {rs1: 10, rs2: 11, imm: 8})
	t.deepEqual(endsOf([rarely, back(), encode('fence.i', {})]).slice(0, 2), ['0 enter', '4 enter'])
})

test('the link register counts, for each call by itself', (t) => {
	t.deepEqual(endsOf([add, back()], {first: call(0, t0)}), ['0 call', '4 enter', '8 jump', '16 jump'])
})

test('a long callee, or one that has not run, is called', (t) => {
	t.deepEqual(endsOf([...Array.from({length: 23}, () => add), back()]).length, 5)
	t.deepEqual(endsOf([...Array.from({length: 24}, () => add), back()]), called)
	t.deepEqual(endsOf([add, back()], {hasRun: false}), called)
})
