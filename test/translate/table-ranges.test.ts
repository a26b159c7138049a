/** Ranges of a function table: none overlap, and what is given back is used again. */
import test from 'ava'
import {TableRanges} from '../../src/translate/table-ranges.ts'

test('ranges follow one another, and holes are filled first', (t) => {
	const ranges = new TableRanges()
	t.deepEqual([ranges.take(4), ranges.take(2), ranges.take(4)], [0, 4, 6])
	t.is(ranges.end, 10)
	ranges.give(0, 4)
	t.is(ranges.take(3), 0)
	t.is(ranges.take(2), 10)
	t.is(ranges.take(1), 3)
})

test('neighbours that are given back make one range, and the last lowers the end', (t) => {
	const ranges = new TableRanges()
	for (const count of [2, 3, 4, 5]) ranges.take(count)
	ranges.give(0, 2)
	ranges.give(5, 4)
	ranges.give(2, 3)
	t.is(ranges.take(9), 0)
	ranges.give(0, 9)
	ranges.give(9, 5)
	t.is(ranges.end, 0)
})

test('a range that is given back twice is an error', (t) => {
	const ranges = new TableRanges()
	ranges.take(4)
	ranges.take(4)
	ranges.give(0, 4)
	t.throws(() => ranges.give(0, 4), {message: /given back once/})
})

test('random takes and gives never overlap', (t) => {
	const ranges = new TableRanges()
	const taken: {base: number; count: number}[] = []
	let state = 1
	const random = (limit: number) => {
		state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
		return (state >>> 8) % limit
	}
	for (let step = 0; step < 3000; step++) {
		if (taken.length > 0 && random(2) === 0) {
			const [range] = taken.splice(random(taken.length), 1)
			ranges.give(range!.base, range!.count)
		} else {
			const count = 1 + random(20)
			const base = ranges.take(count)
			if (taken.some((other) => base < other.base + other.count && other.base < base + count)) return t.fail('overlap')
			taken.push({base, count})
		}
	}
	for (const {base, count} of taken) ranges.give(base, count)
	t.is(ranges.end, 0)
})
