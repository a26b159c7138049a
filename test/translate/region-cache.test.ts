/** Regions are found where their source bytes are, run from their entry slots, and leave nothing behind. */
import test from 'ava'
import {ramBase} from '../../src/memory/index.ts'
import {encode} from '../interpreter/encode.ts'
import {moduleOf, RegionHart} from './region-hart.ts'

const gva = BigInt(ramBase)
const page1 = gva + 0x1000n
const addi = (rd: number, imm: number) => encode('addi', {rd, rs1: 0, imm})
const jump = (imm: number) => encode('jal', {rd: 0, imm})
/** x5 = 1; x6 = 2; then an endless loop. */
const program = [addi(5, 1), addi(6, 2), jump(0)]

test('a region is found where its page holds its source, and nowhere else', (t) => {
	const hart = new RegionHart()
	const page = hart.writeCode(1, program)
	hart.writeCode(2, program)
	const region = hart.region(page, {index: 0, entry: 4, bytes: 8})
	hart.cache.receive(moduleOf([{x: 5, value: 9n, skip: 4n}]), {id: 0, functions: 1, regions: [region]})
	const code = Number(hart.fetch(page1))
	t.is(hart.cache.find(code, 4), 0)
	t.is(hart.cache.find(code, 0), -1)
	t.is(hart.cache.find(Number(hart.fetch(gva + 0x2000n)), 4), -1)
	t.is(hart.cache.find(hart.core.scratchCodePage() >>> 0, 4), -1)
	hart.writeCode(1, [addi(7, 7)])
	hart.core.fenceI()
	hart.fetch(page1)
	t.is(hart.cache.find(code, 4), 0, 'bytes outside its source do not count')
	hart.writeCode(1, [addi(7, 7), addi(6, 3)])
	hart.core.fenceI()
	hart.fetch(page1)
	t.is(hart.cache.find(code, 4), -1)
	hart.writeCode(1, program)
	hart.core.fenceI()
	hart.fetch(page1)
	t.is(hart.cache.find(code, 4), 0, 'the old source has come back')
})

test('of several regions of one place, the newest that fits wins; the others stay', (t) => {
	const hart = new RegionHart()
	const page = hart.writeCode(1, program)
	const old = hart.region(page, {index: 0, entry: 0, bytes: 4})
	const whole = hart.region(page, {index: 1, entry: 0, bytes: 8})
	const set = {x: 5, value: 9n, skip: 4n}
	hart.cache.receive(moduleOf([set]), {id: 0, functions: 1, regions: [old]})
	hart.cache.receive(moduleOf([set, set]), {id: 1, functions: 2, regions: [whole]})
	const code = Number(hart.fetch(page1))
	t.is(hart.cache.find(code, 0), 2)
	hart.writeCode(1, [addi(5, 1), addi(6, 77)])
	hart.core.fenceI()
	hart.fetch(page1)
	t.is(hart.cache.find(code, 0), 0)
	hart.cache.drop(0)
	t.is(hart.cache.find(code, 0), -1)
})

test('a module that arrives while its page is decoded runs from the next jump on', (t) => {
	const hart = new RegionHart()
	const page = hart.writeCode(1, program)
	hart.set('pc', page1)
	hart.run(10)
	const code = Number(hart.fetch(page1))
	t.is(hart.handler(code, 0), 'addi 4')
	hart.cache.receive(moduleOf([{x: 5, value: 99n, skip: 4n}]), {
		id: 7,
		functions: 1,
		regions: [hart.region(page, {index: 0, entry: 0, bytes: 12})],
	})
	t.is(hart.handler(code, 0), 'decode')
	hart.x.fill(0n)
	hart.set('pc', page1)
	const retired = hart.get('instret')
	hart.run(10)
	t.is(hart.x[5], 99n)
	t.is(hart.x[6], 2n)
	t.is(hart.handler(code, 0), 'region')
	t.is(hart.get('instret') - retired, 10n)
	t.is(hart.get('regionEntries'), 1n)
	t.is(hart.get('regionExits'), 1n)
	t.is(hart.get('instructionsTranslated'), 1n)
})

