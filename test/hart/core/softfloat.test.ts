/**
 * The hart core's floating-point functions against exact arithmetic, against the host's, and against the manual's
 * tables.
 */
import test, {type ExecutionContext} from 'ava'
import {oracle} from '../../../src/isa/oracle/evaluate-float.ts'
import {canonicalNan, Flag, type FloatResult} from '../../../src/isa/oracle/float-value.ts'
import {floatBits, floatValue, formatOf, Random, randomOperands, specials} from './float-operands.ts'
import {compute, fflags, hart, signatures} from './softfloat.ts'

const {NX, UF, OF, DZ, NV} = Flag
const [RNE, RTZ, RDN, RUP, RMM] = [0, 1, 2, 3, 4]
const roundingModes = [RNE, RTZ, RDN, RUP, RMM]

const seed = Number(process.env.SOFTFLOAT_SEED ?? Math.floor(Math.random() * 2 ** 32))
const randomCases = Number(process.env.SOFTFLOAT_CASES ?? 2500)

const describe = (name: string, operands: readonly bigint[], rm: number) =>
	`${name}(${operands.map((bits) => `0x${bits.toString(16)}`).join(', ')}), rounding mode ${rm}`
const show = ({value, flags}: FloatResult) => `0x${value.toString(16)} flags ${flags.toString(2).padStart(5, '0')}`

const exactly = (name: string, operands: readonly bigint[], rm: number) => oracle[name]!(...operands, BigInt(rm))

/** Compares before asserting: an assertion per case would cost more than the arithmetic. */
function check(t: ExecutionContext, name: string, operands: readonly bigint[], rm: number): void {
	const actual = compute(name, operands, rm)
	const expected = exactly(name, operands, rm)
	if (actual.value !== expected.value || actual.flags !== expected.flags)
		t.fail(`${describe(name, operands, rm)}: expected ${show(expected)}, got ${show(actual)}`)
}

function* tuples(values: readonly bigint[], count: number): Generator<bigint[]> {
	if (count === 0) yield []
	else for (const rest of tuples(values, count - 1)) for (const value of values) yield [value, ...rest]
}

const modesOf = (name: string): readonly number[] => (signatures.get(name)!.rounds ? roundingModes : [0])

for (const [name, {operands, result}] of signatures) {
	test(`${name} is exact for all combinations of special values`, (t) => {
		const toInteger = name.includes('_to_') && !result.startsWith('f')
		// Three operands have many combinations: every second value of one sign only.
		const values = specials(operands[0]!, toInteger).filter((_, index) => operands.length < 3 || index % 4 < 3)
		let cases = 0
		for (const tuple of tuples(values, operands.length))
			for (const rm of modesOf(name)) {
				check(t, name, tuple, rm)
				cases++
			}
		t.log(`${cases} cases`)
		t.pass()
	})

	test(`${name} is exact for random operands`, (t) => {
		t.log(`seed ${seed}`)
		const random = new Random(seed ^ floatHash(name))
		for (let count = 0; count < randomCases; count++) {
			const tuple = randomOperands(name, random).slice(0, operands.length)
			check(t, name, tuple, signatures.get(name)!.rounds ? random.below(5) : 0)
		}
		t.log(`${randomCases} cases`)
		t.pass()
	})
}

/** Gives each function operands of its own from one seed. */
function floatHash(name: string): number {
	return [...name].reduce((hash, character) => Math.imul(hash, 31) + character.charCodeAt(0), 7)
}

const hostBinary: Record<string, (a: number, b: number) => number> = {
	add: (a, b) => a + b,
	sub: (a, b) => a - b,
	mul: (a, b) => a * b,
	div: (a, b) => a / b,
	sqrt: (a) => Math.sqrt(a),
}
for (const type of ['f32', 'f64'] as const) {
	for (const [operation, host] of Object.entries(hostBinary)) {
		const name = `${type}_${operation}`
		test(`${name} agrees with the host when rounding to nearest even`, (t) => {
			t.log(`seed ${seed}`)
			const random = new Random(seed)
			const format = formatOf(type)
			for (let count = 0; count < 4 * randomCases; count++) {
				const operands = randomOperands(name, random)
				const [a, b] = operands.map((bits) => floatValue(bits, format)) as [number, number]
				// binary64 has more than twice the precision of binary32, so that rounding twice does no harm.
				const expected = host(a, b)
				const {value: bits} = compute(name, operands, RNE)
				const agrees = bits === (Number.isNaN(expected) ? canonicalNan(format) : floatBits(expected, format))
				if (!agrees) t.fail(`${describe(name, operands, 0)}: expected ${expected}, got 0x${bits.toString(16)}`)
			}
			t.log(`${4 * randomCases} cases`)
			t.pass()
		})
	}
}

