import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {PassThrough} from 'node:stream'
import test, {type ExecutionContext} from 'ava'
import {carryOut, type MeasureOptions} from '../../../src/bench/flush/measure.ts'
import {defaultId, type Plan, type Run, type Subject} from '../../../src/bench/flush/plan.ts'
import {type FlushRecord, parseRecord, writeRecord} from '../../../src/bench/flush/record.ts'
import {writeReport} from '../../../src/bench/flush/report/report.ts'
import {findQemu, qemuVersionOf} from '../../../src/bench/qemu.ts'
import {writtenText} from '../../main/command-line/written-text.ts'
import {fakeRecord} from './fake-record.ts'

const subjects: readonly Subject[] = [
	{id: defaultId, kind: 'manyhart', design: {}},
	{id: 'policy=clear', kind: 'manyhart', design: {policy: 'clear'}},
	{id: 'QEMU 0', kind: 'qemu', file: '/nowhere/qemu-system-riscv64', version: '0'},
]
const bare = (subject: string): Run => ({
	kind: 'bare',
	subject,
	harts: 1,
	round: 0,
	programs: ['chase-4k'],
	scale: 0.001,
})
const cost = (policy: string): Run => ({
	kind: 'cost',
	subject: `policy=${policy}`,
	harts: 1,
	round: 0,
	log2Entries: 6,
	fills: [16, 64],
	flushes: 20,
})
const boot: Run = {kind: 'boot', subject: defaultId, harts: 1, round: 0}

type Changes = Partial<MeasureOptions & Plan & {onKept: (record: FlushRecord) => void}>

async function carriedOut(t: ExecutionContext, runs: readonly Run[], change: Changes = {}) {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-measure-test-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const plan: Plan = {subjects: change.subjects ?? subjects, runs, minutes: change.minutes ?? 60}
	const path = join(folder, 'flush.json')
	const stream = new PassThrough()
	const record = await carryOut({
		plan,
		record: {...fakeRecord(plan), state: 'running', measurements: []},
		keep: async (kept) => {
			await writeRecord(path, kept)
			change.onKept?.(kept)
		},
		prepareLinux: async () => {},
		signal: new AbortController().signal,
		stream: stream as unknown as NodeJS.WriteStream,
		...change,
	})
	const written = async () => parseRecord(await readFile(path, 'utf8'), path)
	return {record, written, folder, said: writtenText(stream)}
}

test('flushes are timed, and a guest runs with its design: both are in the record', async (t) => {
	const runs = [cost('swap-pool'), cost('epoch-tag'), bare(defaultId), bare('policy=clear')]
	const {record, written, said} = await carriedOut(t, runs)
	t.is(record.state, 'complete')
	t.deepEqual(await written(), record)
	const [swap, , usual, cleared] = record.measurements
	t.deepEqual(
		swap!.costs!.map(({filled}) => filled),
		[16, 64],
	)
	for (const {flushing, p90} of swap!.costs!) t.true(flushing > 0 && p90 >= flushing)
	t.true(swap!.costs![0]!.clearing > 0, 'another thread clears what was swapped')
	for (const {error, programs, counters} of [usual!, cleared!]) {
		t.is(error, undefined)
		t.true(programs!['chase-4k']!.seconds > 0)
		t.true(counters!.instructions! > 1000)
	}
	t.is(usual!.programs!['chase-4k']!.check, cleared!.programs!['chase-4k']!.check)
	t.true((cleared!.counters!.cleared ?? 0) > 0, 'the design is that of the run')
	t.regex(said, /bench: 4 of 4, \d+ s left: bare metal, 1 hart, policy=clear, round 1\n$/)
})

test('QEMU runs the same binary, and computes the same', async (t) => {
	const file = await findQemu()
	if (file === undefined) return t.pass('no qemu-system-riscv64')
	const qemu: Subject = {id: 'QEMU', kind: 'qemu', file, version: await qemuVersionOf(file)}
	const all = [...subjects, qemu]
	const {record} = await carriedOut(t, [bare(defaultId), bare('QEMU')], {subjects: all})
	const [ours, theirs] = record.measurements
	t.is(theirs!.error, undefined)
	t.is(theirs!.programs!['chase-4k']!.check, ours!.programs!['chase-4k']!.check)
})

test('a run that fails is recorded with what it said, and the others go on', async (t) => {
	const prepareLinux = async () => {
		throw new Error('no network here')
	}
	const {record, folder, said} = await carriedOut(t, [boot, bare('QEMU 0'), bare(defaultId)], {prepareLinux})
	const [linux, qemu, usual] = record.measurements
	t.is(linux!.error, 'no network here')
	t.regex(qemu!.error!, /ENOENT/)
	t.is(usual!.error, undefined)
	t.is(record.state, 'complete')
	t.regex(said, /bench: boot, 1 hart, default, round 1: no network here\n/)
	await writeReport(folder, record)
	t.regex(
		await readFile(join(folder, 'flush.md'), 'utf8'),
		/## Runs that failed\n[^#]*\| boot \| default \| 1 \| 1 \| no network here \|/,
	)
})

test('what was measured before an interruption is a valid record and a report', async (t) => {
	const interruption = new AbortController()
	const runs = [cost('clear'), bare(defaultId), bare('policy=clear')]
	const {record, written, folder} = await carriedOut(t, runs, {
		signal: interruption.signal,
		// While the second run is under way.
		onKept: ({measurements}) => {
			if (measurements.length === 1) setTimeout(() => interruption.abort(new Error('stopped')), 50)
		},
	})
	t.is(record.state, 'interrupted')
	t.true(record.measurements.length < 3)
	t.deepEqual(await written(), record)
	await writeReport(folder, record)
	t.regex(await readFile(join(folder, 'flush.md'), 'utf8'), /interrupted/)
})

test('nothing begins that would end too late', async (t) => {
	const {record} = await carriedOut(t, [bare(defaultId)], {minutes: 0.01})
	t.is(record.state, 'out of time')
	t.deepEqual(record.measurements, [])
})
