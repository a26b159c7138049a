import test from 'ava'
import {recordLatency, summarizeLatency} from '../../src/rcu/index.ts'
import {createTestMemory} from './shared-memory.ts'

test('percentiles are accurate to one eighth', (t) => {
	const memory = createTestMemory(1)
	const {offset} = memory.region('words')
	t.deepEqual(summarizeLatency(memory.i32, offset), {count: 0, median: 0, p99: 0, maximum: 0, histogram: []})
	for (let value = 1; value <= 1000; value++) recordLatency(memory.i32, offset, value)
	const {count, median, p99, maximum} = summarizeLatency(memory.i32, offset)
	t.is(count, 1000)
	t.is(maximum, 1000)
	t.true(median >= 500 && median < 500 * 1.125)
	t.true(p99 >= 990 && p99 <= 1000)
})

test('a latency of more than half the clock’s range is recorded', (t) => {
	const memory = createTestMemory(1)
	const {offset} = memory.region('words')
	recordLatency(memory.i32, offset, 4_000_000_000)
	const histogram = [...Array.from({length: 32}, () => 0), 1]
	t.deepEqual(summarizeLatency(memory.i32, offset), {count: 1, median: 4e9, p99: 4e9, maximum: 4e9, histogram})
})

test('the histogram counts by powers of two', (t) => {
	const memory = createTestMemory(1)
	const {offset} = memory.region('words')
	for (let value = 0; value < 40; value++) recordLatency(memory.i32, offset, value)
	// 0, 1, 2 and 3, to 7, to 15, to 31, and 32 to 39.
	t.deepEqual(summarizeLatency(memory.i32, offset).histogram, [1, 1, 2, 4, 8, 16, 8])
})

test('a histogram may lie beyond 2 GiB', (t) => {
	const offset = 2 ** 31 + 64
	const words = new Int32Array(new SharedArrayBuffer(2 ** 31 + 65_536))
	recordLatency(words, offset, 5)
	t.like(summarizeLatency(words, offset), {count: 1, median: 5, maximum: 5})
})
