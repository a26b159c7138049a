/** Operands worth trying: special values, and seeded random ones whose results cancel, underflow, overflow and tie. */
import {oracle} from '../../../src/isa/oracle/evaluate-float.ts'
import {
	binary32,
	binary64,
	canonicalNan,
	type FloatFormat,
	infinity,
	unpack,
} from '../../../src/isa/oracle/float-value.ts'

/** A type that appears in the functions' names. */
export type TypeName = 'f32' | 'f64' | 'i32' | 'u32' | 'i64' | 'u64'
export type FloatType = 'f32' | 'f64'
export const formatOf = (type: FloatType) => (type === 'f32' ? binary32 : binary64)

/** A small generator whose whole state is its seed (32 bits): splitmix-like steps, good enough to pick operands. */
export class Random {
	#state: number
	constructor(seed: number) {
		this.#state = seed | 0
	}

	/** @returns 32 random bits, unsigned. */
	word(): number {
		this.#state = (this.#state + 0x9e3779b9) | 0
		let mixed = Math.imul(this.#state ^ (this.#state >>> 16), 0x21f0aaad)
		mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
		return (mixed ^ (mixed >>> 15)) >>> 0
	}

	below(limit: number): number {
		return this.word() % limit
	}

	bits(count: number): bigint {
		return BigInt.asUintN(count, (BigInt(this.word()) << 32n) | BigInt(this.word()))
	}

	pick<T>(values: readonly T[]): T {
		return values[this.below(values.length)]!
	}
}

/**
 * Of either sign: zero, limits of the subnormal, normal and integer ranges with their neighbours, halfway cases,
 * infinity, NaNs.
 */
export function specialFloats(format: FloatFormat): bigint[] {
	const fraction = BigInt(format.fraction)
	const one = BigInt(format.maximum) << fraction
	const halfway = (exponent: bigint) => one + (exponent << fraction) + (1n << (fraction - 1n))
	const magnitudes = [
		0n,
		1n,
		(1n << fraction) - 1n,
		1n << fraction,
		one - (1n << fraction), // 0.5
		one - 1n,
		one,
		one + 1n,
		halfway(0n), // 1.5
		halfway(1n), // 3
		infinity(format, false) - 1n,
		infinity(format, false),
		infinity(format, false) + 1n, // signaling
		canonicalNan(format),
		canonicalNan(format) + 1n,
	]
	return magnitudes.flatMap((bits) => [bits, bits | (1n << BigInt(format.bits - 1))])
}

/** For conversions to integers: values around each limit, and ties of every kind. */
function integerLimits(format: FloatFormat): bigint[] {
	const fraction = BigInt(format.fraction)
	const powers = [31n, 32n, 63n, 64n].map((exponent) => (BigInt(format.maximum) + exponent) << fraction)
	const halves = [0.25, 0.5, 0.75, 1.5, 2.5, 2147483646.5, 2147483647.5, 4294967294.5, 4294967295.5, 2147483648.5]
	const magnitudes = [
		...powers.flatMap((bits) => [bits - 1n, bits, bits + 1n]),
		...halves.map((value) => floatBits(value, format)),
	]
	return magnitudes.flatMap((bits) => [bits, bits | (1n << BigInt(format.bits - 1))])
}

const specialIntegers = (width: number) =>
	[
		0n,
		1n,
		2n,
		-1n,
		-2n,
		1n << 24n,
		(1n << 24n) + 1n,
		(1n << 24n) + 3n,
		-(1n << 24n) - 1n,
		(1n << 53n) + 1n,
		(1n << 53n) + 3n,
	]
		.concat([31n, 32n, 63n].flatMap((power) => [(1n << power) - 1n, 1n << power, (1n << power) + 1n, -(1n << power)]))
		.map((value) => BigInt.asUintN(width, value))

/** @returns the special operands of a function that takes numbers of this type. */
export function specials(type: TypeName, toInteger: boolean): bigint[] {
	if (!type.startsWith('f')) return specialIntegers(Number(type.slice(1)))
	const format = formatOf(type as FloatType)
	return toInteger ? [...specialFloats(format), ...integerLimits(format)] : specialFloats(format)
}

/** The encoding of a JavaScript number, rounded by the host. */
export function floatBits(value: number, format: FloatFormat): bigint {
	const view = new DataView(new ArrayBuffer(8))
	if (format.bits === 64) {
		view.setFloat64(0, value)
		return view.getBigUint64(0)
	}
	view.setFloat32(0, value)
	return BigInt(view.getUint32(0))
}

/** The JavaScript number of an encoding. */
export function floatValue(bits: bigint, format: FloatFormat): number {
	const view = new DataView(new ArrayBuffer(8))
	if (format.bits === 64) {
		view.setBigUint64(0, bits)
		return view.getFloat64(0)
	}
	view.setUint32(0, Number(bits))
	return view.getFloat32(0)
}

/** A fraction field: random, or with few bits set or clear, so that sums and products are exact or tie. */
function randomFraction(random: Random, bits: number): bigint {
	const sparse = () => (1n << BigInt(random.below(bits))) ^ (random.below(2) ? 1n << BigInt(random.below(bits)) : 0n)
	switch (random.below(5)) {
		case 0:
			return 0n
		case 1:
			return sparse()
		case 2:
			return ((1n << BigInt(bits)) - 1n) ^ sparse()
		case 3:
			return (1n << BigInt(bits)) - (1n << BigInt(random.below(bits)))
		default:
			return random.bits(bits)
	}
}

/** @param exponent unbiased; clipped to the format's range, in which subnormals lie below the normal numbers. */
function withExponent(random: Random, format: FloatFormat, exponent: number): bigint {
	const field = Math.min(Math.max(exponent + format.maximum, 0), 2 * format.maximum)
	const fractionBits = format.fraction
	// A subnormal gets a random number of leading zeros.
	const fraction = randomFraction(random, fractionBits) >> BigInt(field === 0 ? random.below(fractionBits) : 0)
	const sign = BigInt(random.below(2))
	return (sign << BigInt(format.bits - 1)) | (BigInt(field) << BigInt(fractionBits)) | fraction
}

const exponentField = (bits: bigint, format: FloatFormat) =>
	Number((bits >> BigInt(format.fraction)) & BigInt(2 * format.maximum + 1)) - format.maximum
/** Two exponents that are close: from equal to further apart than the significands reach. */
const near = (random: Random, format: FloatFormat) =>
	random.below(2) ? random.below(5) - 2 : random.below(2 * format.fraction + 10) - format.fraction - 5

function randomFloat(random: Random, format: FloatFormat): bigint {
	const edge = format.maximum
	switch (random.below(8)) {
		case 0:
			return random.pick(specialFloats(format))
		case 1:
			return random.bits(format.bits)
		case 2:
			return withExponent(random, format, -edge + random.below(4))
		case 3:
			return withExponent(random, format, edge - random.below(4))
		default:
			return withExponent(random, format, random.below(2 * edge) - edge)
	}
}

/** @returns operands of the named function. */
export function randomOperands(name: string, random: Random): bigint[] {
	const [type, operation] = name.split('_') as [TypeName, string]
	if (!type.startsWith('f')) {
		const width = Number(type.slice(1))
		return [
			random.below(8)
				? BigInt.asUintN(width, random.bits(64) >> BigInt(random.below(64))) ^
					(random.below(2) ? (1n << BigInt(width)) - 1n : 0n)
				: random.pick(specialIntegers(width)),
		]
	}
	const format = formatOf(type as FloatType)
	const a = randomFloat(random, format)
	const exponent = exponentField(a, format)
	const edge = format.maximum
	if (operation === 'to') {
		if (random.below(4) === 0) return [a]
		if (name === 'f64_to_f32')
			return [withExponent(random, format, random.pick([-150, -140, -127, 0, 126]) + random.below(14))]
		return [withExponent(random, format, random.below(70) - 4)]
	}
	if (operation === 'sqrt' || operation === 'class') return [a]
	if (random.below(4) === 0) return [a, randomFloat(random, format), randomFloat(random, format)]
	// Exponents of a product or quotient: at the lower end, at the upper end, or in the middle.
	const target = random.pick([
		-edge - format.fraction - 3 + random.below(format.fraction + 7),
		edge - 3 + random.below(6),
		near(random, format),
	])
	if (operation === 'div') return [a, withExponent(random, format, exponent - target)]
	if (operation === 'mul') return [a, withExponent(random, format, target - exponent)]
	if (operation !== 'fma')
		return [a, closeTo(a, random, format) ?? withExponent(random, format, exponent + near(random, format))]
	const b = withExponent(random, format, target - exponent)
	const product = oracle[`${type}_mul`]!(a, b, BigInt(random.below(5))).value
	return [a, b, closeTo(product, random, format) ?? withExponent(random, format, target + near(random, format))]
}

/** Sometimes a neighbour, of either sign: a difference of a few units in the last place. */
function closeTo(bits: bigint, random: Random, format: FloatFormat): bigint | undefined {
	if (random.below(3) || unpack(format, bits).kind !== 'finite') return undefined
	return BigInt.asUintN(
		format.bits,
		(bits + BigInt(random.below(5) - 2)) ^ (BigInt(random.below(2)) << BigInt(format.bits - 1)),
	)
}
