import test from 'ava'
import {Regime, tagEncodings} from '../../src/tlb/index.ts'
import {translate} from '../../src/translate/index.ts'
import {memoryEngines, mixedEngines, regionEngines, tagEngines} from '../execution/engine.ts'
import {callee, putLoop, testLookups} from '../execution/lookups.ts'
import {code} from '../interpreter/guest-map.ts'
import {Pair} from '../interpreter/pair.ts'

for (const engine of [...regionEngines, ...memoryEngines, ...mixedEngines, ...tagEngines]) testLookups(engine)

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
			regions.map(({page}) => page),
			[place(begin), place(callee)],
		)
	})
}
