import test from 'ava'
import {mtimeAt, offsetAt, reaches} from '../../src/board/mtime.ts'

const pair = (value: bigint) => ({low: Number(value & 0xffff_ffffn), high: Number(BigInt.asUintN(64, value) >> 32n)})
const whole = ({low, high}: {low: number; high: number}) => (BigInt(high) << 32n) | BigInt(low)
const values = [
	0n,
	1n,
	0xffff_ffffn,
	0x1_0000_0000n,
	0x1_ffff_ffffn,
	2n ** 53n - 1n,
	2n ** 63n,
	2n ** 64n - 5n,
	2n ** 64n - 1n,
]
const clocks = [0, 1, 0xffff_ffff, 0x1_0000_0000, 0x2_8000_0001, 2 ** 45 + 7]

test('with the offset that a write sets, mtime is what was written, and counts on from there modulo 2^64', (t) => {
	for (const now of clocks) {
		for (const value of values) {
			const [offset, mtime] = [pair(0n), pair(0n)]
			offsetAt(now, pair(value), offset)
			t.is(whole(offset), BigInt.asUintN(64, value - BigInt(now)))
			for (const later of [0, 1, 4, 0xffff_ffff, 2 ** 40 + 3]) {
				mtimeAt(now + later, offset, mtime)
				t.is(whole(mtime), BigInt.asUintN(64, value + BigInt(later)))
			}
		}
	}
})

test('a comparator of all ones, and any that 28 years do not reach, is never reached', (t) => {
	const offset = pair(0n)
	t.is(reaches(pair(2n ** 64n - 1n), offset, 0), Number.POSITIVE_INFINITY)
	t.is(reaches(pair(2n ** 53n), offset, 1000), Number.POSITIVE_INFINITY)
	t.is(reaches(pair(2n ** 53n - 1n), offset, 1000), 2 ** 53 - 1)
})

test('a comparator is reached at the tick of the clock from which on mtime is at least as large, unsigned', (t) => {
	for (const now of clocks) {
		for (const value of values) {
			const offset = pair(0n)
			offsetAt(now, pair(value), offset)
			for (const comparator of values) {
				const tick = reaches(pair(comparator), offset, now)
				const left = comparator - value
				t.is(now >= tick, left <= 0n, `mtime ${value}, comparator ${comparator}, clock ${now}`)
				if (left > 0n && left < 2n ** 52n) t.is(tick, now + Number(left))
			}
		}
	}
})
