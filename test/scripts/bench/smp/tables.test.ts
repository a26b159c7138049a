import test from 'ava'
import {render} from '../../../../scripts/bench/page/render.ts'
import {smp, smpLatency} from '../../../../scripts/bench/page/smp.ts'
import {parseRecord, recordText} from '../../../../scripts/bench/smp/record.ts'
import {entriesOf, report, typedCommand} from '../../../../scripts/bench/smp.ts'
import {fakeRecord, timed, wholeRecord} from './fake-record.ts'

/** As docs/benchmarks.md has it, after the record was written and read again. */
const pageOf = (record = wholeRecord()) =>
	render({tables: JSON.parse(JSON.stringify(entriesOf(record)))}, [smp, smpLatency])

test('the table of programs has medians, least times and speeds, by harts; the fastest is bold', (t) => {
	const lines = pageOf().split('\n')
	t.true(lines.includes('| | 1 hart | 16 harts |'))
	t.true(lines.includes('| mmap, 4 pages touched, munmap, 1 thread | **1.50** / 3.00 | **1.50** / 3.00 |'))
	t.true(lines.includes('| mmap, 4 pages touched, munmap, 1 thread | **1.00** / 2.00 | **1.00** / 2.00 |'))
	t.true(lines.includes('| mmap, 4 pages touched, munmap, 1 thread | 2.00 | 2.00 |'))
	t.true(lines.includes('| **geometric mean** | 2.00 | 2.00 |'))
	t.true(
		lines.some((line) =>
			line.startsWith('| computing while another thread does an mprotect 1,000 times a second | 1.14'),
		),
	)
})

test('the table of latencies has percentiles by series and subject, and a dash where only Manyhart can be measured', (t) => {
	const lines = pageOf().split('\n')
	t.true(lines.includes('| | the target | Manyhart | QEMU 7.2.22 |'))
	t.true(lines.includes('| IPI to handler | busy | 2.00 / 2.00 / 200 / 200 | 4.00 / 4.00 / 400 / 400 |'))
	t.true(lines.some((line) => /^\| doorbell to safepoint \| idle \| [\d., /]+ \| – \|$/.test(line)))
	t.regex(pageOf(), /More harts than cores: 8, otherwise two\./)
})

test('the tables have the day, the machine and the command, and no gaps', (t) => {
	const page = pageOf()
	t.is(page.match(/Measured 2026-11-29; Node v26\.10\.0; linux, x64, 2 cores\./g)?.length, 2)
	t.is(page.match(/```sh\nnpm run bench -- smp\n```/g)?.length, 2)
	t.notRegex(page, /NaN|undefined|Infinity|null/)
})

test('a part that was not measured leaves its table on the page as it was', (t) => {
	t.deepEqual(Object.keys(entriesOf(fakeRecord({measurements: [timed('Manyhart', {pipe: 1})]}))), ['smp'])
	const page = pageOf(fakeRecord({measurements: [timed('Manyhart', {pipe: 1e-3})]}))
	t.regex(page, /\| pipe: to another process and back \| 1,000 \/ – \|/)
	t.regex(page, /`npm run bench -- page --table smp-latency` measures it/)
})

test('the report says which runs others disturbed', (t) => {
	const measurements = [timed('Manyhart', {pipe: 1}, {others: 1}), timed('QEMU 7.2.22', {pipe: 2})]
	t.regex(
		report(fakeRecord({measurements})),
		/^2 runs; other processes took 0\.500 \(0–1\.00\) cores meanwhile\. Runs that lost more .*: 1\. Only disturbed runs are there, and count, of Manyhart on 2 harts\.$/m,
	)
	t.regex(report(wholeRecord()), /^8 runs; other processes took 0 \(0–0\) cores meanwhile\.$/m)
})

test('a record is read as it was written; another schema is refused', (t) => {
	const record = wholeRecord()
	t.deepEqual(parseRecord(recordText(record), 'smp.json'), record)
	t.throws(() => parseRecord(recordText(record).replace('"schema":1', '"schema":2'), 'smp.json'), {
		name: 'UserError',
		message: /^Expected smp\.json to be a record of bench -- smp, schema 1, got schema: /,
	})
	t.throws(() => parseRecord('{', 'smp.json'), {message: /^Expected smp\.json to be JSON/})
})

test('the command is kept as typed, without names of files', (t) => {
	t.is(
		typedCommand(['smp', '--rounds', '3', '--qemu', '/opt/q/qemu', '--against=/x/y.js', '--', '--accel', 'jit']),
		'npm run bench -- smp --rounds 3 --qemu FILE --against FILE -- --accel jit',
	)
})
