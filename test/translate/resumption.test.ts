import test from 'ava'
import {PageCode} from '../../src/translate/page-code.ts'
import {discoverRegion} from '../../src/translate/region.ts'
import {withResumption} from '../../src/translate/resumption.ts'
import {mixedEngines, regionEngines, tagEngines} from '../execution/engine.ts'
import {testResumption} from '../execution/resumption.ts'
import {encode} from '../interpreter/encode.ts'

for (const engine of [...regionEngines, ...mixedEngines, ...tagEngines]) testResumption(engine)

const add = encode('addi', {rd: 10, rs1: 10, imm: 1})
const back = (instructions: number) => encode('bne', {rs1: 10, rs2: 11, imm: -4 * instructions})
const end = encode('jalr', {rd: 0, rs1: 1, imm: 0})

/** Where a region of these instructions can be resumed. @param from the entry. */
function resumed(words: readonly number[], from = 0): readonly number[] {
	const page = new PageCode(new Uint8Array(Uint32Array.from(words, (word) => word >>> 0).buffer))
	return withResumption(discoverRegion(page, from, {mayHaveRun: () => true, landingsOf: () => []})!).resumed
}

test('a region can be resumed at the headers of its loops, but for its entry', (t) => {
	t.deepEqual(resumed([add, add, end]), [])
	t.deepEqual(resumed([add, back(1), end]), [])
	t.deepEqual(resumed([add, add, back(1), back(3), end]), [4])
	t.deepEqual(resumed([add, add, add, back(1), back(3), back(5), end]), [4, 8])
	t.deepEqual(resumed([add, add, back(1), add, back(1), end]), [4, 12])
})

test('of more than sixteen headers the first are entries', (t) => {
	const loops = Array.from({length: 20}, () => [add, back(1)]).flat()
	t.deepEqual(
		resumed([add, ...loops, end]),
		Array.from({length: 16}, (_, index) => 4 + 8 * index),
	)
})

test('a region with two ways into a loop has one entry', (t) => {
	const into = encode('beq', {rs1: 10, rs2: 11, imm: 12})
	t.deepEqual(resumed([into, add, add, add, back(2), end]), [])
})

test('a loop in a callee that is in line is no entry', (t) => {
	const call = encode('jal', {rd: 1, imm: 16})
	const again = encode('jal', {rd: 0, imm: -8})
	t.deepEqual(resumed([add, call, again, end, add, back(1), end]), [])
})

test('loops of the next page, and those in them, are no entries', (t) => {
	const nops = Array.from({length: 1022}, () => add)
	// The first is at the page's end, the others behind it.
	const words = [...nops, add, add, add, add, back(1), back(3), end]
	t.deepEqual(resumed(words, 1020 * 4), [])
})
