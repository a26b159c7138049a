/** Regions of earlier runs are found by their code, wherever it lies, and by nothing else. */
import test from 'ava'
import {ramBase} from '../../src/memory/index.ts'
import {type RegionInfo, regionKey} from '../../src/translate/index.ts'
import {roamingId} from '../../src/translate/roaming.ts'
import {encode} from '../interpreter/encode.ts'
import {moduleOf, RegionHart} from './region-hart.ts'

const gva = BigInt(ramBase)
const addi = (rd: number, imm: number) => encode('addi', {rd, rs1: 0, imm})
const jump = (imm: number) => encode('jal', {rd: 0, imm})
/** x5 = 1; x6 = 2; then an endless loop. */
const program = [addi(5, 1), addi(6, 2), jump(0)]
const twoRegions = moduleOf([
	{x: 5, value: 99n, skip: 4n},
	{x: 6, value: 98n, skip: 4n},
])

/** Two regions that an earlier run had in one page, far from where they will be needed. */
function known(hart: RegionHart, pageNumber = 9) {
	const page = hart.writeCode(pageNumber, program)
	const sources = [[0, hart.memory.u8.slice(page, page + 12)]] as const
	const at = (index: number, entry: number) => ({
		index,
		page,
		entry,
		pageGva: 0n,
		sources,
		instructions: 1,
		roaming: [],
		joins: [],
	})
	return {id: 3, module: twoRegions, functions: 2, regions: [at(0, 0), at(1, 4)]}
}
const fetch = (hart: RegionHart, pageNumber: number) => Number(hart.fetch(gva + BigInt(pageNumber) * 0x1000n))

test('a region is found wherever its code lies, and runs there', (t) => {
	const hart = new RegionHart()
	hart.cache.learn(known(hart))
	t.is(hart.cache.size, 0, 'no instance before it is needed')
	for (const pageNumber of [1, 2]) {
		hart.writeCode(pageNumber, program)
		hart.x.fill(0n)
		hart.set('pc', gva + BigInt(pageNumber) * 0x1000n)
		hart.run(10)
		t.is(hart.x[5], 99n)
		t.is(hart.x[6], 98n)
		t.is(hart.handler(fetch(hart, pageNumber), 0), 'region')
	}
	t.is(hart.cache.size, 1, 'one instance serves both')
})

test('code that differs in one byte is not taken for it, at the entry or behind', (t) => {
	const hart = new RegionHart()
	hart.cache.learn(known(hart))
	for (const [pageNumber, at] of [
		[1, 0],
		[2, 3],
		[3, 11],
	] as const) {
		const page = hart.writeCode(pageNumber, program)
		hart.memory.u8[page + at]! ^= 0x80
		const code = fetch(hart, pageNumber)
		t.is(hart.cache.find(code, 0), -1, `byte ${at}`)
		t.is(hart.cache.find(code, 4), -1, `byte ${at}`)
	}
	t.is(hart.cache.size, 0)
})

test('the same code at another offset of its page is not taken for it', (t) => {
	const hart = new RegionHart()
	hart.cache.learn(known(hart))
	hart.writeCode(1, [addi(7, 7), ...program])
	t.is(hart.cache.find(fetch(hart, 1), 4), -1)
	t.is(hart.cache.find(fetch(hart, 1), 0), -1)
})

test('code that was decoded before the module came runs translated, if it lies where it lay', (t) => {
	const hart = new RegionHart()
	const learned = known(hart)
	hart.set('pc', gva + 0x9000n)
	hart.run(10)
	t.is(hart.handler(fetch(hart, 9), 0), 'addi 4')
	hart.cache.learn(learned)
	t.is(hart.handler(fetch(hart, 9), 0), 'decode')
	t.is(hart.cache.find(fetch(hart, 9), 0), 0)
})

test('a store to the code of a region of an earlier run is noticed', (t) => {
	const hart = new RegionHart()
	hart.cache.learn(known(hart))
	hart.writeCode(1, program)
	const code = fetch(hart, 1)
	t.is(hart.cache.find(code, 4), 1)
	hart.writeCode(1, [addi(5, 1), addi(6, 77), jump(0)])
	hart.core.fenceI()
	t.is(hart.cache.find(fetch(hart, 1), 4), -1)
	t.is(hart.cache.find(fetch(hart, 1), 0), -1, 'regions of one page vouch for each other')
	hart.writeCode(1, program)
	hart.core.fenceI()
	t.is(hart.cache.find(fetch(hart, 1), 4), 1, 'the code has come back')
})

