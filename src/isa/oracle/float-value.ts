/** Floating-point numbers as exact values, and their rounding to a format. Slow; for tests. IEEE 754-2019. */

/** Accrued exception flags, as fflags holds them. */
export const Flag = {NX: 1, UF: 2, OF: 4, DZ: 8, NV: 16} as const

export type RoundingMode = 0 | 1 | 2 | 3 | 4
export const RNE = 0
const RTZ = 1
export const RDN = 2
const RUP = 3
const RMM = 4

export type FloatResult = Readonly<{value: bigint; flags: number}>

export type FloatFormat = Readonly<{
	bits: number
	/** Explicit significand bits. */
	fraction: number
	/** Exponent of the smallest normal number: 1 − bias. */
	minimum: number
	/** Exponent of the largest finite number: the bias. */
	maximum: number
}>

export const binary32: FloatFormat = {bits: 32, fraction: 23, minimum: -126, maximum: 127}
export const binary64: FloatFormat = {bits: 64, fraction: 52, minimum: -1022, maximum: 1023}

/** A value with its sign; finite ones are magnitude × 2^exponent, exactly. */
export type Value = Readonly<
	| {kind: 'finite'; negative: boolean; magnitude: bigint; exponent: number}
	| {kind: 'infinite'; negative: boolean}
	| {kind: 'nan'; signalling: boolean}
>
export type Finite = Extract<Value, {kind: 'finite'}>

export const bitLength = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length)
export const lowBits = (count: number): bigint => (1n << BigInt(count)) - 1n

const exponentBits = (format: FloatFormat): number => format.bits - 1 - format.fraction
export const signOf = (format: FloatFormat, negative: boolean): bigint =>
	negative ? 1n << BigInt(format.bits - 1) : 0n
export const infinity = (format: FloatFormat, negative: boolean): bigint =>
	signOf(format, negative) | (lowBits(exponentBits(format)) << BigInt(format.fraction))
const largestFinite = (format: FloatFormat, negative: boolean): bigint => infinity(format, negative) - 1n
export const canonicalNan = (format: FloatFormat): bigint =>
	infinity(format, false) | (1n << BigInt(format.fraction - 1))

export function unpack(format: FloatFormat, bits: bigint): Value {
	const negative = ((bits >> BigInt(format.bits - 1)) & 1n) === 1n
	const biased = (bits >> BigInt(format.fraction)) & lowBits(exponentBits(format))
	const fraction = bits & lowBits(format.fraction)
	if (biased === lowBits(exponentBits(format))) {
		if (fraction === 0n) return {kind: 'infinite', negative}
		return {kind: 'nan', signalling: ((fraction >> BigInt(format.fraction - 1)) & 1n) === 0n}
	}
	if (biased === 0n) return {kind: 'finite', negative, magnitude: fraction, exponent: format.minimum - format.fraction}
	const magnitude = fraction | (1n << BigInt(format.fraction))
	return {kind: 'finite', negative, magnitude, exponent: format.minimum - format.fraction + Number(biased) - 1}
}

/** Rounds magnitude × 2^shift to an integer. `sticky`: the exact value is a little above it. */
export function roundToInteger(options: {
	magnitude: bigint
	shift: number
	sticky: boolean
	negative: boolean
	rm: RoundingMode
}): {integer: bigint; inexact: boolean} {
	const {magnitude, shift, sticky, negative, rm} = options
	if (shift >= 0 && !sticky) return {integer: magnitude << BigInt(shift), inexact: false}
	// Two bits below the result: half, and sticky.
	const down = Math.max(-shift, 0)
	const doubled = (magnitude << 2n) | (sticky ? 1n : 0n)
	const scaled = shift > 0 ? doubled << BigInt(shift) : doubled
	const unit = 1n << BigInt(down + 2)
	const floor = scaled / unit
	const rest = scaled % unit
	const half = unit / 2n
	const up = {
		[RNE]: rest > half || (rest === half && (floor & 1n) === 1n),
		[RTZ]: false,
		[RDN]: negative && rest > 0n,
		[RUP]: !negative && rest > 0n,
		[RMM]: rest >= half,
	}[rm]
	return {integer: floor + (up ? 1n : 0n), inexact: rest > 0n}
}

/** Rounds an exact value, not 0, to the format. `sticky`: it is above the magnitude by less than one unit. */
export function round(
	format: FloatFormat,
	value: {negative: boolean; magnitude: bigint; exponent: number; sticky?: boolean},
	rm: RoundingMode,
): FloatResult {
	const {negative, magnitude, exponent, sticky = false} = value
	// Exponent of the leading bit in an unbounded range.
	const leading = bitLength(magnitude) - 1 + exponent
	const roundAt = (unitExponent: number) =>
		roundToInteger({magnitude, shift: exponent - unitExponent, sticky, negative, rm})
	const unit = Math.max(leading, format.minimum) - format.fraction
	const {integer, inexact} = roundAt(unit)
	let flags = inexact ? Flag.NX : 0

	// Tininess after rounding: is it below the smallest normal number when rounded as if the exponent had no lower bound?
	if (inexact && leading < format.minimum) {
		const unbounded = roundAt(leading - format.fraction).integer
		const tiny = bitLength(unbounded) - 1 + leading - format.fraction < format.minimum
		if (tiny) flags |= Flag.UF
	}

	const length = bitLength(integer)
	if (length === 0) return {value: signOf(format, negative), flags}
	const roundedLeading = length - 1 + unit
	if (roundedLeading > format.maximum) {
		const away = rm === RNE || rm === RMM || (rm === RUP && !negative) || (rm === RDN && negative)
		const bits = away ? infinity(format, negative) : largestFinite(format, negative)
		return {value: bits, flags: Flag.OF | Flag.NX}
	}
	if (length <= format.fraction) return {value: signOf(format, negative) | integer, flags}
	// A carry out of the significand leaves zeros below.
	const significand = integer >> BigInt(length - 1 - format.fraction)
	const biased = BigInt(roundedLeading - format.minimum + 1)
	const bits = signOf(format, negative) | (biased << BigInt(format.fraction)) | (significand & lowBits(format.fraction))
	return {value: bits, flags}
}
