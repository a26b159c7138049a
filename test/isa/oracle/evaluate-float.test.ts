/** The floating-point oracle against a processor, the host's numbers and the manual's special cases. */
import {readFileSync} from 'node:fs'
import test from 'ava'
import {oracle} from '../../../src/isa/oracle/evaluate-float.ts'

const NX = 1
const UF = 2
const OF = 4
const DZ = 8
const NV = 16
const [RNE, RTZ, RDN, RUP, RMM] = [0n, 1n, 2n, 3n, 4n]

const run = (name: string, ...args: bigint[]) => oracle[name]!(...args)

const view = new DataView(new ArrayBuffer(8))
const double = (value: number): bigint => {
	view.setFloat64(0, value)
	return view.getBigUint64(0)
}
const single = (value: number): bigint => {
	view.setFloat32(0, value)
	return BigInt(view.getUint32(0))
}

test('results and flags are those of a processor, in the four rounding modes that it has', (t) => {
	const text = readFileSync(new URL('fixtures/float.txt', import.meta.url), 'utf8')
	const wrong = text
		.trimEnd()
		.split('\n')
		.filter((line) => {
			const [name = '', rm = '', value, flags, ...operands] = line.split(' ')
			const args = operands.map((bits) => BigInt(`0x${bits}`))
			if (name !== 'f32_to_f64') args.push(BigInt(rm))
			const got = run(name, ...args)
			return got.value !== BigInt(`0x${value}`) || got.flags !== Number(flags)
		})
	t.deepEqual(wrong, [])
})

test('round to nearest even agrees with the host on random numbers', (t) => {
	for (let round = 0; round < 2000; round++) {
		const [a, b] = [(Math.random() - 0.5) * 2 ** (round % 90), (Math.random() - 0.5) * 2 ** (round % 40)]
		t.is(run('f64_add', double(a), double(b), RNE).value, double(a + b), `${a} + ${b}`)
		t.is(run('f64_mul', double(a), double(b), RNE).value, double(a * b), `${a} * ${b}`)
		t.is(run('f64_div', double(a), double(b), RNE).value, double(a / b), `${a} / ${b}`)
		t.is(run('f64_sqrt', double(Math.abs(a)), RNE).value, double(Math.sqrt(Math.abs(a))), `sqrt ${a}`)
		t.is(run('f64_to_f32', double(a), RNE).value, single(a), `single ${a}`)
	}
})

const nan32 = 0x7fc0_0000n
const nan64 = 0x7ff8_0000_0000_0000n
const signalling64 = 0x7ff0_0000_0000_0001n
const infinity64 = 0x7ff0_0000_0000_0000n
const largest64 = 0x7fef_ffff_ffff_ffffn
const smallest64 = 1n
const zero = 0n
const minusZero64 = 0x8000_0000_0000_0000n

