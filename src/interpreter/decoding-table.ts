/** Makes the table by which the hart core decodes instructions, from the instruction list; its layout is in src/hart. */
import {assert} from '../errors.ts'
import {DecodingBucket, DecodingRow, mostExceptions, mostSlices, Slot, sliceShift, vcpuRegions} from '../hart/index.ts'
import {type Encoding, encodingBuckets, type PatternField} from '../isa/index.ts'
import type {RegionRequest, SharedMemory} from '../memory/index.ts'
import {type Flow, handlerFor} from './handlers.ts'
import {type Packing, packingsOf} from './slot-encoding.ts'

const flows: readonly Flow[] = ['far', 'forward', 'backward']
/** First bits of a slot's fields. */
const firstBit = {a: 8 * Slot.offset.a, b: 8 * Slot.offset.b, c: 8 * Slot.offset.c} as const

type Slice = Readonly<{from: number; width: number; to: number}>

/** All harts read it. */
export const decodingTableRegion: RegionRequest = {
	name: vcpuRegions.decodingTable,
	size: encodingBuckets.length * DecodingBucket.size + encodingBuckets.flat().length * DecodingRow.size,
	align: 64,
}

/** Plain: before any hart runs. @returns its place. */
export function writeDecodingTable(memory: SharedMemory): number {
	const {offset} = memory.region(vcpuRegions.decodingTable)
	let row = encodingBuckets.length * DecodingBucket.size
	for (const [index, rows] of encodingBuckets.entries()) {
		const bucket = (offset + index * DecodingBucket.size) / 4
		memory.i32[bucket + DecodingBucket.offset.first / 4] = row
		memory.i32[bucket + DecodingBucket.offset.end / 4] = row + rows.length * DecodingRow.size
		for (const encoding of rows) {
			writeRow(memory, offset + row, encoding)
			row += DecodingRow.size
		}
	}
	return offset
}

function writeRow(memory: SharedMemory, row: number, encoding: Encoding): void {
	const {pattern} = encoding
	const put = (field: keyof typeof DecodingRow.offset, values: readonly number[]) =>
		memory.i32.set(values, (row + DecodingRow.offset[field]) / 4)
	const handlers = (field: 'handlers' | 'handlersZero', rd: number) =>
		memory.u16.set(handlersOf(encoding, rd), (row + DecodingRow.offset[field]) / 2)
	const packings = packingsOf(encoding.instruction).map((packing) => ({packing, field: fieldOf(encoding, packing)}))
	const exceptions = pattern.fields.flatMap(exceptionsOf)
	assert(exceptions.length <= mostExceptions, `${encoding.name} has few exceptions`)
	while (exceptions.length < mostExceptions) exceptions.push({mask: 0, match: 1})
	const slices = packings.flatMap(({packing, field}) => (field ? slicesOf(packing, field) : []))
	assert(slices.length <= mostSlices, `${encoding.name} has few slices`)
	put('mask', [pattern.mask])
	put('match', [pattern.match])
	put(
		'exceptionMask',
		exceptions.map(({mask}) => mask),
	)
	put(
		'exceptionMatch',
		exceptions.map(({match}) => match),
	)
	const slot = packings.map(({packing, field}) => fixedBits(encoding, packing, field)).reduce((a, b) => a | b, 0n)
	memory.u64[(row + DecodingRow.offset.slot) / 8] = slot
	put(
		'slices',
		slices.map(({from, width, to}) => from | (width << sliceShift.width) | (to << sliceShift.to)),
	)
	put('signShift', [Math.max(0, ...packings.map(({packing, field}) => signShift(packing, field)))])
	handlers('handlers', 1)
	handlers('handlersZero', 0)
}

function handlersOf({name, instruction, pattern}: Encoding, rd: number): number[] {
	const operands = {rd, rs1: 0, rs2: 0, rs3: 0, imm: 0, csr: 0, rm: 0}
	return flows.map((flow) => handlerFor({name, length: pattern.length, instruction, operands}, flow))
}

/** Where the pattern has an operand; undefined if it does not encode it. */
function fieldOf({pattern}: Encoding, {operand}: Packing): PatternField | undefined {
	return pattern.fields.find(({operands}) => operands.includes(operand))
}

function toBit({field, shift, scale}: Packing): number {
	return firstBit[field] + shift + Math.log2(scale)
}

function slicesOf(packing: Packing, {slices}: PatternField): Slice[] {
	return slices.map(({wordLow, width, valueLow}) => ({from: wordLow, width, to: toBit(packing) + valueLow}))
}

/** Of an operand: what the word does not say. */
function fixedBits({fixed}: Encoding, packing: Packing, field: PatternField | undefined): bigint {
	return BigInt(field ? field.base : (fixed[packing.operand] ?? 0)) << BigInt(toBit(packing))
}

function signShift(packing: Packing, field: PatternField | undefined): number {
	if (!field?.signed) return 0
	assert(toBit(packing) === firstBit.c, 'a signed operand is all of c')
	return 32 - Math.max(...field.slices.map(({width, valueLow}) => valueLow + width))
}

/** Bits that words of the pattern do not have, one for each value that the field must not have. */
function exceptionsOf({slices, base, forbidden}: PatternField): {mask: number; match: number}[] {
	const scatter = (value: number): number =>
		slices.reduce(
			(word, {wordLow, width, valueLow}) => word | (((value >>> valueLow) & (2 ** width - 1)) << wordLow),
			0,
		)
	return forbidden.map((value) => {
		assert(base === 0, 'only fields that hold their value as it is exclude some')
		return {mask: scatter(-1), match: scatter(value)}
	})
}
