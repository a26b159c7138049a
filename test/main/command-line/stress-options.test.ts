import test from 'ava'
import {faultNames} from '../../../src/faults.ts'
import {checkStressOptions, type RawStressOptions} from '../../../src/main/command-line/stress-options.ts'

test('a kind alone runs for ten seconds on four harts at least, with a seed that is drawn', (t) => {
	const {kinds, harts, seconds, iterations, inject, campaign, format} = checkStressOptions('flush', {})
	t.deepEqual(kinds, ['flush'])
	t.true(harts >= 4)
	t.deepEqual(
		{seconds, iterations, inject, campaign, format},
		{
			...{seconds: 10, iterations: undefined, inject: [], campaign: undefined, format: 'text'},
		},
	)
})

test('all stands for each kind, and for each rule', (t) => {
	t.deepEqual(checkStressOptions('all', {}).kinds, ['rcu', 'flush', 'atomics', 'smc', 'devices'])
	t.deepEqual(checkStressOptions('flush', {inject: 'all'}).inject, faultNames)
	t.is(checkStressOptions('flush', {inject: 'all'}).seconds, 60)
})

test('a campaign has hours, and a folder for failures', (t) => {
	const {campaign, seconds} = checkStressOptions('rcu', {jobs: '3', hours: '0.5'})
	t.deepEqual(campaign, {jobs: 3, hours: 0.5, folder: 'manyhart-stress'})
	t.is(seconds, 120)
})

test('runs by turns have a schedule of their own, of harts, or of threads', (t) => {
	t.deepEqual(checkStressOptions('flush', {serial: true, schedule: '1.40:0,0.12:2,1.41:2'}).serial, {
		...{seeds: 1, digest: false},
		schedule: [
			{from: 1, step: 40, thread: 0},
			{from: 0, step: 12, thread: 2},
			{from: 1, step: 41, thread: 2},
		],
	})
	t.deepEqual(checkStressOptions('flush', {serial: true, schedule: 'none'}).serial!.schedule, [])
	// Three updaters and the readers.
	t.is(checkStressOptions('rcu', {serial: true, harts: '2', schedule: '0.12:4'}).serial!.schedule!.length, 1)
	const {kinds, serial} = checkStressOptions('all', {serial: true, seeds: '9', digest: true})
	t.deepEqual(kinds, ['rcu', 'flush', 'atomics', 'smc', 'devices'])
	t.deepEqual(serial, {seeds: 9, schedule: undefined, digest: true})
})

const refused: readonly (readonly [string, RawStressOptions, RegExp])[] = [
	['tlb', {}, /Expected a kind among rcu, flush, atomics, smc, devices and all, got "?tlb"?/],
	['flush', {harts: '0'}, /Expected --harts from 1 to 64, got "?0"?/],
	['flush', {seconds: '1.5'}, /Expected --seconds from 1 to 1000000, got "?1.5"?/],
	['flush', {seed: '-1'}, /Expected --seed from 0 to 4294967295, got "?-1"?/],
	['flush', {inject: 'nothing'}, /Expected --inject with one of skip-grace-period, .* and all, got "?nothing"?/],
	[
		'rcu',
		{inject: 'lost-range'},
		/Expected --inject lost-range with the kind flush or atomics or smc or devices, got "?rcu"?/,
	],
	['flush', {tlb: 'policy=none'}, /policy/],
	['flush', {hours: '2'}, /Expected --jobs, which begins a campaign, got --hours alone/],
	['flush', {jobs: '2', hours: '0'}, /Expected --hours above 0/],
	['flush', {jobs: '2', inject: 'all'}, /Expected --jobs without --inject, got both/],
	['flush', {seeds: '2'}, /Expected --seeds with --serial, got --seeds alone/],
	['flush', {schedule: '0.1:2'}, /Expected --schedule with --serial, got --schedule alone/],
	[
		'flush',
		{serial: true, schedule: '0.1:2,3'},
		/Expected --schedule to be none, or HART.STEP:HART,HART.STEP:HART, got "?0.1:2,3"?/,
	],
	[
		'flush',
		{serial: true, schedule: '2.12:0,2.12:1'},
		/Expected --schedule with steps of each hart that grow, got "?2.12:0,2.12:1"?/,
	],
	[
		'flush',
		{serial: true, harts: '2', schedule: '0.12:3'},
		/Expected --schedule with threads from 0 to 2, got "?0.12:3"?/,
	],
	['flush', {serial: true, seeds: '0'}, /Expected --seeds from 1 to/],
	['flush', {serial: true, jobs: '2'}, /Expected --serial without --jobs, got both/],
	[
		'rcu',
		{serial: true, harts: '2', schedule: '5.12:0'},
		/Expected --schedule with threads from 0 to 4, got "?5.12:0"?/,
	],
]
for (const [kind, options, message] of refused) {
	test(`stress ${kind} ${JSON.stringify(options)} is refused, and the message says what is expected`, (t) => {
		t.throws(() => checkStressOptions(kind, options), {name: 'UserError', message})
	})
}
