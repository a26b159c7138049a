/**
 * Shifts, products and quotients beyond 64 bits. If nonzero bits are lost, the lowest bit that is left is set
 * ("jamming"), which rounds the same.
 */

/** @param distance not negative. */
export function shiftRightJam(value: u64, distance: i32): u64 {
	if (distance == 0) return value
	if (distance > 63) return <u64>(value != 0)
	return (value >> distance) | <u64>(value << (64 - distance) != 0)
}

/** The upper word of (high, low) >> distance. */
export function shiftRightHigh(high: u64, distance: i32): u64 {
	return distance > 63 ? 0 : high >> distance
}

/** The lower word of (high, low) >> distance, jammed. */
export function shiftRightLowJam(high: u64, low: u64, distance: i32): u64 {
	if (distance == 0) return low
	if (distance > 63) return shiftRightJam(high, distance - 64) | <u64>(low != 0)
	return (high << (64 - distance)) | shiftRightJam(low, distance)
}

/** The upper word of the 128-bit product; the lower one is a * b. */
export function multiplyHigh(a: u64, b: u64): u64 {
	const aLow = a & 0xffffffff
	const bLow = b & 0xffffffff
	const aHigh = a >> 32
	const bHigh = b >> 32
	const middle = aHigh * bLow + ((aLow * bLow) >> 32)
	const otherMiddle = aLow * bHigh + (middle & 0xffffffff)
	return aHigh * bHigh + (middle >> 32) + (otherMiddle >> 32)
}

/**
 * One 32-bit digit of a quotient: floor(remainder × 2^32 / divisor).
 * @param remainder less than the divisor. @param divisor bit 63 set.
 */
export function quotientDigit(remainder: u64, divisor: u64): u64 {
	const divisorHigh = divisor >> 32
	const divisorLow = divisor & 0xffffffff
	// The divisor's upper half alone gives a digit that is at most 2 too large, because bit 63 is set.
	let digit = remainder / divisorHigh
	let rest = remainder - digit * divisorHigh
	// Too large while digit × divisor > remainder × 2^32; with rest from 2^32 on it cannot be.
	while (rest <= 0xffffffff && digit * divisorLow > rest << 32) {
		digit--
		rest += divisorHigh
	}
	return digit
}
