/** Fused multiply-add: a × b + c, rounded once. */
import {invalid, raiseFlags} from './flags'
import {
	canonicalNan,
	exponentOf,
	infinity,
	invalidResult,
	isFinite,
	isInfinite,
	isNan,
	isSignalingNan,
	isZero,
	nanResult,
	significandOf,
	signOf,
} from './format'
import {cancelled, normalizeRound, round} from './round'
import {multiplyHigh, shiftRightHigh, shiftRightLowJam} from './wide'

/** At least one operand is an infinity or a NaN. */
function fusedSpecial<T>(a: T, b: T, c: T): T {
	// RISC-V: invalid even if c is a quiet NaN.
	if ((isInfinite<T>(a) && isZero<T>(b)) || (isZero<T>(a) && isInfinite<T>(b))) return invalidResult<T>()
	if (isSignalingNan<T>(c)) raiseFlags(invalid)
	if (isNan<T>(a) || isNan<T>(b)) return nanResult<T>(a, b)
	if (isNan<T>(c)) return canonicalNan<T>()
	const sign = signOf<T>(a ^ b)
	if (isFinite<T>(a) && isFinite<T>(b)) return c
	if (isInfinite<T>(c) && signOf<T>(c) != sign) return invalidResult<T>()
	return sign | infinity<T>()
}

/**
 * The larger magnitude minus or plus the smaller one, as 128-bit words; both have bit 127 clear. `exponent` belongs to
 * bit 127.
 */
function combine<T>(
	sign: T,
	subtracts: bool,
	exponent: i32,
	high: u64,
	low: u64,
	smallerHigh: u64,
	smallerLow: u64,
	rm: i32,
): T {
	let sumLow: u64
	let sumHigh: u64
	if (subtracts) {
		sumLow = low - smallerLow
		sumHigh = high - smallerHigh - <u64>(low < smallerLow)
	} else {
		sumLow = low + smallerLow
		sumHigh = high + smallerHigh + <u64>(sumLow < low)
	}
	if (sumHigh == 0) {
		if (sumLow == 0) return cancelled<T>(rm)
		return normalizeRound<T>(sign, exponent - 64, sumLow, rm)
	}
	const shift = <i32>clz<u64>(sumHigh)
	const lost = sumLow << shift
	const carried = shift == 0 ? 0 : sumLow >> (64 - shift)
	return round<T>(sign, exponent - shift, (sumHigh << shift) | carried | <u64>(lost != 0), rm)
}

function multiplyAdd<T>(a: T, b: T, c: T, rm: i32): T {
	if (!isFinite<T>(a) || !isFinite<T>(b) || !isFinite<T>(c)) return fusedSpecial<T>(a, b, c)
	const sign = signOf<T>(a ^ b)
	const subtracts = sign != signOf<T>(c)
	if (isZero<T>(a) || isZero<T>(b)) return isZero<T>(c) && subtracts ? cancelled<T>(rm) : isZero<T>(c) ? sign : c

	// The exact product, at most 106 bits, with bit 127 set.
	const left = significandOf<T>(a)
	const right = significandOf<T>(b)
	let high = sizeof<T>() == 4 ? (left >> 32) * (right >> 32) : multiplyHigh(left, right)
	let low: u64 = sizeof<T>() == 4 ? 0 : left * right
	let exponent = exponentOf<T>(a) + exponentOf<T>(b) + 1
	if (high >> 63 == 0) {
		high = (high << 1) | (low >> 63)
		low <<= 1
		exponent--
	}
	if (isZero<T>(c)) return round<T>(sign, exponent, high | <u64>(low != 0), rm)

	// One bit of room for the carry: the product's lowest 22 bits are 0, and the addend fills the upper word alone.
	low = (low >> 1) | (high << 63)
	high >>= 1
	const addend = significandOf<T>(c) >> 1
	const distance = exponent - exponentOf<T>(c)
	if (distance > 0 || (distance == 0 && high >= addend)) {
		const shiftedHigh = shiftRightHigh(addend, distance)
		const shiftedLow = shiftRightLowJam(addend, 0, distance)
		return combine<T>(sign, subtracts, exponent + 1, high, low, shiftedHigh, shiftedLow, rm)
	}
	const shiftedHigh = shiftRightHigh(high, -distance)
	const shiftedLow = shiftRightLowJam(high, low, -distance)
	return combine<T>(signOf<T>(c), subtracts, exponent - distance + 1, addend, 0, shiftedHigh, shiftedLow, rm)
}

export function f32_fma(a: u32, b: u32, c: u32, rm: i32): u32 {
	return multiplyAdd<u32>(a, b, c, rm)
}

export function f64_fma(a: u64, b: u64, c: u64, rm: i32): u64 {
	return multiplyAdd<u64>(a, b, c, rm)
}
