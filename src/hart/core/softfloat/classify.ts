/**
 * The class of a number, as one bit of ten. Unprivileged spec, "Single-Precision Floating-Point Classify Instruction".
 */
import {fractionMask, isInfinite, isNan, isSignalingNan, isZero, magnitudeOf, signOf} from './format'

function classify<T>(a: T): i32 {
	if (isNan<T>(a)) return isSignalingNan<T>(a) ? 1 << 8 : 1 << 9
	const negative = signOf<T>(a) != 0
	if (isInfinite<T>(a)) return negative ? 1 << 0 : 1 << 7
	if (isZero<T>(a)) return negative ? 1 << 3 : 1 << 4
	if (magnitudeOf<T>(a) <= fractionMask<T>()) return negative ? 1 << 2 : 1 << 5
	return negative ? 1 << 1 : 1 << 6
}

export function f32_class(a: u32): i32 {
	return classify<u32>(a)
}

export function f64_class(a: u64): i32 {
	return classify<u64>(a)
}