test('a dropped module leaves slots, table and places; the interpreter goes on', (t) => {
	const hart = new RegionHart()
	const page = hart.writeCode(1, program)
	const regions = [0, 4].map((entry, index) => hart.region(page, {index, entry, bytes: 4}))
	const set = {x: 5, value: 99n, skip: 4n}
	hart.cache.receive(moduleOf([set]), {id: 1, functions: 1, regions: []})
	hart.cache.receive(moduleOf([set, set]), {id: 2, functions: 2, regions})
	hart.set('pc', page1)
	hart.run(10)
	const code = Number(hart.fetch(page1))
	t.is(hart.handler(code, 0), 'region')
	hart.cache.drop(2)
	t.is(hart.cache.size, 1)
	t.is(hart.handler(code, 0), 'decode')
	t.deepEqual(
		[0, 1, 2].map((index) => typeof hart.cache.table.get(index)),
		['function', 'object', 'object'],
	)
	hart.x.fill(0n)
	hart.set('pc', page1)
	hart.run(10)
	t.is(hart.x[5], 1n)
	hart.cache.drop(2)
	hart.cache.drop(77)
	hart.cache.receive(moduleOf([set, set]), {id: 3, functions: 2, regions})
	t.is(hart.cache.find(code, 4), 2, 'its place in the table is used again')
})

test('dropping one module spares a slot that another one has taken over', (t) => {
	const hart = new RegionHart()
	const page = hart.writeCode(1, program)
	const region = () => hart.region(page, {index: 0, entry: 0, bytes: 4})
	const set = {x: 5, value: 99n, skip: 4n}
	hart.cache.receive(moduleOf([set]), {id: 1, functions: 1, regions: [region()]})
	hart.cache.receive(moduleOf([set]), {id: 2, functions: 1, regions: [region()]})
	hart.set('pc', page1)
	hart.run(10)
	const code = Number(hart.fetch(page1))
	hart.cache.drop(1)
	t.is(hart.handler(code, 0), 'region')
	t.is(hart.cache.find(code, 0), 1)
})

test('a place becomes hot at the threshold', (t) => {
	const hart = new RegionHart({threshold: 5})
	hart.writeCode(1, [addi(5, 1), jump(-4)])
	hart.set('pc', page1)
	hart.run(2 * 4)
	t.deepEqual(hart.hot, [])
	hart.run(2)
	t.deepEqual(hart.hot, [0])
})

test('a table and its ranges stay small while modules come and go', (t) => {
	const hart = new RegionHart()
	const page = hart.writeCode(1, program)
	const set = {x: 5, value: 99n, skip: 4n}
	const module = moduleOf(Array.from({length: 100}, () => set))
	for (let id = 0; id < 200; id++) {
		hart.cache.receive(module, {
			id,
			functions: 100,
			regions: [hart.region(page, {index: id % 100, entry: 0, bytes: 4})],
		})
		if (id >= 5) hart.cache.drop(id - 5)
	}
	t.is(hart.cache.size, 5)
	t.true(hart.cache.table.length <= 1024, `${hart.cache.table.length}`)
})

test('a place that a region has, though it begins elsewhere, is covered as long as the page has its code', (t) => {
	const hart = new RegionHart()
	const page = hart.writeCode(2, [0x13, 0x13, 0x13])
	const region = {...hart.region(page, {index: 0, entry: 0, bytes: 12}), joins: [8]}
	hart.cache.receive(moduleOf([{x: 5, value: 1n, skip: 4n}]), {id: 0, functions: 1, regions: [region]})
	t.deepEqual(
		[hart.cache.covers(page, 8), hart.cache.covers(page, 0), hart.cache.covers(page, 4)],
		[true, false, false],
	)
	hart.memory.u32[page / 4]!++
	t.false(hart.cache.covers(page, 8), 'its code has changed')
	hart.memory.u32[page / 4]!--
	t.true(hart.cache.covers(page, 8))
	hart.cache.drop(0)
	t.false(hart.cache.covers(page, 8))
})