test('from its first run on, a region of an earlier run is left alone once its code has changed', (t) => {
	const hart = new RegionHart({harts: 2})
	// It goes on in another page, so that nothing else of its own is decoded.
	const module = moduleOf([{x: 5, value: 99n, skip: 0x1000n}])
	const learned = known(hart)
	hart.cache.learn({...learned, module, functions: 1, regions: [learned.regions[0]!]})
	hart.writeCode(1, program)
	hart.writeCode(2, [jump(0)])
	const run = () => {
		hart.set('pc', gva + 0x1000n)
		hart.run(10)
		return hart.x[5]
	}
	t.is(run(), 99n)
	hart.writeCode(1, [addi(5, 1), addi(6, 77), jump(0)])
	hart.core.fenceI()
	t.is(run(), 1n)
})

test('of a module of several pages only the regions of one page get a place in another', (t) => {
	const hart = new RegionHart()
	const learned = known(hart)
	const elsewhere = learned.regions.map((region) => ({...region, page: region.page + 0x1000}))
	hart.cache.learn({...learned, regions: [learned.regions[0]!, elsewhere[1]!]})
	hart.writeCode(1, program)
	t.is(hart.cache.find(fetch(hart, 1), 0), 0)
	t.is(hart.cache.knownPlaced, 1)
	t.is(hart.cache.find(fetch(hart, 1), 4), 1)
	t.is(hart.cache.knownPlaced, 2)
})

test('of what this run and an earlier one have translated, this one comes first', (t) => {
	const hart = new RegionHart()
	hart.cache.learn(known(hart))
	const page = hart.writeCode(1, program)
	t.is(hart.cache.find(fetch(hart, 1), 0), 0)
	const region = hart.region(page, {index: 0, entry: 0, bytes: 8})
	hart.cache.receive(moduleOf([{x: 5, value: 1n, skip: 4n}]), {id: 4, functions: 1, regions: [region]})
	t.is(hart.cache.find(fetch(hart, 1), 0), 2)
})

test('a module that is dropped is not found again, and its slots are decoded anew', (t) => {
	const hart = new RegionHart()
	hart.cache.learn(known(hart))
	hart.writeCode(1, program)
	hart.set('pc', gva + 0x1000n)
	hart.run(10)
	hart.cache.drop(3)
	t.is(hart.cache.size, 0)
	t.is(hart.cache.table.get(0), null)
	t.is(hart.handler(fetch(hart, 1), 0), 'decode')
	t.is(hart.cache.find(fetch(hart, 1), 0), -1)
	hart.writeCode(2, program)
	t.is(hart.cache.find(fetch(hart, 2), 0), -1)
})

test('a register that roams is known by the place that the code was translated for', (t) => {
	const hart = new RegionHart()
	const learned = known(hart)
	hart.cache.learn(learned)
	const page = hart.writeCode(1, program)
	hart.cache.find(fetch(hart, 1), 0)
	const id = roamingId(regionKey(learned.regions[0]!.page, 0), 5)
	const places = (regions: readonly RegionInfo[]) => regions.map((region) => [region.page, region.entry])
	const found = hart.cache.regionsOf(id)
	t.deepEqual(places(found), [[page, 0]])
	t.deepEqual(
		places(hart.cache.regionsAround(found[0]!)),
		[
			[page, 0],
			[page, 4],
		],
		'those that have its code, in its new place',
	)
	t.deepEqual(hart.cache.regionsOf(roamingId(regionKey(page, 0), 5)), [], 'not by the place where it is')
})

test('places are limited: the oldest make room, and are found again', (t) => {
	const hart = new RegionHart({}, {knownPlaces: 8})
	hart.cache.learn(known(hart))
	const pages = [1, 2, 3, 4, 5, 6]
	for (const pageNumber of pages) {
		hart.writeCode(pageNumber, program)
		t.is(hart.cache.find(fetch(hart, pageNumber), 0), 0)
	}
	t.is(hart.cache.knownPlaced, 8)
	t.is(hart.cache.find(fetch(hart, 1), 4), 1)
	t.is(hart.cache.knownPlaced, 8)
})

test('regions are found after the filter was made anew, those of earlier runs as well', (t) => {
	const hart = new RegionHart({}, {notes: 8})
	const set = {x: 5, value: 7n, skip: 4n}
	hart.cache.learn(known(hart))
	const first = hart.writeCode(1, [addi(5, 3), jump(0)])
	const pages = [
		first,
		...[11, 12, 13, 14, 15, 16, 17, 18, 19].map((number) => hart.writeCode(number, [addi(7, number)])),
	]
	for (const [index, page] of pages.entries()) {
		const regions = [hart.region(page, {index: 0, entry: 0, bytes: 4})]
		hart.cache.receive(moduleOf([set]), {id: 10 + index, functions: 1, regions})
	}
	hart.writeCode(2, program)
	for (const [pageNumber, value] of [
		[1, 7n],
		[2, 99n],
	] as const) {
		hart.set('pc', gva + BigInt(pageNumber) * 0x1000n)
		hart.run(10)
		t.is(hart.x[5], value)
	}
})
