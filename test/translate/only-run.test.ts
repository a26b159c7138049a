import test from 'ava'
import {fieldOffset} from '../../src/hart/index.ts'
import {ramBase} from '../../src/memory/index.ts'
import {translate} from '../../src/translate/index.ts'
import {encode} from '../interpreter/encode.ts'
import {RegionHart} from './region-hart.ts'

/** x5 counts turns; the branch goes when it reaches x6. */
const loop = [
	encode('addi', {rd: 5, rs1: 5, imm: 1}),
	encode('beq', {rs1: 5, rs2: 6, imm: 8}),
	encode('jal', {rd: 0, imm: -8}),
	encode('addi', {rd: 7, rs1: 7, imm: 1}),
	encode('jal', {rd: 0, imm: -16}),
]
const [pageNumber, commonBytes, allBytes] = [3, 12, 20]

function runLoop(options: {until: bigint}) {
	const hart = new RegionHart()
	const page = hart.writeCode(pageNumber, loop)
	const pageGva = BigInt(ramBase + pageNumber * 4096)
	hart.set('pc', pageGva)
	hart.x[6] = options.until
	hart.run(1000)
	const regime = hart.memory.i32[(hart.memory.region('vcpu').offset + fieldOffset.fetchRegime) / 4]!
	const request = {page, entry: 0, pageGva, fetchTable: hart.descriptor(regime) >>> 0, nextPage: undefined}
	return (onlyRun: boolean) => {
		const [region] = translate(hart.memory, [request], {onlyRun, design: hart.design})!.regions
		return region!.sources.map(([offset, bytes]) => [offset, bytes.length])
	}
}

test('code that has not run is left out of a region', (t) => {
	const sources = runLoop({until: 0n})
	t.deepEqual(sources(true), [[0, commonBytes]])
	t.deepEqual(sources(false), [[0, allBytes]])
})

test('code that has run once is part of a region', (t) => {
	t.deepEqual(runLoop({until: 100n})(true), [[0, allBytes]])
})
