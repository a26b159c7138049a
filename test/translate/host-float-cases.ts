/**
 * Operands written straight into the compared module's buffer: all combinations of special ones, and random ones by the
 * million.
 */
import {type Random, randomOperands, specials, type TypeName} from '../hart/core/float-operands.ts'
import {signatures} from '../hart/core/softfloat.ts'
import {capacity, operandBits, operandDoubles, operandSingles, operandWords} from './host-float-module.ts'

type Shape = Readonly<{bias: number; fraction: number}>
const shapes = {f32: {bias: 127, fraction: 23}, f64: {bias: 1023, fraction: 52}} as const

/** Fills the buffer again and again. @yields how many cases it holds. */
export function* edges(name: string): Generator<number> {
	const {operands, result} = signatures.get(name)!
	const toInteger = name.includes('_to_') && !result.startsWith('f')
	const values = specials(operands[0]!, toInteger)
	let row = 0
	for (let index = 0; index < values.length ** operands.length; index++) {
		let rest = index
		for (const column of operands.keys()) {
			operandBits[4 * row + column] = values[rest % values.length]!
			rest = Math.floor(rest / values.length)
		}
		if (++row < capacity) continue
		yield row
		row = 0
	}
	if (row > 0) yield row
}

/** Slow, with the oracle's help: see randomOperands(). */
export function* modelled(name: string, random: Random, count: number): Generator<number> {
	for (let row = 0; row < count; row++) operandBits.set(randomOperands(name, random).slice(0, 4), 4 * row)
	yield count
}

export function* randomly(name: string, random: Random, count: number): Generator<number> {
	const {operands} = signatures.get(name)!
	const [type, operation] = [operands[0]!, name.split('_')[1]!]
	for (let left = count; left > 0; left -= capacity) {
		const rows = Math.min(left, capacity)
		for (let row = 0; row < rows; row++) {
			if (!type.startsWith('f')) writeInteger(random, row, type)
			else if (operation === 'to')
				writeFloat(random, {row, column: 0, type: type as 'f32' | 'f64', exponent: convertible(random, name)})
			else writeOperands(random, {row, type: type as 'f32' | 'f64', operation})
		}
		yield rows
	}
}

function writeInteger(random: Random, row: number, type: TypeName): void {
	const width = Number(type.slice(1))
	let bits = BigInt.asUintN(width, random.bits(64) >> BigInt(random.below(64)))
	if (random.below(2)) bits = BigInt.asUintN(width, -bits)
	// A long run of zeros or ones in the middle: halfway cases.
	if (random.below(3) === 0) bits &= ~((1n << BigInt(random.below(width))) - 1n)
	if (random.below(3) === 0) bits += BigInt(random.below(3) - 1)
	operandBits[4 * row] = BigInt.asUintN(width, bits)
}

function convertible(random: Random, name: string): number {
	if (random.below(8) === 0) return random.below(2100) - 1050
	if (name !== 'f64_to_f32') return random.below(70) - 4
	return [-152, -130, -4, 120][random.below(4)]! + random.below(12)
}

function writeOperands(random: Random, to: {row: number; type: 'f32' | 'f64'; operation: string}): void {
	const {row, type, operation} = to
	const {bias, fraction} = shapes[type]
	const first = [random.below(2 * bias + 2) - bias, random.below(64) - 32][random.below(2)]!
	const write = (column: number, exponent: number) => writeFloat(random, {row, column, type, exponent})
	const spread = random.below(2) ? random.below(5) - 2 : random.below(2 * fraction + 10) - fraction - 5
	// The exponent of a product or quotient: in the middle, at the lower end, at the upper end.
	const ends = [random.below(64) - 32, -bias - random.below(fraction + 4) + 3, bias - 2 + random.below(4)]
	const target = ends[random.below(3)]!
	write(0, first)
	switch (operation) {
		case 'mul':
			return write(1, target - first)
		case 'div':
			return write(1, first - target)
		case 'fma':
			write(1, target - first)
			write(2, target + spread)
			if (random.below(3) === 0) writeCancelling(random, row, type)
			return
		case 'sqrt':
			return
	}
	write(1, first + spread)
	if (random.below(3)) return
	// Neighbouring numbers, of either sign.
	const word = type === 'f32' ? 8 * row : 8 * row
	for (const offset of type === 'f32' ? [0] : [0, 1]) operandWords[word + 2 + offset] = operandWords[word + offset]!
	operandWords[word + 2]! += random.below(5) - 2
	if (random.below(2)) operandWords[word + 2 + (type === 'f32' ? 0 : 1)]! ^= 0x8000_0000
}

/** c = −(a × b), rounded, or one of its neighbours. */
function writeCancelling(random: Random, row: number, type: 'f32' | 'f64'): void {
	if (type === 'f32') {
		operandSingles[8 * row + 4] = -(operandSingles[8 * row]! * operandSingles[8 * row + 2]!)
	} else {
		operandDoubles[4 * row + 2] = -(operandDoubles[4 * row]! * operandDoubles[4 * row + 1]!)
	}
	operandWords[8 * row + 4]! += random.below(5) - 2
}

/**
 * @param to.exponent unbiased; clipped to the format's range, at whose ends are subnormals, and infinities and NaNs.
 */
function writeFloat(random: Random, to: {row: number; column: number; type: 'f32' | 'f64'; exponent: number}): void {
	const {bias, fraction}: Shape = shapes[to.type]
	const field = Math.min(Math.max(to.exponent + bias, 0), 2 * bias + 1)
	const sign = random.below(2) * 0x8000_0000
	const [high, low] = randomFraction(random)
	const index = 8 * to.row + 2 * to.column
	if (to.type === 'f32') {
		// The upper word is ignored.
		operandWords[index] = sign + field * 2 ** fraction + (high >>> 9)
		return
	}
	operandWords[index] = (low >>> 12) | ((high & 0xfff) << 20)
	operandWords[index + 1] = sign + field * 2 ** 20 + (high >>> 12)
}

/**
 * 64 bits, most significant first: random, or with few set or clear, so that sums and products are exact or halfway.
 */
function randomFraction(random: Random): [high: number, low: number] {
	const kind = random.below(6)
	if (kind === 0) return [0, 0]
	if (kind >= 4) return [random.word(), random.word()]
	const position = random.below(64)
	const one = (at: number): [number, number] => (at < 32 ? [2 ** (31 - at), 0] : [0, 2 ** (63 - at)])
	const [high, low] = one(position)
	const [other, otherLow] = random.below(2) ? one(random.below(64)) : [0, 0]
	// All bits from a position on, and those before it.
	const [maskHigh, maskLow] = position < 32 ? [high * 2 - 1, 0xffff_ffff] : [0, low * 2 - 1]
	if (kind === 1) return [(high ^ other) >>> 0, (low ^ otherLow) >>> 0]
	if (kind === 2) return [~(high ^ other) >>> 0, ~(low ^ otherLow) >>> 0]
	return [~maskHigh >>> 0, ~maskLow >>> 0]
}
