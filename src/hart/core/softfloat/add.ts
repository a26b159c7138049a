/** Addition and subtraction. */
import {
	exponentOf,
	invalidResult,
	isFinite,
	isInfinite,
	isNan,
	isZero,
	magnitudeOf,
	nanResult,
	signBit,
	significandOf,
	signOf,
} from './format'
import {cancelled, normalizeRound} from './round'
import {shiftRightJam} from './wide'

/** At least one operand is an infinity or a NaN. */
function addSpecial<T>(a: T, b: T): T {
	if (isNan<T>(a) || isNan<T>(b)) return nanResult<T>(a, b)
	if (isInfinite<T>(a) && isInfinite<T>(b) && a != b) return invalidResult<T>()
	return isInfinite<T>(a) ? a : b
}

function add<T>(a: T, b: T, rm: i32): T {
	if (!isFinite<T>(a) || !isFinite<T>(b)) return addSpecial<T>(a, b)
	const swap = magnitudeOf<T>(a) < magnitudeOf<T>(b)
	const larger = swap ? b : a
	const smaller = swap ? a : b
	const subtracts = signOf<T>(a) != signOf<T>(b)
	if (isZero<T>(smaller)) return isZero<T>(larger) && subtracts ? cancelled<T>(rm) : larger
	const exponent = exponentOf<T>(larger)
	// One bit of room for the carry. At least ten bits lie behind the last place, so a jammed bit never reaches the
	// rounding position: if the exponents differ by more than 1, at most one leading bit cancels.
	const augend = significandOf<T>(larger) >> 1
	const addend = shiftRightJam(significandOf<T>(smaller) >> 1, exponent - exponentOf<T>(smaller))
	const sum = subtracts ? augend - addend : augend + addend
	if (sum == 0) return cancelled<T>(rm)
	return normalizeRound<T>(signOf<T>(larger), exponent + 1, sum, rm)
}

function subtract<T>(a: T, b: T, rm: i32): T {
	// A NaN's sign does not matter.
	return add<T>(a, b ^ signBit<T>(), rm)
}

export function f32_add(a: u32, b: u32, rm: i32): u32 {
	return add<u32>(a, b, rm)
}

export function f32_sub(a: u32, b: u32, rm: i32): u32 {
	return subtract<u32>(a, b, rm)
}

export function f64_add(a: u64, b: u64, rm: i32): u64 {
	return add<u64>(a, b, rm)
}

export function f64_sub(a: u64, b: u64, rm: i32): u64 {
	return subtract<u64>(a, b, rm)
}
