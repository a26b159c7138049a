/**
 * The two interchange formats, as functions of the type that holds the bits: u32 is binary32, u64 is binary64.
 *
 * A finite nonzero number of either format, subnormal or not, unpacks to an exponent and a 64-bit significand whose bit
 * 63 is set: |value| = significand × 2^(exponent − 63).
 */
import {invalid, raiseFlags} from './flags'

export function fractionBits<T>(): i32 {
	return sizeof<T>() == 4 ? 23 : 52
}

export function bias<T>(): i32 {
	return sizeof<T>() == 4 ? 127 : 1023
}

export function signBit<T>(): T {
	return (<T>1) << (<T>(sizeof<T>() * 8 - 1))
}

export function fractionMask<T>(): T {
	return ((<T>1) << (<T>fractionBits<T>())) - 1
}

/** The fraction's top bit distinguishes quiet NaNs from signaling ones. */
export function quietBit<T>(): T {
	return (<T>1) << (<T>(fractionBits<T>() - 1))
}

/** Positive infinity: all bits of the exponent field set. */
export function infinity<T>(): T {
	return (signBit<T>() - 1) ^ fractionMask<T>()
}

export function largestFinite<T>(): T {
	return infinity<T>() - 1
}

/** The only NaN that RISC-V's operations return. */
export function canonicalNan<T>(): T {
	return infinity<T>() | quietBit<T>()
}

/** The sign, left in its place. */
export function signOf<T>(a: T): T {
	return a & signBit<T>()
}

export function magnitudeOf<T>(a: T): T {
	return a & (signBit<T>() - 1)
}

export function isNan<T>(a: T): bool {
	return magnitudeOf<T>(a) > infinity<T>()
}

export function isSignalingNan<T>(a: T): bool {
	return isNan<T>(a) && (a & quietBit<T>()) == 0
}

export function isInfinite<T>(a: T): bool {
	return magnitudeOf<T>(a) == infinity<T>()
}

export function isFinite<T>(a: T): bool {
	return magnitudeOf<T>(a) < infinity<T>()
}

export function isZero<T>(a: T): bool {
	return magnitudeOf<T>(a) == 0
}

/** @param a finite, not zero. @returns floor(log2 |a|). */
export function exponentOf<T>(a: T): i32 {
	const magnitude = magnitudeOf<T>(a)
	const field = <i32>(magnitude >> <T>fractionBits<T>())
	if (field != 0) return field - bias<T>()
	return 64 - bias<T>() - fractionBits<T>() - <i32>clz<u64>(<u64>magnitude)
}

/** @param a finite, not zero. @returns its significand, shifted until bit 63 is set. */
export function significandOf<T>(a: T): u64 {
	const magnitude = magnitudeOf<T>(a)
	const fraction = <u64>(a & fractionMask<T>())
	if (magnitude > fractionMask<T>()) return (fraction << (63 - fractionBits<T>())) | ((<u64>1) << 63)
	return fraction << clz<u64>(fraction)
}

/** The result of an invalid operation. */
export function invalidResult<T>(): T {
	raiseFlags(invalid)
	return canonicalNan<T>()
}

export function raiseIfSignaling<T>(a: T, b: T): void {
	if (isSignalingNan<T>(a) || isSignalingNan<T>(b)) raiseFlags(invalid)
}

/** The result of an operation with a NaN among its operands: signaling ones are invalid, quiet ones are not. */
export function nanResult<T>(a: T, b: T): T {
	raiseIfSignaling<T>(a, b)
	return canonicalNan<T>()
}
