import test from 'ava'
import {Regime} from '../../src/tlb/index.ts'
import {translate} from '../../src/translate/index.ts'
import {mixedEngines, regionEngines} from '../execution/engine.ts'
import {testPageBorder} from '../execution/page-border.ts'
import {encode} from '../interpreter/encode.ts'
import {code} from '../interpreter/guest-map.ts'
import {Pair, wfi} from '../interpreter/pair.ts'

for (const engine of [...regionEngines, ...mixedEngines]) testPageBorder(engine)

test('an instruction across two pages is part of its region', (t) => {
	const pair = new Pair()
	const {hart} = pair
	for (let offset = 0xf00n; offset < 0xffen; offset += 2n) pair.put(code.gva + offset, encode('c.nop', {imm: 0}))
	for (const offset of [0xffen, 0x1002n]) pair.put(code.gva + offset, encode('add', {rd: 10, rs1: 10, rs2: 11}))
	pair.put(code.gva + 0x1006n, wfi)
	const page = hart.ramOffset(code.gpa)
	const request = {page, pageGva: code.gva, fetchTable: hart.descriptor(Regime.supervisor), nextPage: page + 0x1000}
	for (const [entry, expected] of [
		[0xffe, 2],
		[0xffc, 3],
	] as const) {
		const {regions} = translate(hart.memory, [{...request, entry}], {design: {...hart.design, lookup: 'inline'}})!
		t.deepEqual(
			regions.map(({instructions}) => instructions),
			[expected],
		)
	}
})
