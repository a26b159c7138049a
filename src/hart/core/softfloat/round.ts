/** Rounding: the one place where exact results become numbers of a format. */
import {inexact, overflow, raiseFlags, underflow} from './flags'
import {bias, fractionBits, infinity, largestFinite, signBit} from './format'
import {shiftRightJam} from './wide'

// Rounding modes as encoded in rm and frm.
export const nearestEven: i32 = 0
export const towardZero: i32 = 1
export const down: i32 = 2
export const up: i32 = 3
export const nearestMaxMagnitude: i32 = 4

/**
 * Whether a magnitude rounds up, away from zero.
 * @param kept the part before the rounding position; its lowest bit breaks ties. @param tail the part behind it, of
 * which `half` is one half.
 */
export function roundsAway(negative: bool, kept: u64, tail: u64, half: u64, rm: i32): bool {
	if (rm == nearestEven) return tail > half || (tail == half && (kept & 1) != 0)
	if (rm == towardZero) return false
	if (rm == down) return negative && tail != 0
	if (rm == up) return !negative && tail != 0
	return tail >= half
}

/** The sum of two numbers that cancel: +0, or −0 when rounding down. IEEE 754-2019, 6.3. */
export function cancelled<T>(rm: i32): T {
	return rm == down ? signBit<T>() : <T>0
}

function overflowed<T>(sign: T, rm: i32): T {
	raiseFlags(overflow | inexact)
	const finite = rm == towardZero || (rm == down && sign == 0) || (rm == up && sign != 0)
	return sign | (finite ? largestFinite<T>() : infinity<T>())
}

/**
 * Rounds ±significand × 2^(exponent − 63) and raises flags.
 * @param sign in its place. @param significand bit 63 set; bit 0 is also set if nonzero bits lie behind it.
 */
export function round<T>(sign: T, exponent: i32, significand: u64, rm: i32): T {
	const tailBits = 63 - fractionBits<T>()
	const tailMask = ((<u64>1) << tailBits) - 1
	const half = (<u64>1) << (tailBits - 1)
	const negative = sign != 0
	let field = exponent + bias<T>()
	let tiny = false
	if (field <= 0) {
		// Tininess is detected after rounding, with the exponent unbounded: just below the smallest normal number, rounding
		// may reach it.
		const kept = significand >> tailBits
		const carries = kept + 1 == (<u64>2) << fractionBits<T>()
		tiny = field < 0 || !carries || !roundsAway(negative, kept, significand & tailMask, half, rm)
		significand = shiftRightJam(significand, 1 - field)
		field = 1
	}
	let kept = significand >> tailBits
	const tail = significand & tailMask
	if (tail != 0 && roundsAway(negative, kept, tail, half, rm)) kept++
	// The leading bit of `kept`, and a carry out of it, add to the exponent field.
	const magnitude = ((<u64>(field - 1)) << fractionBits<T>()) + kept
	if (magnitude >= <u64>infinity<T>()) return overflowed<T>(sign, rm)
	if (tail != 0) raiseFlags(tiny ? underflow | inexact : inexact)
	return sign | <T>magnitude
}

/** The same as round(), for a nonzero significand that may have leading zeros. */
export function normalizeRound<T>(sign: T, exponent: i32, significand: u64, rm: i32): T {
	const shift = <i32>clz<u64>(significand)
	return round<T>(sign, exponent - shift, significand << shift, rm)
}
