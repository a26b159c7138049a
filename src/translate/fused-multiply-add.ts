/** a × b + c, rounded once. WebAssembly's only instruction for it, relaxed_madd, need not be fused. */
import {type Code, type FunctionReference, type Local, ModuleBuilder} from '../wasm/index.ts'

/**
 * exact: wider arithmetic and error-free transformations, correct on every host.
 * relaxed: the relaxed SIMD instruction, fused only on hosts with FMA3 or NEON: provesFusedMultiplyAdd() decides.
 */
export type FusedMultiplyAdd = 'exact' | 'relaxed'

/** With factors between 2^-exponentLimit and 2^exponentLimit, no part of the product over- or underflows. */
const exponentLimit = 400

/**
 * Defines `(a, b, c) → a × b + c` of binary64, or NaN where it cannot tell: unusual exponents, and sums that are ties.
 * A result that is subnormal, zero or infinite may be wrong.
 */
export function defineExactFusedMultiplyAdd(module: ModuleBuilder): FunctionReference {
	return module.function('fusedMultiplyAdd', {parameters: ['f64', 'f64', 'f64'], results: ['f64']}, emitExact)
}

// if a or b is out of range: return a or b is 0 ? a × b + c : NaN
// product + low = a × b        exactly: Dekker's product of Veltkamp's halves
// sum + error = product + c    exactly: Knuth's TwoSum
// tail = RN(error + low)       |tail| ≤ 1.5 ulp(sum), and if sum cancelled, then error = 0 and tail is exact
// result = RN(sum + tail), rest = sum + tail − result, exactly: Dekker's FastTwoSum
//
// Where tail is inexact, the points halfway between results lie, seen from sum, at multiples of ulp(sum) / 4, which are
// possible values of tail. Rounding is monotonic: tail lies on the same side of such a point as error + low, or on it.
// So the result is correct unless sum + tail is a tie. Making rest a little larger detects a tie.
function emitExact(code: Code): void {
	const [a, b, c] = [code.parameter(0, 'a'), code.parameter(1, 'b'), code.parameter(2, 'c')]
	const f64 = (name: string): Local => code.local('f64', name)
	const product = f64('product')
	code.get(a).get(b).op('f64.mul').set(product)
	pushInRange(code, a)
	pushInRange(code, b)
	code.op('i32.and', 'i32.eqz').if(undefined, () => {
		code.get(product).get(c).op('f64.add').f64(Number.NaN)
		code.get(a).f64(0).op('f64.eq').get(b).f64(0).op('f64.eq', 'i32.or')
		code.op('select', 'return')
	})
	const [aHigh, aLow, bHigh, bLow] = [f64('aHigh'), f64('aLow'), f64('bHigh'), f64('bLow')]
	emitSplit(code, {value: a, high: aHigh, low: aLow})
	emitSplit(code, {value: b, high: bHigh, low: bLow})
	const [sum, error, added, tail, result] = [f64('sum'), f64('error'), f64('added'), f64('tail'), f64('result')]
	// low = aLow·bLow − (((product − aHigh·bHigh) − aLow·bHigh) − aHigh·bLow)
	const times = (left: Local, right: Local) => code.get(left).get(right).op('f64.mul')
	times(aLow, bLow)
	code.get(product)
	times(aHigh, bHigh)
	code.op('f64.sub')
	times(aLow, bHigh)
	code.op('f64.sub')
	times(aHigh, bLow)
	code.op('f64.sub', 'f64.sub')
	// added = sum − product; error = (product − (sum − added)) + (c − added)
	code.get(product).get(c).op('f64.add').tee(sum).get(product).op('f64.sub').set(added)
	code.get(product).get(sum).get(added).op('f64.sub', 'f64.sub')
	code.get(c).get(added).op('f64.sub', 'f64.add').tee(error)
	code.op('f64.add').set(tail)
	// rest = tail − (result − sum)
	code.get(sum).get(tail).op('f64.add').tee(result)
	code.f64(Number.NaN)
	code.get(result).get(tail).get(result).get(sum).op('f64.sub', 'f64.sub')
	code
		.f64(1 + 2 ** -50)
		.op('f64.mul', 'f64.add')
		.get(result)
		.op('f64.eq', 'select')
}

/** Pushes whether 2^-limit ≤ |value| < 2^limit. */
function pushInRange(code: Code, value: Local): void {
	const field = (exponent: number) => (1023 + exponent) << 20
	code.get(value).op('f64.abs', 'i64.reinterpret_f64').i64(32n).op('i64.shr_u', 'i32.wrap_i64')
	code
		.i32(field(-exponentLimit))
		.op('i32.sub')
		.i32(field(exponentLimit) - field(-exponentLimit))
	code.op('i32.lt_u')
}

