import test from 'ava'
import {PageCode} from '../../src/translate/page-code.ts'
import {discoverRegion} from '../../src/translate/region.ts'
import {analyzeRegisters} from '../../src/translate/register-flow.ts'
import {registerSetOf, union} from '../../src/translate/register-set.ts'
import {encode} from '../interpreter/encode.ts'

const setSstatus = 0x100

const flowOf = (...words: readonly number[]) => {
	const page = new PageCode(new Uint8Array(Uint32Array.from(words, (word) => word >>> 0).buffer))
	return analyzeRegisters(discoverRegion(page, 0, {mayHaveRun: () => true, landingsOf: () => []})!)
}
const li = (rd: number) => encode('addi', {rd, rs1: 0, imm: 1})
const use = (rs1: number) => encode('add', {rd: 9, rs1, rs2: rs1})
const load = encode('ld', {rd: 9, rs1: 2, imm: 0})
const call = encode('jal', {rd: 1, imm: 0x400})
const back = encode('jalr', {rd: 0, rs1: 1, imm: 0})

test('a register that is written again at once is stored once', (t) => {
	const {writesThrough, flow} = flowOf(li(5), use(5), li(5), back)
	t.true(writesThrough)
	t.deepEqual(flow[0]!.stores.slice(0, 3), [false, true, true])
})

test('an exception finds all registers stored that were written before', (t) => {
	t.deepEqual(flowOf(li(5), load, li(5), back).flow[0]!.stores.slice(0, 3), [true, true, true])
})

test('after a CSR instruction, where the region may be left, its result is stored', (t) => {
	const csr = encode('csrrs', {rd: 5, rs1: 6, csr: setSstatus})
	t.deepEqual(flowOf(csr, use(5), li(5), back).flow[0]!.stores.slice(0, 3), [true, true, true])
})

test('a loop without a call keeps its registers in locals, a loop with one stores them', (t) => {
	t.false(flowOf(li(5), encode('bne', {rs1: 5, rs2: 6, imm: -4}), back).writesThrough)
	t.true(flowOf(li(5), call, encode('bne', {rs1: 5, rs2: 6, imm: -8}), back).writesThrough)
})

test('after a call, registers are loaded anew', (t) => {
	const {flow} = flowOf(use(5), call, use(5), back)
	t.deepEqual(flow[0]!.loads, registerSetOf(5))
	t.deepEqual(flow[1]!.loads, union(registerSetOf(5), registerSetOf(1)))
})

test('a register that only one path has loaded is loaded where the paths meet', (t) => {
	const skip = encode('beq', {rs1: 6, rs2: 7, imm: 8})
	const {flow} = flowOf(skip, use(5), use(5), back)
	t.is(flow.length, 3)
	for (const {loads} of flow.slice(1)) t.is(loads.x & (1 << 5), 1 << 5)
})
