import test from 'ava'
import {ramBase} from '../../src/memory/index.ts'
import {codePages} from '../hart/core/hart-core.ts'
import {encode} from './encode.ts'
import {InterpretedHart} from './interpreted-hart.ts'

const pageBytes = 4096
const [zero, ra, t0, a0, a1] = [0, 1, 5, 10, 11]

function writeCode(hart: InterpretedHart, gpa: number, words: readonly number[]): void {
	for (const [index, word] of words.entries()) {
		hart.writeParcel(gpa + 4 * index, word & 0xffff)
		hart.writeParcel(gpa + 4 * index + 2, word >>> 16)
	}
}

/** Advances t0 by whole pages, and calls the function there. */
const callPages = (pages: number) => [
	encode('lui', {rd: a1, imm: pages << 12}),
	encode('add', {rd: t0, rs1: t0, rs2: a1}),
	encode('jalr', {rd: ra, rs1: t0, imm: 0}),
]
const back = encode('jalr', {rd: zero, rs1: ra, imm: 0})

test('a code cache that fills up at the second page of an instruction forgets the pages that it held before', (t) => {
	const hart = new InterpretedHart()
	// The caller's page is the first in the cache, and the scratch page counts, too: this many more fit.
	const fillers = codePages - 3
	const across = ramBase + (fillers + 1) * pageBytes + 0xffe
	for (let page = 1; page <= fillers; page++) writeCode(hart, ramBase + page * pageBytes, [back])
	writeCode(hart, across, [encode('addi', {rd: a0, rs1: zero, imm: 42}), back])
	const caller = [
		encode('auipc', {rd: t0, imm: 0}),
		...Array.from({length: fillers}, () => callPages(1)).flat(),
		...callPages(1).slice(0, 2),
		encode('addi', {rd: t0, rs1: t0, imm: 0x7ff}),
		encode('addi', {rd: t0, rs1: t0, imm: 0x7ff}),
		encode('jalr', {rd: ra, rs1: t0, imm: 0}),
		encode('addi', {rd: a1, rs1: zero, imm: 77}),
		encode('jal', {rd: zero, imm: 0}),
	]
	writeCode(hart, ramBase, caller)
	hart.set('pc', ramBase)
	hart.run(200)
	t.is(hart.get('codeCacheResets'), 1n)
	t.is(hart.x[a0], 42n)
	t.is(hart.x[a1], 77n, `pc ${hart.get('pc').toString(16)}, cause ${hart.get('mcause')}`)
})
