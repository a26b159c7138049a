/** Conversions between numbers and integers. Unprivileged spec, "Domains of float-to-integer conversions". */
import {inexact, invalid, raiseFlags} from './flags'
import {exponentOf, isInfinite, isNan, isZero, signBit, significandOf, signOf} from './format'
import {normalizeRound, roundsAway} from './round'
import {shiftRightJam} from './wide'

/** A result out of range: the limit nearest to it, and for a NaN the upper one. */
function saturated<I>(negative: bool): I {
	raiseFlags(invalid)
	if (negative) return isSigned<I>() ? (<I>1) << (<I>(sizeof<I>() * 8 - 1)) : <I>0
	return <I>largest<I>()
}

function largest<I>(): u64 {
	return u64.MAX_VALUE >> (64 - <u64>(sizeof<I>() * 8) + u64(isSigned<I>()))
}

/** @param F the number's type. @param I the integer's. */
function toInteger<F, I>(a: F, rm: i32): I {
	if (isNan<F>(a)) return saturated<I>(false)
	const negative = signOf<F>(a) != 0
	if (isInfinite<F>(a)) return saturated<I>(negative)
	if (isZero<F>(a)) return <I>0
	const exponent = exponentOf<F>(a)
	if (exponent > 63) return saturated<I>(negative)

	const significand = significandOf<F>(a)
	let magnitude: u64 = exponent < 0 ? 0 : significand >> (63 - exponent)
	// The fraction, scaled by 2^64.
	let tail: u64 = 0
	if (exponent < 0) tail = shiftRightJam(significand, -1 - exponent)
	else if (exponent < 63) tail = significand << (exponent + 1)
	// With a tail, the magnitude is below 2^53: no carry out of 64 bits.
	if (tail != 0 && roundsAway(negative, magnitude, tail, (<u64>1) << 63, rm)) magnitude++
	const limit = negative ? (isSigned<I>() ? largest<I>() + 1 : 0) : largest<I>()
	if (magnitude > limit) return saturated<I>(negative)
	if (tail != 0) raiseFlags(inexact)
	return negative ? <I>(0 - magnitude) : <I>magnitude
}

function fromMagnitude<F>(sign: F, magnitude: u64, rm: i32): F {
	return magnitude == 0 ? <F>0 : normalizeRound<F>(sign, 63, magnitude, rm)
}

function fromSigned<F>(value: i64, rm: i32): F {
	return value < 0 ? fromMagnitude<F>(signBit<F>(), 0 - <u64>value, rm) : fromMagnitude<F>(<F>0, <u64>value, rm)
}

export function f32_to_i32(a: u32, rm: i32): i32 {
	return toInteger<u32, i32>(a, rm)
}

export function f32_to_u32(a: u32, rm: i32): u32 {
	return toInteger<u32, u32>(a, rm)
}

export function f32_to_i64(a: u32, rm: i32): i64 {
	return toInteger<u32, i64>(a, rm)
}

export function f32_to_u64(a: u32, rm: i32): u64 {
	return toInteger<u32, u64>(a, rm)
}

export function f64_to_i32(a: u64, rm: i32): i32 {
	return toInteger<u64, i32>(a, rm)
}

export function f64_to_u32(a: u64, rm: i32): u32 {
	return toInteger<u64, u32>(a, rm)
}

export function f64_to_i64(a: u64, rm: i32): i64 {
	return toInteger<u64, i64>(a, rm)
}

export function f64_to_u64(a: u64, rm: i32): u64 {
	return toInteger<u64, u64>(a, rm)
}

export function i32_to_f32(value: i32, rm: i32): u32 {
	return fromSigned<u32>(<i64>value, rm)
}

export function u32_to_f32(value: u32, rm: i32): u32 {
	return fromMagnitude<u32>(0, <u64>value, rm)
}

export function i64_to_f32(value: i64, rm: i32): u32 {
	return fromSigned<u32>(value, rm)
}

export function u64_to_f32(value: u64, rm: i32): u32 {
	return fromMagnitude<u32>(0, value, rm)
}

export function i32_to_f64(value: i32, rm: i32): u64 {
	return fromSigned<u64>(<i64>value, rm)
}

export function u32_to_f64(value: u32, rm: i32): u64 {
	return fromMagnitude<u64>(0, <u64>value, rm)
}

export function i64_to_f64(value: i64, rm: i32): u64 {
	return fromSigned<u64>(value, rm)
}

export function u64_to_f64(value: u64, rm: i32): u64 {
	return fromMagnitude<u64>(0, value, rm)
}
