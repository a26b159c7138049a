import test from 'ava'
import {RequestFilter} from '../../src/translate/request-filter.ts'

const threshold = 10
const window = 512 * threshold

test('a place passes the 1st, 2nd, 4th, 8th … time, until it has a region', (t) => {
	const filter = new RequestFilter(threshold)
	const passed = () => Array.from({length: 8}, () => filter.passes(1))
	t.deepEqual(passed(), [true, true, false, true, false, false, false, true])
	filter.answered(1)
	t.true(filter.passes(1))
})

test('a covered place is hot often if it is hot again within 512 instructions for each jump of the threshold', (t) => {
	const filter = new RequestFilter(threshold)
	t.false(filter.isOften(1, 1000), 'the first time says nothing')
	t.false(filter.isOften(1, 1000 + window))
	t.true(filter.isOften(1, 1000 + 2 * window - 1))
	t.false(filter.isOften(2, 1000 + 2 * window), 'places count by themselves')
})

test('the count of instructions may wrap', (t) => {
	const filter = new RequestFilter(threshold)
	filter.isOften(1, -5)
	t.true(filter.isOften(1, 5))
	filter.isOften(2, 2 ** 31 - 1)
	t.true(filter.isOften(2, -(2 ** 31)))
})
