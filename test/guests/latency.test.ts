/** The guest that measures latencies measures all series, of two harts and of a crowd. */
import {readFile} from 'node:fs/promises'
import test from 'ava'
import {latenciesAreWhole, parseLatencies} from '../../scripts/bench/smp/console.ts'
import {seriesOf} from '../../scripts/bench/smp/series.ts'
import {runGuest} from '../litmus/run.ts'
import {expectedOutput, guestBinary, outputDifference} from './guests.ts'
import {withParameters} from './parameters.ts'

const tasks = {pair: 0, crowd: 1} as const

test('without parameters it prints two samples of each series, as under QEMU', async (t) => {
	const console = await runGuest(await readFile(guestBinary('latency')), {harts: 2})
	t.is(outputDifference(console, await expectedOutput('latency')), undefined, console)
})

for (const [kind, harts] of [
	['pair', 2],
	['crowd', 4],
] as const)
	test(`a ${kind} has at most so many samples as are asked for, and at least one, within its time`, async (t) => {
		const [samples, ticks] = [5, 2_000_000]
		const console = await runGuest(await withParameters('latency', [tasks[kind], samples, ticks]), {harts})
		const measured = parseLatencies(console)
		t.deepEqual(
			[...measured.keys()].toSorted(),
			seriesOf(kind)
				.map(({name}) => name)
				.toSorted(),
		)
		for (const [name, values] of measured) t.true(values.length >= 1 && values.length <= samples, name)
		t.true(latenciesAreWhole(console))
	})