/** Veltkamp: value = high + low, of 26 bits each, sign included. */
function emitSplit(code: Code, {value, high, low}: {value: Local; high: Local; low: Local}): void {
	// scaled = (2^27 + 1) × value; high = scaled − (scaled − value); low = value − high
	code
		.f64(2 ** 27 + 1)
		.get(value)
		.op('f64.mul')
		.tee(high)
	code.get(high).get(value).op('f64.sub', 'f64.sub').set(high)
	code.get(value).get(high).op('f64.sub').set(low)
}

/**
 * Leaves a × b + c, by the relaxed SIMD instruction on vectors whose lanes are equal.
 * @param push pushes the operands.
 */
export function emitRelaxedFusedMultiplyAdd(
	code: Code,
	{format, push}: {format: 'f32' | 'f64'; push: readonly (() => void)[]},
): void {
	const lanes = format === 'f32' ? 'f32x4' : 'f64x2'
	for (const operand of push) {
		operand()
		code.op(`${lanes}.splat`)
	}
	code.op(`${lanes}.relaxed_madd`, `${lanes}.extract_lane 0`)
}

type FusedCase = Readonly<{operands: readonly [number, number, number]; expected: number}>

const significands = {
	f32: {bits: 24n, range: 32, round: (product: bigint) => Math.fround(Number(product))},
	f64: {bits: 53n, range: 320, round: Number},
} as const

/**
 * Cases that only a fused operation gets right: c is the negated rounded product, so the result is the rounding error.
 */
function* fusedCases(format: 'f32' | 'f64'): Generator<FusedCase> {
	const {bits, range, round} = significands[format]
	let state = 0x9e3779b97f4a7c15n
	const significand = () => {
		// xorshift64: any odd numbers of full length will do.
		state ^= BigInt.asUintN(64, state << 13n)
		state ^= state >> 7n
		state ^= BigInt.asUintN(64, state << 17n)
		return (state >> (64n - bits)) | (1n << (bits - 1n)) | 1n
	}
	for (let exponent = -range; exponent < range; exponent += range / 80) {
		const [a, b] = [significand(), significand()]
		const rounded = round(a * b)
		const expected = Number(a * b - BigInt(rounded))
		const [left, right] = [2 ** Math.floor(exponent), 2 ** -Math.floor(exponent / 2)]
		for (const sign of [1, -1])
			yield {
				operands: [sign * Number(a) * left, Number(b) * right, -sign * rounded * left * right],
				expected: sign * expected * left * right,
			}
	}
}

/** Per case, in the proof: about a million in all. */
const iterations = 3000

/**
 * Whether `fusedMultiplyAdd: 'relaxed'` may be used on this host.
 *
 * Proved: 320 products of odd significands of full length in either format, at exponents throughout the range, lose
 * nothing, in code that the engine compiled here. They are repeated a million times and then once more: V8 has
 * recompiled the loop with its optimising compiler by then, though nothing says when.
 * Assumed: the engine chooses the instruction by the processor's features, the same at every place in every thread.
 */
export function provesFusedMultiplyAdd(): boolean {
	return (['f32', 'f64'] as const).every((format) => {
		const cases = [...fusedCases(format)]
		const module = new ModuleBuilder({name: 'provesFusedMultiplyAdd'})
		const signature = {parameters: [format, format, format, 'i32'], results: [format]} as const
		module.function('run', signature, (code) => emitRepeated(code, format), {exported: true})
		const bytes = module.toBytes()
		if (!WebAssembly.validate(bytes)) return false
		const {exports} = new WebAssembly.Instance(new WebAssembly.Module(bytes))
		const {run} = exports as {run(a: number, b: number, c: number, count: number): number}
		const agree = (count: number) => cases.every(({operands, expected}) => run(...operands, count) === expected)
		return agree(1) && agree(iterations) && agree(iterations)
	})
}

// do result = a × b + c; while (--count != 0); return result
function emitRepeated(code: Code, format: 'f32' | 'f64'): void {
	const [count, result] = [code.parameter(3), code.local(format)]
	const push = [0, 1, 2].map((index) => () => code.get(code.parameter(index)))
	code.loop('again', (again) => {
		emitRelaxedFusedMultiplyAdd(code, {format, push})
		code.set(result).get(count).i32(1).op('i32.sub').tee(count).brIf(again)
	})
	code.get(result)
}
