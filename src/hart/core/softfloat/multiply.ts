/** Multiplication. */
import {exponentOf, infinity, invalidResult, isFinite, isNan, isZero, nanResult, significandOf, signOf} from './format'
import {normalizeRound} from './round'
import {multiplyHigh} from './wide'

function multiplySpecial<T>(a: T, b: T): T {
	if (isNan<T>(a) || isNan<T>(b)) return nanResult<T>(a, b)
	if (isZero<T>(a) || isZero<T>(b)) return invalidResult<T>()
	return signOf<T>(a ^ b) | infinity<T>()
}

function multiply<T>(a: T, b: T, rm: i32): T {
	if (!isFinite<T>(a) || !isFinite<T>(b)) return multiplySpecial<T>(a, b)
	const sign = signOf<T>(a ^ b)
	if (isZero<T>(a) || isZero<T>(b)) return sign
	const left = significandOf<T>(a)
	const right = significandOf<T>(b)
	// binary32 significands have 24 bits, so the product of the upper words is exact.
	const product = sizeof<T>() == 4 ? (left >> 32) * (right >> 32) : multiplyHigh(left, right) | <u64>(left * right != 0)
	return normalizeRound<T>(sign, exponentOf<T>(a) + exponentOf<T>(b) + 1, product, rm)
}

export function f32_mul(a: u32, b: u32, rm: i32): u32 {
	return multiply<u32>(a, b, rm)
}

export function f64_mul(a: u64, b: u64, rm: i32): u64 {
	return multiply<u64>(a, b, rm)
}