test('conversions agree with the host', (t) => {
	t.log(`seed ${seed}`)
	const random = new Random(seed)
	const f64 = formatOf('f64')
	const f32 = formatOf('f32')
	const expectBits = (name: string, operand: bigint, rm: number, expected: bigint) => {
		const {value: bits} = compute(name, [operand], rm)
		if (bits !== expected)
			t.fail(`${describe(name, [operand], rm)}: expected 0x${expected.toString(16)}, got 0x${bits.toString(16)}`)
	}
	for (let count = 0; count < 4 * randomCases; count++) {
		const integer = random.bits(64) >> BigInt(random.below(64))
		expectBits('u64_to_f64', integer, RNE, floatBits(Number(integer), f64))
		expectBits('i64_to_f64', integer, RNE, floatBits(Number(BigInt.asIntN(64, integer)), f64))
		const [bits] = randomOperands('f64_to_i32', random) as [bigint]
		const value = floatValue(bits, f64)
		if (Number.isNaN(value)) continue
		expectBits('f64_to_f32', bits, RNE, floatBits(value, f32))
		const whole = BigInt(Number.isFinite(value) ? Math.trunc(value) : Math.sign(value) * 2 ** 70)
		const clamped = whole < -(2n ** 31n) ? -(2n ** 31n) : whole >= 2n ** 31n ? 2n ** 31n - 1n : whole
		expectBits('f64_to_i32', bits, RTZ, BigInt.asUintN(32, clamped))
	}
	t.pass()
})

const vectors = test.macro<[rows: [name: string, operands: bigint[], rm: number, value: bigint, flags: number][]]>(
	(t, rows) => {
		for (const [name, operands, rm, value, flags] of rows) {
			t.is(show(compute(name, operands, rm)), show({value, flags}), describe(name, operands, rm))
			t.is(show(exactly(name, operands, rm)), show({value, flags}), `the oracle's ${describe(name, operands, rm)}`)
		}
	},
)

