import test from 'ava'
import {geometricMean, groupRow, median, type Pair, speedRows, speedTable} from '../../../scripts/bench/speeds.ts'

const pairs: readonly Pair[] = [
	{ours: {sort: 1, crc: 2}, peer: {sort: 4, crc: 2}},
	{ours: {sort: 1, crc: 1}, peer: {sort: 6, crc: 2}},
	{ours: {sort: 1, crc: 1}, peer: {sort: 5, crc: 2}},
]

test('each program has its median times, and its speed with the spread over the pairs', (t) => {
	const [sort, crc] = speedRows(pairs)
	t.deepEqual(sort, {program: 'sort', ours: 1, peer: 5, speed: {median: 5, least: 4, greatest: 6}})
	t.deepEqual(crc, {program: 'crc', ours: 1, peer: 2, speed: {median: 2, least: 1, greatest: 2}})
})

test("above 1 is faster than QEMU: the speed is QEMU's time divided by ours", (t) => {
	t.is(speedRows([{ours: {fft: 4}, peer: {fft: 1}}])[0]!.speed.median, 0.25)
})

test('a group has the geometric mean of each pair, and its spread', (t) => {
	const {speed, programs} = groupRow('integer', ['sort', 'crc'], pairs)
	t.is(programs, 2)
	t.is(speed.least.toFixed(6), Math.sqrt(4 * 1).toFixed(6))
	t.is(speed.median.toFixed(6), Math.sqrt(5 * 2).toFixed(6))
	t.is(speed.greatest.toFixed(6), Math.sqrt(6 * 2).toFixed(6))
})

test('means and medians', (t) => {
	t.is(geometricMean([0.5, 2]), 1)
	t.is(median([3, 1, 2]), 2)
	t.is(median([4, 1, 2, 3]), 2.5)
})

test('the table has a line per program and group, and says which way the speed counts', (t) => {
	const table = speedTable(speedRows(pairs), [groupRow('integer', ['sort', 'crc'], pairs)], 'QEMU')
	t.regex(table, /^sort +1\.000 s +5\.000 s +5\.00 +4\.00 +6\.00$/m)
	t.regex(table, /^integer, mean of 2 +3\.16 +2\.00 +3\.46$/m)
	t.regex(table, /above 1 we are faster/)
})
