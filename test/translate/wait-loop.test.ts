import test from 'ava'
import {PageCode} from '../../src/translate/page-code.ts'
import {continuations, discoverRegion} from '../../src/translate/region.ts'
import {isWaitLoop} from '../../src/translate/wait-loop.ts'
import {encode} from '../interpreter/encode.ts'

/** @returns whether the loop that the last branch closes, back to the first instruction, only waits. */
const waits = (...loop: readonly number[]): boolean => {
	const words = [...loop, encode('jalr', {rd: 0, rs1: 1, imm: 0})]
	const page = new PageCode(new Uint8Array(Uint32Array.from(words, (word) => word >>> 0).buffer))
	const {blocks, blockAt} = discoverRegion(page, 0, {mayHaveRun: () => true, landingsOf: () => []})!
	const successors = (index: number) => continuations(blocks[index]!.terminator).flatMap((to) => blockAt.get(to) ?? [])
	const from = blocks.findIndex(({terminator}) => terminator.kind === 'branch' && terminator.taken === 0)
	return isWaitLoop({blocks, successors}, from, 0)
}
const load = encode('lw', {rd: 5, rs1: 10, imm: 0})
const again = (after: number, name = 'beq') => encode(name, {rs1: 5, rs2: 0, imm: -4 * after})

test('a loop that reads a word until it changes only waits', (t) => {
	t.true(waits(load, again(1)))
	t.true(waits(load, encode('andi', {rd: 5, rs1: 5, imm: 1}), again(2, 'bne')))
})

test('so does one with a load-reserved, with pauses, fences, or wrs.nto', (t) => {
	const reserved = encode('lr.w', {rd: 5, rs1: 10})
	t.true(waits(reserved, again(1)))
	for (const name of ['pause', 'wrs.nto']) t.true(waits(reserved, encode(name, {}), again(2)), name)
	t.true(waits(load, encode('fence', {rd: 0, rs1: 0}), again(2)))
})

test('so does one with two paths, if each writes what is read after them', (t) => {
	const skip = encode('beq', {rs1: 5, rs2: 11, imm: 8})
	t.true(waits(load, skip, encode('addi', {rd: 6, rs1: 5, imm: 1}), encode('addi', {rd: 5, rs1: 5, imm: 1}), again(4)))
	t.false(
		waits(load, skip, encode('addi', {rd: 6, rs1: 5, imm: 1}), encode('add', {rd: 7, rs1: 6, rs2: 6}), again(4)),
		'x6 may be from the turn before',
	)
})

test('what only one of two paths has written may be from the turn before, whichever it is', (t) => {
	const [use, write] = [encode('add', {rd: 7, rs1: 6, rs2: 6}), encode('addi', {rd: 6, rs1: 5, imm: 1})]
	const other = encode('addi', {rd: 8, rs1: 5, imm: 1})
	const fork = encode('beq', {rs1: 5, rs2: 11, imm: 12})
	const meet = encode('jal', {rd: 0, imm: 8})
	t.false(waits(load, fork, write, meet, other, use, again(6)))
	t.false(waits(load, fork, other, meet, write, use, again(6)))
	t.true(waits(load, fork, write, meet, write, use, again(6)))
})

test('a loop that counts, follows a pointer, writes, or reads the clock does not only wait', (t) => {
	t.false(waits(encode('addi', {rd: 5, rs1: 5, imm: -1}), again(1, 'bne')))
	t.false(waits(load, encode('addi', {rd: 6, rs1: 6, imm: 1}), again(2)))
	t.false(waits(encode('lw', {rd: 5, rs1: 5, imm: 0}), again(1, 'bne')))
	t.false(waits(load, encode('sw', {rs1: 10, rs2: 0, imm: 4}), again(2)))
	t.false(waits(encode('amoswap.w', {rd: 5, rs1: 10, rs2: 0}), again(1, 'bne')))
	t.false(waits(load, encode('amoswap.w', {rd: 6, rs1: 11, rs2: 0}), again(2)))
	t.false(waits(load, encode('csrrs', {rd: 6, rs1: 0, csr: 0xc01}), again(2)))
})

test('a loop without a load waits for nothing', (t) => {
	t.false(waits(encode('addi', {rd: 5, rs1: 6, imm: 0}), again(1)))
})

test('a loop with a call may do anything', (t) => {
	t.false(waits(load, encode('jal', {rd: 1, imm: 0x400}), again(2)))
})
