import test from 'ava'
import {Tally} from '../../src/campaign/tally.ts'
import {planOf, resultOf} from './some-results.ts'

test('results are counted in all and by worker; those of runs that are not in the file are not', (t) => {
	const plan = planOf('campaign: a\nruns:\n  - {guest: bare, workload: sort, harts: 1, repeat: 3}\n')
	const longer = planOf('campaign: a\nruns:\n  - {guest: bare, workload: sort, harts: 1, repeat: 4}\n')
	const [one, two, three, other] = longer.runs.map((run) => resultOf(run))
	const tally = new Tally(plan, [one!, other!])
	t.deepEqual(tally.all, {done: 1, failed: 0})
	tally.add({...two!, worker: 'v'})
	tally.add({...three!, worker: 'v', outcome: {...three!.outcome, error: 'ended with 1'}})
	t.deepEqual(tally.all, {done: 3, failed: 1})
	t.deepEqual(
		[tally.of('w'), tally.of('v'), tally.of('x')],
		[
			{done: 1, failed: 0},
			{done: 2, failed: 1},
			{done: 0, failed: 0},
		],
	)
})