const cases: readonly (readonly [string, string, readonly bigint[], bigint, number])[] = [
	['a tie rounds to even', 'f32_add', [single(16_777_216), single(1), RNE], single(16_777_216), NX],
	['a tie rounds away from zero with RMM', 'f32_add', [single(16_777_216), single(1), RMM], single(16_777_218), NX],
	[
		'a negative tie rounds away from zero with RMM',
		'f32_add',
		[single(-16_777_216), single(-1), RMM],
		single(-16_777_218),
		NX,
	],
	['overflow rounds to infinity', 'f64_add', [largest64, largest64, RNE], infinity64, OF | NX],
	['overflow stops at the largest number with RTZ', 'f64_add', [largest64, largest64, RTZ], largest64, OF | NX],
	['overflow stops at the largest number with RDN', 'f64_add', [largest64, largest64, RDN], largest64, OF | NX],
	['overflow goes to infinity with RMM', 'f64_mul', [largest64, double(2), RMM], infinity64, OF | NX],
	['half the smallest number is 0', 'f64_mul', [smallest64, double(0.5), RNE], zero, UF | NX],
	['half the smallest number rounds away with RMM', 'f64_mul', [smallest64, double(0.5), RMM], smallest64, UF | NX],
	['an exact subnormal result does not underflow', 'f64_mul', [smallest64, double(2), RNE], 2n, 0],
	['x − x is +0', 'f64_sub', [double(1.5), double(1.5), RNE], zero, 0],
	['x − x is −0 when rounding down', 'f64_sub', [double(1.5), double(1.5), RDN], minusZero64, 0],
	['∞ − ∞ is invalid', 'f64_sub', [infinity64, infinity64, RNE], nan64, NV],
	['0 × ∞ is invalid', 'f64_mul', [zero, infinity64, RNE], nan64, NV],
	['1 / 0 divides by zero', 'f64_div', [double(1), minusZero64, RNE], infinity64 | minusZero64, DZ],
	['0 / 0 is invalid', 'f64_div', [zero, zero, RNE], nan64, NV],
	['the square root of −0 is −0', 'f64_sqrt', [minusZero64, RNE], minusZero64, 0],
	['the square root of a negative number is invalid', 'f64_sqrt', [double(-1), RNE], nan64, NV],
	['a quiet NaN stays quiet and becomes canonical', 'f64_add', [0xffff_ffff_ffff_ffffn, zero, RNE], nan64, 0],
	['a signalling NaN is invalid', 'f64_add', [signalling64, zero, RNE], nan64, NV],
	['∞ × 0 + NaN is invalid', 'f64_fma', [infinity64, zero, nan64, RNE], nan64, NV],
	['a product that cancels the addend is exact', 'f64_fma', [double(3), double(5), double(-15), RNE], zero, 0],
	['the smaller of −0 and +0 is −0', 'f64_min', [zero, minusZero64], minusZero64, 0],
	['the larger of −0 and +0 is +0', 'f64_max', [minusZero64, zero], zero, 0],
	['the smaller of a number and a NaN is the number', 'f64_min', [nan64, double(1)], double(1), 0],
	['the larger of a number and a signalling NaN is the number', 'f64_max', [double(1), signalling64], double(1), NV],
	['the smaller of two NaNs is canonical', 'f64_min', [0xffff_ffff_ffff_ffffn, nan64], nan64, 0],
	['−0 equals +0', 'f64_eq', [minusZero64, zero], 1n, 0],
	['equality is quiet', 'f64_eq', [nan64, zero], 0n, 0],
	['equality signals a signalling NaN', 'f64_eq', [signalling64, zero], 0n, NV],
	['less-than signals every NaN', 'f64_lt', [nan64, zero], 0n, NV],
	['−1 is less than 0.5', 'f64_lt', [double(-1), double(0.5)], 1n, 0],
	['−∞ is at most −∞', 'f64_le', [infinity64 | minusZero64, infinity64 | minusZero64], 1n, 0],
	['a NaN converts to the largest integer', 'f64_to_i32', [nan64, RTZ], 0x7fff_ffffn, NV],
	['−∞ converts to the smallest integer', 'f64_to_i64', [infinity64 | minusZero64, RTZ], 1n << 63n, NV],
	['a negative number converts to unsigned 0', 'f64_to_u64', [double(-1), RTZ], 0n, NV],
	['−0.5 truncates to unsigned 0, inexactly', 'f64_to_u32', [double(-0.5), RTZ], 0n, NX],
	['−0.5 rounds down to −1, which is no unsigned integer', 'f64_to_u32', [double(-0.5), RDN], 0n, NV],
	['2.5 rounds to 2', 'f64_to_i32', [double(2.5), RNE], 2n, NX],
	['2.5 rounds to 3 with RMM', 'f64_to_i32', [double(2.5), RMM], 3n, NX],
	['2^31 is out of range of i32', 'f64_to_i32', [double(2 ** 31), RTZ], 0x7fff_ffffn, NV],
	['−2^31 is in range', 'f64_to_i32', [double(-(2 ** 31)), RTZ], 0x8000_0000n, 0],
	['2^31 − 0.5 truncates into range', 'f64_to_i32', [double(2 ** 31 - 0.5), RTZ], 0x7fff_ffffn, NX],
	['2^31 − 0.5 rounds out of range', 'f64_to_i32', [double(2 ** 31 - 0.5), RUP], 0x7fff_ffffn, NV],
	['the largest u64 rounds up to 2^64', 'u64_to_f32', [(1n << 64n) - 1n, RNE], single(2 ** 64), NX],
	['−1 as i32 is −1', 'i32_to_f64', [0xffff_ffffn, RNE], double(-1), 0],
	['a signalling NaN widens to the canonical one', 'f32_to_f64', [0x7f80_0001n], nan64, NV],
	['a quiet NaN narrows to the canonical one', 'f64_to_f32', [nan64 | 5n, RNE], nan32, 0],
	['a double below single range narrows to 0', 'f64_to_f32', [double(1e-60), RNE], zero, UF | NX],
	['a double below single range rounds up', 'f64_to_f32', [double(1e-60), RUP], 1n, UF | NX],
]
for (const [title, name, args, value, flags] of cases) {
	test(title, (t) => t.deepEqual(run(name, ...args), {value, flags}))
}

test('fclass names the ten kinds', (t) => {
	const kinds = [
		infinity64 | minusZero64,
		double(-1),
		minusZero64 | 1n,
		minusZero64,
		zero,
		smallest64,
		double(1),
		infinity64,
		signalling64,
		nan64,
	]
	t.deepEqual(
		kinds.map((bits) => run('f64_class', bits).value),
		kinds.map((_, bit) => 1n << BigInt(bit)),
	)
})
