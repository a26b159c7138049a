/** Makes the table by which the hart core decodes instructions, from the instruction list; its layout is in src/hart. */
import {assert} from '../errors.ts'
import {DecodingBucket, DecodingRow, mostExceptions, mostSlices, Slot, sliceShift, vcpuRegions} from '../hart/index.ts'
import {type Encoding, encodingBuckets, encodings, type PatternField} from '../isa/index.ts'
import type {RegionRequest, SharedMemory} from '../memory/index.ts'
import {type Flow, handlerFor} from './handlers.ts'
import {type Packing, packingsOf} from './slot-encoding.ts'

const flows: readonly Flow[] = ['far', 'forward', 'backward']
/** First bits of a slot's fields. */
const firstBit = {a: 8 * Slot.offset.a, b: 8 * Slot.offset.b, c: 8 * Slot.offset.c} as const

/** All harts read it. */
export const decodingTableRegion: RegionRequest = {
	name: vcpuRegions.decodingTable,
	size: encodingBuckets.length * DecodingBucket.size + encodingBuckets.flat().length * DecodingRow.size,
	align: 64,
}

/** Made once for all machines of a thread. */
let table: Uint8Array | undefined

/** Plain: before any hart runs. @returns its place. */
export function writeDecodingTable(memory: SharedMemory): number {
	const {offset} = memory.region(vcpuRegions.decodingTable)
	table ??= tableBytes()
	memory.u8.set(table, offset)
	return offset
}

function tableBytes(): Uint8Array {
	const bytes = new Uint8Array(decodingTableRegion.size)
	const words = new Int32Array(bytes.buffer)
	// Many are in several buckets.
	const rowOf = new Map(encodings.map((encoding) => [encoding, rowBytes(encoding)]))
	let row = encodingBuckets.length * DecodingBucket.size
	for (const [index, rows] of encodingBuckets.entries()) {
		const bucket = (index * DecodingBucket.size) / 4
		words[bucket + DecodingBucket.offset.first / 4] = row
		for (const encoding of rows) {
			bytes.set(rowOf.get(encoding)!, row)
			row += DecodingRow.size
		}
		words[bucket + DecodingBucket.offset.end / 4] = row
	}
	return bytes
}

function rowBytes(encoding: Encoding): Uint8Array {
	const {pattern} = encoding
	const row = new Int32Array(DecodingRow.size / 4)
	const halves = new Uint16Array(row.buffer)
	const at = (field: keyof typeof DecodingRow.offset) => DecodingRow.offset[field] / 4
	row[at('mask')] = pattern.mask
	row[at('match')] = pattern.match
	const exceptions = pattern.fields.flatMap(exceptionsOf)
	assert(exceptions.length <= mostExceptions, `${encoding.name} has few exceptions`)
	for (let index = 0; index < mostExceptions; index++) {
		const {mask, match} = exceptions[index] ?? {mask: 0, match: 1}
		row[at('exceptionMask') + index] = mask
		row[at('exceptionMatch') + index] = match
	}
	let slot = 0n
	let sliceCount = 0
	for (const packing of packingsOf(encoding.instruction)) {
		const field = fieldOf(encoding, packing)
		slot |= fixedBits(encoding, packing, field)
		if (!field) continue
		for (const {wordLow, width, valueLow} of field.slices) {
			const to = toBit(packing) + valueLow
			row[at('slices') + sliceCount++] = wordLow | (width << sliceShift.width) | (to << sliceShift.to)
		}
		if (field.signed) row[at('signShift')] = signShift(packing, field)
	}
	assert(sliceCount <= mostSlices, `${encoding.name} has few slices`)
	row[at('slot')] = Number(slot & 0xffff_ffffn)
	row[at('slot') + 1] = Number(slot >> 32n)
	halves.set(handlersOf(encoding, 1), 2 * at('handlers'))
	halves.set(handlersOf(encoding, 0), 2 * at('handlersZero'))
	return new Uint8Array(row.buffer)
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

/** Of an operand: what the word does not say. */
function fixedBits({fixed}: Encoding, packing: Packing, field: PatternField | undefined): bigint {
	return BigInt(field ? field.base : (fixed[packing.operand] ?? 0)) << BigInt(toBit(packing))
}

function signShift(packing: Packing, {slices}: PatternField): number {
	assert(toBit(packing) === firstBit.c, 'a signed operand is all of c')
	return 32 - Math.max(...slices.map(({width, valueLow}) => valueLow + width))
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
