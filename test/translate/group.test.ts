import test from 'ava'
import {fieldOffset} from '../../src/hart/index.ts'
import {ramBase} from '../../src/memory/index.ts'
import {type RegionRequest, regionKey, translate} from '../../src/translate/index.ts'
import {encode} from '../interpreter/encode.ts'
import {RegionHart} from './region-hart.ts'

const add = encode('addi', {rd: 10, rs1: 10, imm: 1})
const back = (instructions: number) => encode('bne', {rs1: 10, rs2: 11, imm: -4 * instructions})
const end = encode('jalr', {rd: 0, rs1: 1, imm: 0})

/** @returns for requests of places in a page with this code: where regions begin, with their other entries, and what is covered. */
function groupOf(
	words: readonly number[],
	requests: readonly (Pick<RegionRequest, 'entry'> & Partial<RegionRequest>)[],
) {
	const hart = new RegionHart()
	const page = hart.writeCode(3, words)
	const regime = hart.memory.i32[(hart.memory.region('vcpu').offset + fieldOffset.fetchRegime) / 4]!
	const common = {
		page,
		pageGva: BigInt(ramBase + 3 * 4096),
		fetchTable: hart.descriptor(regime) >>> 0,
		nextPage: undefined,
	}
	const {regions, covered} = translate(
		hart.memory,
		requests.map((request) => ({...common, ...request})),
		{design: hart.design, threshold: 3000},
	)!
	return {
		regions: regions.map(({entry, within}) => (within === undefined ? `${entry}` : `${entry} in ${within}`)),
		joins: regions[0]!.joins,
		instructions: regions[0]!.instructions,
		covered: covered.map((key) => [...words.keys()].find((index) => regionKey(page, 4 * index) === key)! * 4),
	}
}

/** 0: outer loop; 4: inner loop; 12: behind it. */
const nest = [add, add, back(1), add, back(4), end]

test('of places in one loop the outer header has a region, and the inner one is another entry of it', (t) => {
	for (const entries of [
		[0, 4],
		[4, 0],
	])
		t.like(
			groupOf(
				nest,
				entries.map((entry) => ({entry})),
			),
			{regions: ['0', '4 in 0'], covered: [4]},
		)
})

test('a place that has no entry is covered all the same, and said to be a join', (t) => {
	const {regions, covered, joins} = groupOf(nest, [{entry: 0}, {entry: 12}])
	t.deepEqual([regions, covered, joins], [['0', '4 in 0'], [12], [4, 12, 20]])
})

test('a place behind another is covered by its region, not the other way round', (t) => {
	const behind = [add, back(1), add, back(1), end]
	t.like(groupOf(behind, [{entry: 0}, {entry: 8}]), {regions: ['0', '8 in 0'], covered: [8]})
	t.like(groupOf(behind, [{entry: 8}, {entry: 0}]), {regions: ['0', '8 in 0'], covered: [8]})
})

test('a place that stays hot though it is covered has a region, and so has one whose registers roam', (t) => {
	t.deepEqual(groupOf(nest, [{entry: 0}, {entry: 4, isCovered: true}]).regions, ['0', '4'])
	t.deepEqual(groupOf(nest, [{entry: 0}, {entry: 4, roamer: {id: 1, key: 2}}]).covered, [])
})

test('a region that lacked the place is made again with it; one that has it all, or that is not in its loop, is not', (t) => {
	const grown = groupOf(nest, [{entry: 12, made: [{entry: 0, instructions: 3}]}])
	t.like(grown, {regions: ['0', '4 in 0'], covered: [12], instructions: 6})
	t.is(groupOf(nest, [{entry: 12, made: [{entry: 0, instructions: 6}]}]).regions[0], '12')
	const behind = [add, back(1), add, add, back(2), end]
	t.is(groupOf(behind, [{entry: 8, made: [{entry: 0, instructions: 1}]}]).regions[0], '8')
})

test('several places that lack in one region have it made again once', (t) => {
	const made = [{entry: 0, instructions: 1}]
	t.like(
		groupOf(nest, [
			{entry: 12, made},
			{entry: 4, made},
		]),
		{regions: ['0', '4 in 0']},
	)
})
