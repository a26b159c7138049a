/** Conversions between binary32 and binary64. */
import {
	canonicalNan,
	exponentOf,
	infinity,
	isFinite,
	isNan,
	isZero,
	raiseIfSignaling,
	significandOf,
	signOf,
} from './format'
import {nearestEven, round} from './round'

function convert<From, To>(a: From, rm: i32): To {
	if (isNan<From>(a)) {
		raiseIfSignaling<From>(a, a)
		return canonicalNan<To>()
	}
	const sign: To = sizeof<To>() == 8 ? (<To>signOf<From>(a)) << (<To>32) : <To>(signOf<From>(a) >> <From>32)
	if (!isFinite<From>(a)) return sign | infinity<To>()
	if (isZero<From>(a)) return sign
	return round<To>(sign, exponentOf<From>(a), significandOf<From>(a), rm)
}

/** Exact: the rounding mode, which every conversion takes, does not matter. */
export function f32_to_f64(a: u32, _rm: i32): u64 {
	return convert<u32, u64>(a, nearestEven)
}

export function f64_to_f32(a: u64, rm: i32): u32 {
	return convert<u64, u32>(a, rm)
}
