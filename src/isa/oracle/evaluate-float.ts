/** The floating-point oracle: exact BigInt arithmetic, rounded once. Slow; for tests. IEEE 754-2019; RISC-V's "F". */
import type {Finite, FloatFormat, FloatResult, RoundingMode, Value} from './float-value.ts'
import {
	binary32,
	binary64,
	bitLength,
	canonicalNan,
	Flag,
	infinity,
	lowBits,
	RDN,
	RNE,
	round,
	roundToInteger,
	signOf,
	unpack,
} from './float-value.ts'

const nan = (format: FloatFormat, flags: number): FloatResult => ({value: canonicalNan(format), flags})
const exact = (value: bigint): FloatResult => ({value, flags: 0})
const isZero = (value: Value): boolean => value.kind === 'finite' && value.magnitude === 0n
const anySignalling = (...values: Value[]): boolean => values.some((value) => value.kind === 'nan' && value.signalling)
const negated = (value: Value): Value => (value.kind === 'nan' ? value : {...value, negative: !value.negative})
const roundingModeOf = (rm: bigint | undefined): RoundingMode => Number(rm ?? 0n) as RoundingMode

/** The sum as a signed multiple of 2^exponent. */
function exactSum(a: Finite, b: Finite): {sum: bigint; exponent: number} {
	const exponent = Math.min(a.exponent, b.exponent)
	const scaled = ({negative, magnitude, exponent: own}: Finite) =>
		(negative ? -magnitude : magnitude) << BigInt(own - exponent)
	return {sum: scaled(a) + scaled(b), exponent}
}

function addValues(format: FloatFormat, a: Value, b: Value, rm: RoundingMode): FloatResult {
	if (a.kind === 'nan' || b.kind === 'nan') return nan(format, anySignalling(a, b) ? Flag.NV : 0)
	if (a.kind === 'infinite' && b.kind === 'infinite') {
		return a.negative === b.negative ? exact(infinity(format, a.negative)) : nan(format, Flag.NV)
	}
	if (a.kind === 'infinite') return exact(infinity(format, a.negative))
	if (b.kind === 'infinite') return exact(infinity(format, b.negative))
	const {sum, exponent} = exactSum(a, b)
	if (sum === 0n) {
		// Zeros of the same sign keep it; any other sum of 0 is +0, or −0 when rounding down.
		const negative = a.negative === b.negative ? a.negative : rm === RDN
		return exact(signOf(format, negative))
	}
	return round(format, {negative: sum < 0n, magnitude: sum < 0n ? -sum : sum, exponent}, rm)
}

/** a × b, exactly; undefined for 0 × ∞. Neither is a NaN. */
function exactProduct(a: Value, b: Value): Value | undefined {
	if (a.kind === 'nan' || b.kind === 'nan') throw new Error('Invariant broken: NaNs were dealt with before')
	const negative = a.negative !== b.negative
	if (a.kind === 'finite' && b.kind === 'finite') {
		return {kind: 'finite', negative, magnitude: a.magnitude * b.magnitude, exponent: a.exponent + b.exponent}
	}
	return isZero(a) || isZero(b) ? undefined : {kind: 'infinite', negative}
}

function multiply(format: FloatFormat, a: Value, b: Value, rm: RoundingMode): FloatResult {
	if (a.kind === 'nan' || b.kind === 'nan') return nan(format, anySignalling(a, b) ? Flag.NV : 0)
	const product = exactProduct(a, b)
	if (product === undefined) return nan(format, Flag.NV)
	if (product.kind === 'finite' && product.magnitude > 0n) return round(format, product, rm)
	const negative = a.negative !== b.negative
	return exact(product.kind === 'infinite' ? infinity(format, negative) : signOf(format, negative))
}

/** a × b + c, rounded once. ∞ × 0 is invalid even when c is a quiet NaN. */
function fused(format: FloatFormat, values: {a: Value; b: Value; c: Value; rm: RoundingMode}): FloatResult {
	const {a, b, c, rm} = values
	const invalid = (a.kind === 'infinite' && isZero(b)) || (isZero(a) && b.kind === 'infinite')
	if (a.kind === 'nan' || b.kind === 'nan' || c.kind === 'nan') {
		return nan(format, invalid || anySignalling(a, b, c) ? Flag.NV : 0)
	}
	const product = exactProduct(a, b)
	return product === undefined ? nan(format, Flag.NV) : addValues(format, product, c, rm)
}

