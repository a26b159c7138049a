import test from 'ava'
import {buildInterpreter} from '../../src/interpreter/index.ts'
import {Regime, tagEncodings} from '../../src/tlb/index.ts'
import {translate} from '../../src/translate/index.ts'
import {memoryEngines, mixedEngines, regionEngines, tagEngines} from '../execution/engine.ts'
import {callee, putLoop, testLookups} from '../execution/lookups.ts'
import {code} from '../interpreter/guest-map.ts'
import {Pair} from '../interpreter/pair.ts'

for (const engine of [...regionEngines, ...memoryEngines, ...mixedEngines, ...tagEngines]) testLookups(engine)

for (const lookup of ['inline', 'outlined'] as const) {
	test(`debug=on changes no byte of generated code, with lookup=${lookup}`, (t) => {
		const pair = new Pair({name: 'interpreted first', design: {lookup}})
		const {hart} = pair
		const begin = putLoop(pair)
		t.is(pair.run(begin), '')
		const page = hart.ramOffset(code.gpa + Number(begin - code.gva))
		const fetchTable = hart.descriptor(Regime.supervisor)
		const request = {page, entry: 0, pageGva: begin, fetchTable, nextPage: undefined}
		const [off, on] = (['off', 'on'] as const).map((debug) => {
			const design = {...hart.design, debug}
			return [buildInterpreter({design}), translate(hart.memory, [request], {design})!.bytes]
		})
		t.deepEqual(on, off)
	})
}

for (const encoding of tagEncodings) {
	test(`a module includes a callee in another page that the fetch TLB leads to, with ${encoding}`, (t) => {
		const pair = new Pair({name: 'interpreted first', design: {encoding}})
		const {hart} = pair
		const begin = putLoop(pair)
		t.is(pair.run(begin), '')
		const place = (gva: bigint) => hart.ramOffset(code.gpa + Number(gva - code.gva))
		const request = {
			page: place(begin),
			entry: 0,
			pageGva: begin,
			fetchTable: hart.descriptor(Regime.supervisor),
			nextPage: undefined,
		}
		const {regions} = translate(hart.memory, [request], {design: {...pair.hart.design, lookup: 'inline'}})!
		t.deepEqual(
			regions.filter(({within}) => within === undefined).map(({page}) => page),
			[place(begin), place(callee)],
		)
	})
}
