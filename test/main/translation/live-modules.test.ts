/** Which modules have to go: superseded ones, and the oldest above the limits. */
import test from 'ava'
import {LiveModules} from '../../../src/main/translation/live-modules.ts'
import {regionKey} from '../../../src/translate/index.ts'

const roomy = {wasmBytes: 1e9, regions: 1e9}
const region = (page: number, entry = 0) => ({
	index: 0,
	page,
	entry,
	pageGva: 0n,
	sources: [],
	instructions: 1,
	roaming: [],
	joins: [],
})
const module = (id: number, pages: readonly number[], wasmBytes = 100) => ({
	id,
	wasmBytes,
	regions: pages.map((page) => region(page)),
})
const ids = (modules: readonly {id: number}[]) => modules.map(({id}) => id)

test('modules are counted, and found by place', (t) => {
	const live = new LiveModules(roomy)
	t.deepEqual(live.add(module(0, [4096, 8192])), [])
	t.deepEqual(live.add(module(1, [8192])), [])
	t.deepEqual([live.modules, live.regions, live.wasmBytes], [2, 3, 200])
	t.is(live.at(regionKey(8192, 0)).length, 2)
	t.is(live.at(regionKey(4096, 0)).length, 1)
	t.deepEqual(live.at(regionKey(4096, 2)), [])
})

test('the regions of a page, and those that have a place though they begin elsewhere, are found while they live', (t) => {
	const live = new LiveModules(roomy)
	const outer = {...region(4096), joins: [4, 8]}
	live.add({id: 0, wasmBytes: 100, regions: [outer, {...region(4096), entry: 4, within: 0}]})
	live.add(module(1, [8192]))
	t.deepEqual(live.around(regionKey(4096, 8)), [outer])
	t.deepEqual(live.around(regionKey(4096, 0)), [])
	t.deepEqual(live.ofPage(4096), [outer], 'another entry is no region of its own')
	const again = {...outer, instructions: 9}
	live.add({id: 2, wasmBytes: 100, regions: [again]})
	t.deepEqual(live.ofPage(4096), [again])
	t.deepEqual(live.around(regionKey(4096, 8)), [outer, again])
	live.add({id: 3, wasmBytes: roomy.wasmBytes, regions: []})
	t.deepEqual([live.around(regionKey(4096, 8)), live.ofPage(4096)], [[], []])
})

test('above a limit the oldest go, but never the newest', (t) => {
	const bytes = new LiveModules({...roomy, wasmBytes: 250})
	t.deepEqual(ids([...bytes.add(module(0, [4096])), ...bytes.add(module(1, [8192]))]), [])
	t.deepEqual(ids(bytes.add(module(2, [12_288]))), [0])
	t.deepEqual(ids(bytes.add(module(3, [4096], 900))), [1, 2])
	t.deepEqual([bytes.modules, bytes.regions, bytes.wasmBytes], [1, 1, 900])
	t.is(bytes.at(regionKey(4096, 0)).length, 1)
	t.deepEqual(bytes.at(regionKey(8192, 0)), [])
	const regions = new LiveModules({...roomy, regions: 3})
	regions.add(module(0, [4096, 8192]))
	t.deepEqual(ids(regions.add(module(1, [12_288, 16_384]))), [0])
})

test('a module goes when four newer ones have each of its places', (t) => {
	const live = new LiveModules(roomy)
	live.add(module(0, [4096, 8192]))
	for (let id = 1; id <= 4; id++) t.deepEqual(live.add(module(id, [4096])), [])
	for (let id = 5; id <= 7; id++) t.deepEqual(ids(live.add(module(id, [4096]))), [id - 4])
	for (let id = 8; id <= 10; id++) t.deepEqual(live.add(module(id, [8192])), [])
	t.deepEqual(ids(live.add(module(11, [8192]))), [0])
	t.is(live.at(regionKey(4096, 0)).length, 4)
	t.is(live.at(regionKey(8192, 0)).length, 4)
})

test('code that changes for ever keeps a bounded number of modules', (t) => {
	const live = new LiveModules(roomy)
	for (let id = 0; id < 1000; id++) live.add(module(id, [4096, 8192]))
	t.deepEqual([live.modules, live.regions], [4, 8])
})
