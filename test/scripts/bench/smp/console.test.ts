import test from 'ava'
import {hasDoneNothing, latenciesAreWhole, parseLatencies, parseTimed} from '../../../../scripts/bench/smp/console.ts'
import {figures} from '../../../../scripts/bench/smp/programs.ts'

const console = [
	'Linux',
	'timed mmap-2 2 threads, 100 operations, 300000000 ns\r',
	'timed ticket-lock 4 threads, 1000 operations, 200000000 ns\r',
	'timed exec 1 threads, 0 operations, 2400000000 ns\r',
	'timed fork 1 threads, 12 operations, 30',
].join('\n')

test('a call takes what each thread sees, and a lock what passes from one holder to the next', (t) => {
	t.deepEqual(parseTimed(console, figures), {
		'mmap-2': {seconds: 0.006, operations: 100},
		'ticket-lock': {seconds: 0.0002, operations: 1000},
	})
})

test('half a line, and a program that did nothing in its time, are no figures', (t) => {
	t.is(parseTimed(console, figures).exec, undefined)
	t.is(parseTimed(console, figures).fork, undefined)
	const did = (of: string) => hasDoneNothing(console, figures.find(({name}) => name === of)!)
	t.deepEqual(['exec', 'fork', 'mmap-2'].map(did), [true, false, false])
})

test('samples are read by series; without its last line a guest has not measured all', (t) => {
	const printed =
		'OpenSBI\nlatency: 2 harts\r\nlatency ipi-busy 12 ticks\r\nlatency wake-idle 7 ticks\r\nlatency ipi-busy 9 ticks\r\n'
	t.deepEqual(
		[...parseLatencies(printed)],
		[
			['ipi-busy', [12, 9]],
			['wake-idle', [7]],
		],
	)
	t.false(latenciesAreWhole(printed))
	t.true(latenciesAreWhole(`${printed}latency: passed\r\n`))
})
