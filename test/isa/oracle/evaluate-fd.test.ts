/** The evaluator's F and D instructions: boxing, formats, and which operation each row calls. */
import test from 'ava'
import {createTestHart, executeNamed} from './evaluated-hart.ts'

const minimum = 1n << 63n
const minusOne = (1n << 64n) - 1n
const u64 = (value: bigint) => BigInt.asUintN(64, value)

const box = (bits: bigint) => bits | 0xffff_ffff_0000_0000n
const one32 = 0x3f80_0000n
const one64 = 0x3ff0_0000_0000_0000n

test('singles are boxed when written, and count as NaN when not boxed', (t) => {
	const hart = createTestHart()
	hart.store(0x1000n, 4, one32)
	executeNamed(hart, 'flw', {rd: 1, imm: 0x1000})
	t.is(hart.f[1], box(one32))
	executeNamed(hart, 'fadd.s', {rd: 2, rs1: 1, rs2: 1})
	t.is(hart.f[2], box(0x4000_0000n))
	hart.f[3] = one32
	executeNamed(hart, 'fadd.s', {rd: 2, rs1: 1, rs2: 3})
	t.is(hart.f[2], box(0x7fc0_0000n))
	executeNamed(hart, 'fmv.x.w', {rd: 5, rs1: 3})
	t.is(hart.x[5], one32)
	executeNamed(hart, 'fsw', {rs2: 3, imm: 0x2000})
	t.is(hart.load(0x2000n, 8), one32)
})

test('sign injection moves signs and nothing else', (t) => {
	const hart = createTestHart()
	hart.f[1] = one64
	hart.f[2] = one64 | minimum
	const injected = (name: string, rs1: number, rs2: number) => {
		executeNamed(hart, name, {rd: 3, rs1, rs2})
		return hart.f[3]
	}
	t.is(injected('fsgnj.d', 1, 2), one64 | minimum)
	t.is(injected('fsgnjn.d', 1, 2), one64)
	t.is(injected('fsgnjx.d', 2, 2), one64)
	hart.f[1] = box(one32)
	t.is(injected('fsgnjn.s', 1, 1), box(one32 | 0x8000_0000n))
})

test('the four fused operations differ in their signs', (t) => {
	const hart = createTestHart()
	const double = (value: number) => new BigUint64Array(new Float64Array([value]).buffer)[0]!
	hart.f[1] = double(2)
	hart.f[2] = double(3)
	hart.f[3] = double(1)
	const results = ['fmadd.d', 'fmsub.d', 'fnmsub.d', 'fnmadd.d'].map((name) => {
		executeNamed(hart, name, {rd: 4, rs1: 1, rs2: 2, rs3: 3})
		return hart.f[4]
	})
	t.deepEqual(results, [7, 5, -5, -7].map(double))
})

test('conversions to 32-bit integers sign-extend, unsigned ones too', (t) => {
	const hart = createTestHart()
	hart.f[1] = 0x41ef_ffff_ffe0_0000n // 2^32 − 1
	executeNamed(hart, 'fcvt.wu.d', {rd: 1, rs1: 1, rm: 1})
	t.is(hart.x[1], minusOne)
	executeNamed(hart, 'fcvt.w.d', {rd: 1, rs1: 1, rm: 1})
	t.deepEqual([hart.x[1], hart.fflags], [0x7fff_ffffn, 16])
})

const f64 = (value: number) => new BigUint64Array(new Float64Array([value]).buffer)[0]!
const f32 = (value: number) => box(BigInt(new Uint32Array(new Float32Array([value]).buffer)[0]!))

/** Suffix-less name, operands, result: what a row of each format computes, exactly. */
const exactCases: readonly (readonly [string, number, number, number])[] = [
	['fadd', 5, 3, 8],
	['fsub', 5, 3, 2],
	['fmul', 5, 3, 15],
	['fdiv', 15, 3, 5],
	['fsqrt', 9, 0, 3],
	['fmin', -1, 2, -1],
	['fmax', -1, 2, 2],
	['fsgnj', 1, -2, -1],
]
for (const [name, a, b, expected] of exactCases) {
	test(`${name} of ${a} and ${b} is ${expected} in both formats`, (t) => {
		for (const [suffix, encode] of [
			['.s', f32],
			['.d', f64],
		] as const) {
			const hart = createTestHart()
			hart.f[1] = encode(a)
			hart.f[2] = encode(b)
			executeNamed(hart, name + suffix, {rd: 3, rs1: 1, rs2: 2})
			t.deepEqual([hart.f[3], hart.fflags], [encode(expected), 0])
		}
	})
}

test('comparisons and classes go to integer registers in both formats', (t) => {
	for (const [suffix, encode] of [
		['.s', f32],
		['.d', f64],
	] as const) {
		const hart = createTestHart()
		hart.f[1] = encode(1)
		hart.f[2] = encode(2)
		const results = ['feq', 'flt', 'fle', 'fclass'].map((name) => {
			executeNamed(hart, name + suffix, {rd: 3, rs1: 1, rs2: 2})
			return hart.x[3]
		})
		t.deepEqual(results, [0n, 1n, 1n, 64n])
	}
})

test('conversions go both ways between both formats and all integers', (t) => {
	for (const [suffix, encode] of [
		['s', f32],
		['d', f64],
	] as const) {
		for (const letters of ['w', 'wu', 'l', 'lu']) {
			const hart = createTestHart()
			hart.x[1] = minusOne
			executeNamed(hart, `fcvt.${suffix}.${letters}`, {rd: 1, rs1: 1, rm: 1})
			const value = {w: -1, l: -1, wu: 2 ** 32 - 1, lu: 2 ** 64 - 1}[letters] ?? 0
			// Truncation: the largest number of the format below it.
			const exact: Record<string, number> = {
				's wu': 2 ** 32 - 2 ** 8,
				's lu': 2 ** 64 - 2 ** 40,
				'd lu': 2 ** 64 - 2 ** 11,
			}
			t.is(hart.f[1], encode(exact[`${suffix} ${letters}`] ?? value), `fcvt.${suffix}.${letters}`)
			hart.f[2] = encode(letters.endsWith('u') ? 3 : -3)
			executeNamed(hart, `fcvt.${letters}.${suffix}`, {rd: 2, rs1: 2, rm: 1})
			t.is(hart.x[2], letters.endsWith('u') ? 3n : u64(-3n), `fcvt.${letters}.${suffix}`)
		}
	}
})

test('the formats convert into each other, and registers move as bits', (t) => {
	const hart = createTestHart()
	hart.f[1] = f64(1.5)
	executeNamed(hart, 'fcvt.s.d', {rd: 2, rs1: 1})
	executeNamed(hart, 'fcvt.d.s', {rd: 3, rs1: 2})
	t.deepEqual([hart.f[2], hart.f[3]], [f32(1.5), f64(1.5)])
	executeNamed(hart, 'fmv.x.d', {rd: 1, rs1: 1})
	executeNamed(hart, 'fmv.d.x', {rd: 4, rs1: 1})
	executeNamed(hart, 'fmv.w.x', {rd: 5, rs1: 1})
	t.deepEqual([hart.x[1], hart.f[4], hart.f[5]], [f64(1.5), f64(1.5), box(0n)])
})

test('the dynamic rounding mode is frm', (t) => {
	const hart = createTestHart()
	hart.f[1] = 0x4004_0000_0000_0000n // 2.5
	hart.frm = 3
	executeNamed(hart, 'fcvt.l.d', {rd: 1, rs1: 1, rm: 7})
	t.is(hart.x[1], 3n)
})
