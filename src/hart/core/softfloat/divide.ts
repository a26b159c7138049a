/** Division. */
import {divideByZero, raiseFlags} from './flags'
import {
	exponentOf,
	infinity,
	invalidResult,
	isFinite,
	isInfinite,
	isNan,
	isZero,
	nanResult,
	significandOf,
	signOf,
} from './format'
import {round} from './round'
import {quotientDigit} from './wide'

function divideSpecial<T>(a: T, b: T): T {
	if (isNan<T>(a) || isNan<T>(b)) return nanResult<T>(a, b)
	if (isInfinite<T>(b)) return isInfinite<T>(a) ? invalidResult<T>() : signOf<T>(a ^ b)
	return signOf<T>(a ^ b) | infinity<T>()
}

function divideZero<T>(a: T, b: T): T {
	const sign = signOf<T>(a ^ b)
	if (!isZero<T>(b)) return sign
	if (isZero<T>(a)) return invalidResult<T>()
	raiseFlags(divideByZero)
	return sign | infinity<T>()
}

/**
 * floor(dividend × 2^64 / divisor), jammed; for binary32, 32 bits of it suffice.
 * @param dividend less than the divisor, at least half of it.
 */
function quotient<T>(dividend: u64, divisor: u64): u64 {
	const high = quotientDigit(dividend, divisor)
	// Modulo 2^64; the true remainder is less than the divisor.
	const middle = (dividend << 32) - high * divisor
	if (sizeof<T>() == 4) return (high << 32) | <u64>(middle != 0)
	const low = quotientDigit(middle, divisor)
	return (high << 32) | low | <u64>((middle << 32) - low * divisor != 0)
}

function divide<T>(a: T, b: T, rm: i32): T {
	if (!isFinite<T>(a) || !isFinite<T>(b)) return divideSpecial<T>(a, b)
	if (isZero<T>(a) || isZero<T>(b)) return divideZero<T>(a, b)
	const sign = signOf<T>(a ^ b)
	const exponent = exponentOf<T>(a) - exponentOf<T>(b)
	const dividend = significandOf<T>(a)
	const divisor = significandOf<T>(b)
	if (dividend < divisor) return round<T>(sign, exponent - 1, quotient<T>(dividend, divisor), rm)
	return round<T>(sign, exponent, quotient<T>(dividend >> 1, divisor), rm)
}

export function f32_div(a: u32, b: u32, rm: i32): u32 {
	return divide<u32>(a, b, rm)
}

export function f64_div(a: u64, b: u64, rm: i32): u64 {
	return divide<u64>(a, b, rm)
}
