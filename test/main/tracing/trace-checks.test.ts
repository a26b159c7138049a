/** The checks of traces find what they are for. */
import test from 'ava'
import {type Event, faultsOf} from './trace-checks.ts'

const slice = (ts: number, dur: number, tid = 1): Event => ({name: 'guest', ph: 'X', ts, dur, pid: 1, tid})
const end = (ph: string, ts: number, cat = 'fence'): Event => ({name: cat, ph, ts, pid: 1, tid: 1, cat, id: '1'})

const sound: readonly (readonly [string, readonly Event[]])[] = [
	['slices in one another and beside', [slice(2, 1), slice(1, 3), slice(4.001, 5), slice(0, 100, 2)]],
	['an arrow', [end('s', 10), end('f', 12)]],
	['an arrow within what two clocks differ by', [end('s', 10), end('f', 9.6)]],
	['an asynchronous event', [end('b', 10, 'rcu'), end('e', 10, 'rcu')]],
]
for (const [name, events] of sound) test(`sound: ${name}`, (t) => t.deepEqual(faultsOf(events), []))

const faulty: readonly (readonly [string, readonly Event[], RegExp])[] = [
	['an arrow that ends before it begins', [end('s', 10), end('f', 9.4)], /^fence 1 ends 0\.\d+ µs before it begins$/],
	[
		'an asynchronous event of no thread’s time',
		[end('b', 10, 'rcu'), end('e', 9.9, 'rcu')],
		/^rcu 1 ends 0\.\d+ µs before/,
	],
	['an arrow without an end', [end('s', 10)], /^fence 1 has the ends s$/],
	['an arrow with two ends', [end('s', 10), end('f', 11), end('f', 12)], /^fence 1 has the ends sff$/],
	['a slice that ends after what it began in', [slice(1, 2), slice(2, 2)], /^ends after what it began in/],
	['slices that are not written as they ended', [slice(5, 1), slice(1, 1)], /^ended before the one before it/],
	['a slice without a duration', [{...slice(1, 1), dur: Number.NaN}], /^no duration/],
	['an event without a name', [{...slice(1, 1), name: ''}], /^no name/],
]
for (const [name, events, fault] of faulty)
	test(`faulty: ${name}`, (t) => {
		const [first = ''] = faultsOf(events)
		t.regex(first, fault)
	})
