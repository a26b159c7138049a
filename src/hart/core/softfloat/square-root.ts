/**
 * Square root, by doubling the digits of a root until there are enough.
 *
 * Let r be the root of v's upper half, rounded down, and b the bits of each half of the new root. Then
 * r × 2^b + floor((v − r² × 2^2b) / (2r × 2^b)) is the root of v or 1 more, if r ≥ 2^(b−1): its square exceeds v by
 * less than the quotient's square, which is less than 2^2b, and one step down takes off at least as much.
 */
import {exponentOf, invalidResult, isInfinite, isNan, isZero, nanResult, significandOf, signOf} from './format'
import {round} from './round'
import {multiplyHigh} from './wide'

/** @param value of 4 × half bits, one of its upper two set. @param upperRoot the root of its upper half. */
function extendRoot(value: u64, upperRoot: u64, half: i32): u64 {
	const rest = value - ((upperRoot * upperRoot) << (2 * half))
	// A digit of 2^half, one too large, could carry out of the word.
	const digit = min<u64>((rest >> (half + 1)) / upperRoot, ((<u64>1) << half) - 1)
	const root = (upperRoot << half) + digit
	return root * root > value ? root - 1 : root
}

/** floor(sqrt(value)). @param value bit 63 or bit 62 set. */
function root32(value: u64): u64 {
	const root2: u64 = value >> 60 < 9 ? 2 : 3
	const root4 = extendRoot(value >> 56, root2, 2)
	const root8 = extendRoot(value >> 48, root4, 4)
	const root16 = extendRoot(value >> 32, root8, 8)
	return extendRoot(value, root16, 16)
}

/** floor(sqrt(value × 2^64)), jammed. @param value bit 63 or bit 62 set. */
function root64(value: u64): u64 {
	const upper = root32(value)
	// At most 2 × upper, so shifting it by 31 loses nothing.
	const rest = value - upper * upper
	const digit = min<u64>((rest << 31) / upper, 0xffffffff)
	const root = (upper << 32) + digit
	const high = multiplyHigh(root, root)
	const low = root * root
	if (high == value && low == 0) return root
	return (high < value ? root : root - 1) | 1
}

function squareRoot<T>(a: T, rm: i32): T {
	if (isNan<T>(a)) return nanResult<T>(a, a)
	if (isZero<T>(a)) return a
	if (signOf<T>(a) != 0) return invalidResult<T>()
	if (isInfinite<T>(a)) return a
	const exponent = exponentOf<T>(a)
	// |a| = value × 2^(2 × (exponent >> 1) − 62), with an even exponent.
	const value = significandOf<T>(a) >> (1 - (exponent & 1))
	if (sizeof<T>() == 8) return round<T>(<T>0, exponent >> 1, root64(value), rm)
	const root = root32(value)
	return round<T>(<T>0, exponent >> 1, (root << 32) | <u64>(root * root != value), rm)
}

export function f32_sqrt(a: u32, rm: i32): u32 {
	return squareRoot<u32>(a, rm)
}

export function f64_sqrt(a: u64, rm: i32): u64 {
	return squareRoot<u64>(a, rm)
}