function divide(format: FloatFormat, a: Value, b: Value, rm: RoundingMode): FloatResult {
	if (a.kind === 'nan' || b.kind === 'nan') return nan(format, anySignalling(a, b) ? Flag.NV : 0)
	const negative = a.negative !== b.negative
	if (a.kind === 'infinite') {
		return b.kind === 'infinite' ? nan(format, Flag.NV) : exact(infinity(format, negative))
	}
	if (b.kind === 'infinite') return exact(signOf(format, negative))
	if (b.magnitude === 0n) {
		return a.magnitude === 0n ? nan(format, Flag.NV) : {value: infinity(format, negative), flags: Flag.DZ}
	}
	if (a.magnitude === 0n) return exact(signOf(format, negative))
	// Enough quotient bits to round; the remainder below them only makes the result sticky.
	const extra = BigInt(2 * format.fraction + 8)
	const dividend = a.magnitude << extra
	return round(
		format,
		{
			negative,
			magnitude: dividend / b.magnitude,
			exponent: a.exponent - b.exponent - Number(extra),
			sticky: dividend % b.magnitude !== 0n,
		},
		rm,
	)
}

/** The integer part of a square root, by Newton's iteration from above. */
function integerSqrt(value: bigint): bigint {
	if (value < 2n) return value
	let root = 1n << BigInt((bitLength(value) + 1) >> 1)
	for (;;) {
		const next = (root + value / root) >> 1n
		if (next >= root) return root
		root = next
	}
}

function squareRoot(format: FloatFormat, a: Value, rm: RoundingMode): FloatResult {
	if (a.kind === 'nan') return nan(format, a.signalling ? Flag.NV : 0)
	if (isZero(a)) return exact(signOf(format, a.negative))
	if (a.negative) return nan(format, Flag.NV)
	if (a.kind === 'infinite') return exact(infinity(format, false))
	const wide = 2 * format.fraction + 8
	// The exponent must be even to be halved.
	const extra = (a.exponent - wide) % 2 === 0 ? wide : wide + 1
	const radicand = a.magnitude << BigInt(extra)
	const root = integerSqrt(radicand)
	const exponent = (a.exponent - extra) / 2
	return round(format, {negative: false, magnitude: root, exponent, sticky: root * root !== radicand}, rm)
}

/** Negative, 0 or positive. Neither is a NaN; the zeros are equal. */
function order(a: Value, b: Value): number {
	const rank = (value: Value) => (value.kind === 'infinite' ? (value.negative ? -1 : 1) : 0)
	if (a.kind !== 'finite' || b.kind !== 'finite') return rank(a) - rank(b)
	const {sum} = exactSum(a, negated(b) as Finite)
	return sum < 0n ? -1 : sum > 0n ? 1 : 0
}

function compare(a: Value, b: Value, options: {holds: (order: number) => boolean; quiet: boolean}): FloatResult {
	if (a.kind === 'nan' || b.kind === 'nan') {
		return {value: 0n, flags: !options.quiet || anySignalling(a, b) ? Flag.NV : 0}
	}
	return exact(options.holds(order(a, b)) ? 1n : 0n)
}

/** minimumNumber or maximumNumber: a NaN loses to a number, −0 is less than +0. */
function extreme(format: FloatFormat, bits: readonly [bigint, bigint], want: 'min' | 'max'): FloatResult {
	const [a, b] = [unpack(format, bits[0]), unpack(format, bits[1])]
	const flags = anySignalling(a, b) ? Flag.NV : 0
	if (a.kind === 'nan' && b.kind === 'nan') return nan(format, flags)
	if (a.kind === 'nan') return {value: bits[1], flags}
	if (b.kind === 'nan') return {value: bits[0], flags}
	const difference = order(a, b) || Number(b.negative) - Number(a.negative)
	const aIsLess = difference <= 0
	return {value: aIsLess === (want === 'min') ? bits[0] : bits[1], flags}
}

/** Bit numbers of fclass, 0–9 in the manual's order. */
function classify(format: FloatFormat, value: Value): FloatResult {
	const bit = (number: number) => exact(1n << BigInt(number))
	if (value.kind === 'nan') return bit(value.signalling ? 8 : 9)
	if (value.kind === 'infinite') return bit(value.negative ? 0 : 7)
	if (value.magnitude === 0n) return bit(value.negative ? 3 : 4)
	const normal = bitLength(value.magnitude) > format.fraction
	if (normal) return bit(value.negative ? 1 : 6)
	return bit(value.negative ? 2 : 5)
}

type IntegerFormat = Readonly<{bits: 32 | 64; signed: boolean}>

