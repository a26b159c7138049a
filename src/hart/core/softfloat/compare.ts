/** Comparisons, minimum and maximum. */
import {invalid, raiseFlags} from './flags'
import {canonicalNan, isNan, isZero, raiseIfSignaling, signOf} from './format'

/** Whether a comes before b in the order of encodings, in which −0 comes before +0. Neither is a NaN. */
function precedes<T>(a: T, b: T): bool {
	if (signOf<T>(a) != signOf<T>(b)) return signOf<T>(a) != 0
	return signOf<T>(a) != 0 ? a > b : a < b
}

/** Quiet: only signaling NaNs are invalid. */
function equal<T>(a: T, b: T): u32 {
	if (isNan<T>(a) || isNan<T>(b)) {
		raiseIfSignaling<T>(a, b)
		return 0
	}
	return u32(a == b || (isZero<T>(a) && isZero<T>(b)))
}

/** Signaling: any NaN is invalid. */
function unordered<T>(a: T, b: T): bool {
	if (!isNan<T>(a) && !isNan<T>(b)) return false
	raiseFlags(invalid)
	return true
}

function less<T>(a: T, b: T): u32 {
	if (unordered<T>(a, b)) return 0
	return u32(precedes<T>(a, b) && !(isZero<T>(a) && isZero<T>(b)))
}

function lessOrEqual<T>(a: T, b: T): u32 {
	if (unordered<T>(a, b)) return 0
	return u32(!precedes<T>(b, a) || (isZero<T>(a) && isZero<T>(b)))
}

/** The operand that is a number, if the other is a NaN. IEEE 754-2019, 9.6: minimumNumber and maximumNumber. */
function numberOf<T>(a: T, b: T): T {
	raiseIfSignaling<T>(a, b)
	if (!isNan<T>(a)) return a
	return isNan<T>(b) ? canonicalNan<T>() : b
}

function minimum<T>(a: T, b: T): T {
	if (isNan<T>(a) || isNan<T>(b)) return numberOf<T>(a, b)
	return precedes<T>(b, a) ? b : a
}

function maximum<T>(a: T, b: T): T {
	if (isNan<T>(a) || isNan<T>(b)) return numberOf<T>(a, b)
	return precedes<T>(a, b) ? b : a
}

export function f32_min(a: u32, b: u32): u32 {
	return minimum<u32>(a, b)
}

export function f32_max(a: u32, b: u32): u32 {
	return maximum<u32>(a, b)
}

export function f32_eq(a: u32, b: u32): u32 {
	return equal<u32>(a, b)
}

export function f32_lt(a: u32, b: u32): u32 {
	return less<u32>(a, b)
}

export function f32_le(a: u32, b: u32): u32 {
	return lessOrEqual<u32>(a, b)
}

export function f64_min(a: u64, b: u64): u64 {
	return minimum<u64>(a, b)
}

export function f64_max(a: u64, b: u64): u64 {
	return maximum<u64>(a, b)
}

export function f64_eq(a: u64, b: u64): u32 {
	return equal<u64>(a, b)
}

export function f64_lt(a: u64, b: u64): u32 {
	return less<u64>(a, b)
}

export function f64_le(a: u64, b: u64): u32 {
	return lessOrEqual<u64>(a, b)
}