test('NaN results are canonical, and only signaling NaNs are invalid', vectors, [
	['f32_add', [0xffc12345n, 0x3f800000n], RNE, 0x7fc00000n, 0],
	['f32_add', [0x7f800001n, 0x3f800000n], RNE, 0x7fc00000n, NV],
	['f64_mul', [0x7ff0000000000001n, 0n], RNE, 0x7ff8000000000000n, NV],
	['f64_to_f32', [0xfff8000000000123n], RNE, 0x7fc00000n, 0],
	['f32_to_f64', [0xffa00000n], RNE, 0x7ff8000000000000n, NV],
	['f32_sqrt', [0xbf800000n], RNE, 0x7fc00000n, NV],
])
test('a fused infinity times zero is invalid even when a quiet NaN is added', vectors, [
	['f32_fma', [0x7f800000n, 0n, 0x7fc00000n], RNE, 0x7fc00000n, NV],
	['f64_fma', [0x8000000000000000n, 0x7ff0000000000000n, 0x7ff8000000000000n], RNE, 0x7ff8000000000000n, NV],
	['f64_fma', [0x3ff0000000000000n, 0x7ff0000000000000n, 0xfff0000000000000n], RNE, 0x7ff8000000000000n, NV],
])
test('min and max order the zeros and prefer a number to any NaN', vectors, [
	['f32_min', [0n, 0x80000000n], 0, 0x80000000n, 0],
	['f32_max', [0x80000000n, 0n], 0, 0n, 0],
	['f32_min', [0x7fc00000n, 0x3f800000n], 0, 0x3f800000n, 0],
	['f64_max', [0xbff0000000000000n, 0x7ff0000000000001n], 0, 0xbff0000000000000n, NV],
	['f64_min', [0xfff8000000000001n, 0x7ff8000000000001n], 0, 0x7ff8000000000000n, 0],
])
test('eq is quiet, lt and le are signaling', vectors, [
	['f32_eq', [0x7fc00000n, 0n], 0, 0n, 0],
	['f32_eq', [0x7f800001n, 0n], 0, 0n, NV],
	['f32_eq', [0x80000000n, 0n], 0, 1n, 0],
	['f64_lt', [0x7ff8000000000000n, 0n], 0, 0n, NV],
	['f64_lt', [0x8000000000000000n, 0n], 0, 0n, 0],
	['f64_le', [0n, 0x8000000000000000n], 0, 1n, 0],
	['f64_le', [0x7ff8000000000000n, 0n], 0, 0n, NV],
])
test('tininess is detected after rounding', vectors, [
	// (1 − 2^−24) × 2^−126 has 24 bits: with an unbounded exponent it needs no rounding and stays below the smallest
	// normal number.
	['f32_mul', [0x3f7fffffn, 0x00800000n], RNE, 0x00800000n, UF | NX],
	// (1 − 2^−53) × 2^−126 has 53: it would round up to the smallest normal number all the same.
	['f64_to_f32', [0x380fffffffffffffn], RNE, 0x00800000n, NX],
	['f64_to_f32', [0x380fffffe0000000n], RNE, 0x00800000n, UF | NX],
	['f64_to_f32', [0x380fffffffffffffn], RTZ, 0x007fffffn, UF | NX],
])
test('overflow depends on the rounding mode', vectors, [
	['f32_mul', [0x7f7fffffn, 0x40000000n], RNE, 0x7f800000n, OF | NX],
	['f32_mul', [0x7f7fffffn, 0x40000000n], RTZ, 0x7f7fffffn, OF | NX],
	['f32_mul', [0x7f7fffffn, 0x40000000n], RDN, 0x7f7fffffn, OF | NX],
	['f32_mul', [0xff7fffffn, 0x40000000n], RDN, 0xff800000n, OF | NX],
	['f32_mul', [0xff7fffffn, 0x40000000n], RUP, 0xff7fffffn, OF | NX],
	['f32_mul', [0xff7fffffn, 0x40000000n], RMM, 0xff800000n, OF | NX],
])
test('a number divided by zero is an infinity, zero by zero is invalid', vectors, [
	['f64_div', [0xbff0000000000000n, 0n], RNE, 0xfff0000000000000n, DZ],
	['f64_div', [0n, 0n], RNE, 0x7ff8000000000000n, NV],
	['f64_div', [0x7ff0000000000000n, 0n], RNE, 0x7ff0000000000000n, 0],
])
test('opposite numbers add up to +0, or to −0 when rounding down', vectors, [
	['f32_add', [0x3f800000n, 0xbf800000n], RNE, 0n, 0],
	['f32_sub', [0x3f800000n, 0x3f800000n], RDN, 0x80000000n, 0],
	['f64_fma', [0x3ff0000000000000n, 0x3ff0000000000000n, 0xbff0000000000000n], RDN, 0x8000000000000000n, 0],
])
test('conversions to integers saturate', vectors, [
	['f32_to_i32', [0x7fc00000n], RNE, 0x7fffffffn, NV],
	['f32_to_u64', [0xffc00000n], RNE, 0xffffffffffffffffn, NV],
	['f64_to_i32', [0xfff0000000000000n], RNE, 0x80000000n, NV],
	['f64_to_i64', [0x43e0000000000000n], RNE, 0x7fffffffffffffffn, NV],
	['f64_to_i64', [0xc3e0000000000000n], RNE, 0x8000000000000000n, 0],
	['f32_to_u32', [0xbf800000n], RTZ, 0n, NV],
	['f32_to_u32', [0xbf000000n], RNE, 0n, NX],
	['f32_to_u32', [0xbf000000n], RMM, 0n, NV],
	['f32_to_u32', [0xbf000000n], RDN, 0n, NV],
	['f64_to_i32', [0x41dfffffffe00000n], RNE, 0x7fffffffn, NV],
	['f64_to_i32', [0x41dfffffffe00000n], RTZ, 0x7fffffffn, NX],
])

test('flags accrue', (t) => {
	compute('f32_div', [0x3f800000n, 0n], RNE)
	hart.f32_div!(0x3f800000, 0x40400000, RNE)
	t.is(fflags[0], DZ | NX)
	hart.f32_add!(0x3f800000, 0x3f800000, RNE)
	t.is(fflags[0], DZ | NX)
})