/** Out of range, infinite or NaN: the nearest limit (NaN counts as +∞), and NV alone. */
function toInteger(format: IntegerFormat, value: Value, rm: RoundingMode): FloatResult {
	const {bits, signed} = format
	const highest = signed ? lowBits(bits - 1) : lowBits(bits)
	const lowest = signed ? -(1n << BigInt(bits - 1)) : 0n
	const asBits = (integer: bigint) => BigInt.asUintN(bits, integer)
	if (value.kind === 'nan') return {value: asBits(highest), flags: Flag.NV}
	if (value.kind === 'infinite') return {value: asBits(value.negative ? lowest : highest), flags: Flag.NV}
	const {negative, magnitude, exponent} = value
	const {integer, inexact} = roundToInteger({magnitude, shift: exponent, sticky: false, negative, rm})
	const result = negative ? -integer : integer
	if (result > highest) return {value: asBits(highest), flags: Flag.NV}
	if (result < lowest) return {value: asBits(lowest), flags: Flag.NV}
	return {value: asBits(result), flags: inexact ? Flag.NX : 0}
}

function fromInteger(
	format: FloatFormat,
	integer: {value: bigint; from: IntegerFormat; rm: RoundingMode},
): FloatResult {
	const {bits, signed} = integer.from
	const value = signed ? BigInt.asIntN(bits, integer.value) : BigInt.asUintN(bits, integer.value)
	if (value === 0n) return exact(0n)
	return round(format, {negative: value < 0n, magnitude: value < 0n ? -value : value, exponent: 0}, integer.rm)
}

function convert(from: FloatFormat, to: FloatFormat, bits: bigint, rm: RoundingMode): FloatResult {
	const value = unpack(from, bits)
	if (value.kind === 'nan') return nan(to, value.signalling ? Flag.NV : 0)
	if (value.kind === 'infinite') return exact(infinity(to, value.negative))
	if (value.magnitude === 0n) return exact(signOf(to, value.negative))
	return round(to, value, rm)
}

/** A function of the hart core. Operands: raw bits (unsigned), the rounding mode last. Value: raw bits, or 0 or 1. */
export type FloatOperation = (...args: bigint[]) => FloatResult

function operationsOn(prefix: string, format: FloatFormat): Record<string, FloatOperation> {
	const mask = (bits: bigint | undefined) => BigInt.asUintN(format.bits, bits ?? 0n)
	const get = (bits: bigint | undefined) => unpack(format, mask(bits))
	const integers: Record<string, IntegerFormat> = {
		i32: {bits: 32, signed: true},
		u32: {bits: 32, signed: false},
		i64: {bits: 64, signed: true},
		u64: {bits: 64, signed: false},
	}
	const operations: Record<string, FloatOperation> = {
		add: (a, b, rm) => addValues(format, get(a), get(b), roundingModeOf(rm)),
		sub: (a, b, rm) => addValues(format, get(a), negated(get(b)), roundingModeOf(rm)),
		mul: (a, b, rm) => multiply(format, get(a), get(b), roundingModeOf(rm)),
		div: (a, b, rm) => divide(format, get(a), get(b), roundingModeOf(rm)),
		sqrt: (a, rm) => squareRoot(format, get(a), roundingModeOf(rm)),
		fma: (a, b, c, rm) => fused(format, {a: get(a), b: get(b), c: get(c), rm: roundingModeOf(rm)}),
		min: (a, b) => extreme(format, [mask(a), mask(b)], 'min'),
		max: (a, b) => extreme(format, [mask(a), mask(b)], 'max'),
		eq: (a, b) => compare(get(a), get(b), {holds: (order) => order === 0, quiet: true}),
		lt: (a, b) => compare(get(a), get(b), {holds: (order) => order < 0, quiet: false}),
		le: (a, b) => compare(get(a), get(b), {holds: (order) => order <= 0, quiet: false}),
		class: (a) => classify(format, get(a)),
	}
	const named: Record<string, FloatOperation> = {}
	for (const [name, operation] of Object.entries(operations)) named[`${prefix}_${name}`] = operation
	for (const [name, integer] of Object.entries(integers)) {
		named[`${prefix}_to_${name}`] = (a, rm) => toInteger(integer, get(a), roundingModeOf(rm))
		named[`${name}_to_${prefix}`] = (value = 0n, rm) =>
			fromInteger(format, {value, from: integer, rm: roundingModeOf(rm)})
	}
	return named
}

/** The hart core's floating-point functions, by name. */
export const oracle: Readonly<Record<string, FloatOperation>> = {
	...operationsOn('f32', binary32),
	...operationsOn('f64', binary64),
	f32_to_f64: (a = 0n) => convert(binary32, binary64, BigInt.asUintN(32, a), RNE),
	f64_to_f32: (a = 0n, rm) => convert(binary64, binary32, BigInt.asUintN(64, a), roundingModeOf(rm)),
}
