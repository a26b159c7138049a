import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {compareRecords} from '../../src/bench/scale/compare.ts'
import {readRecord} from '../../src/bench/scale/record.ts'
import {writeReport} from '../../src/bench/scale/report/report.ts'
import {Summary} from '../../src/bench/scale/report/summary.ts'
import {ChecksumWatch} from '../../src/campaign/checks.ts'
import {campaignRecords, writeRecords} from '../../src/campaign/records.ts'
import {planOf, resultOf, someHost} from './some-results.ts'

const about = {version: '0.1.0', command: 'manyhart campaign c.yaml', campaign: 'a', state: 'complete'} as const
const swapped = {
	id: 'Manyhart 0.1.0 --tlb policy=swap-pool',
	kind: 'manyhart',
	version: '0.1.0',
	tlb: 'policy=swap-pool',
} as const

test('a record is of one host, with its guests and bare metal, and manyhart report reads it', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-campaign-test-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const {runs} = planOf(`
campaign: a
runs:
  - {guest: [bare, linux], workload: [sort, barrier], harts: [1, 2], work: 16, repeat: 4}
  - {guest: bare, workload: sort, harts: 2, work: 16, seed: 1}
  - {kind: stress, workload: flush, harts: 2}
`)
	const other = {...someHost, name: 'the other'}
	const results = runs.map((run, index) =>
		resultOf(run, {
			host: {...(index % 3 === 0 ? other : someHost), load: index},
			began: new Date(Date.UTC(2026, 10, 29) + index * 1000).toISOString(),
			...(run.run.kind === 'scale' && run.run.guest === 'linux' && {kernel: '6.12', bootSeconds: 5}),
		}),
	)
	const records = campaignRecords(results, about)
	t.is(records.length, 2)
	t.is(
		records.reduce((sum, {record}) => sum + record.runs.length, 0),
		32,
		'runs in virtual time and of other kinds are in none',
	)
	for (const path of await writeRecords(folder, records)) {
		const record = await readRecord(path, path)
		const repetitions = record.runs.filter(({workload, harts}) => workload === 'sort' && harts === 2)
		t.deepEqual(
			repetitions.map(({repetition}) => repetition),
			repetitions.map((_, index) => index),
			'counted on this host',
		)
		const place = {workload: 'sort', engine: 'Manyhart 0.1.0', scaling: 'strong', harts: 2} as const
		t.is(new Summary(record).speedUp(place)?.median, 2)
		await writeReport(join(path, '..'), record)
		const report = await readFile(join(path, '../report.md'), 'utf8')
		t.regex(report, /parallel merge sort, on bare metal/)
		t.regex(report, /Each run is a boot of its own.*\n.*It does all of its work, or is ended after 60 seconds/)
		t.notRegex(
			report,
			/each repetition begins with another engine|After 1\.1 seconds|compare runs of the same repetition/,
		)
	}
})

test('designs of the TLB are engines of their own, also where records are compared', (t) => {
	const {runs} = planOf(
		'campaign: a\nruns:\n  - {guest: bare, workload: sort, harts: [1, 2], work: 16, tlb: [default, policy=swap-pool], repeat: 5}\n',
	)
	const results = runs.map((run) => resultOf(run, run.run.tlb === undefined ? {} : {engine: swapped, seconds: 3}))
	const [{record} = t.fail() as never] = campaignRecords(results, about)
	t.deepEqual(record.engines.map(({id}) => id).toSorted(), ['Manyhart 0.1.0', swapped.id])
	for (const {engines, ratio} of compareRecords(record, record).points) {
		t.is(engines[0], engines[1])
		t.is(ratio.median, 1)
	}
})

test('the same work has the same checksum, on whichever host', (t) => {
	const {runs} = planOf(
		'campaign: a\nruns:\n  - {guest: [bare, linux], workload: [sort, barrier], harts: 1, work: 16}\n',
	)
	const watch = new ChecksumWatch([resultOf(runs[0]!)])
	t.is(watch.checked(resultOf(runs[1]!)).outcome.error, undefined, 'another workload')
	const wrong = resultOf(runs[2]!, {checksum: '00000000000000ab', host: {...someHost, name: 'the other'}})
	t.is(runs[2]!.run.workload, runs[0]!.run.workload)
	t.is(
		watch.checked(wrong).outcome.error,
		'its checksum is 00000000000000ab, and 00000000000000aa on Manyhart 0.1.0 at one with 1 hart: which is right is not known',
	)
	t.is(watch.checked(resultOf(runs[2]!, {operations: 17, checksum: '00000000000000ac'})).outcome.error, undefined)
})
