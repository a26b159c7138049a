import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {PassThrough} from 'node:stream'
import test, {type ExecutionContext} from 'ava'
import {measureDoorbells} from '../../../../scripts/bench/smp/doorbell.ts'
import {carryOut, type MeasureOptions} from '../../../../scripts/bench/smp/measure.ts'
import type {Run} from '../../../../scripts/bench/smp/plan.ts'
import type {SmpRecord} from '../../../../scripts/bench/smp/record.ts'
import {seriesOf} from '../../../../scripts/bench/smp/series.ts'
import type {Subject} from '../../../../scripts/bench/smp/subjects.ts'
import {writtenText} from '../../../main/command-line/written-text.ts'
import {fakeRecord} from './fake-record.ts'

const latencies = [...seriesOf('pair').map(({name}) => `latency ${name} 30 ticks`), 'latency: passed', ''].join('\n')

/** A machine whose guest prints this. */
const subject = (id: string, console: string, timedOut = false): Subject => ({
	id,
	kind: 'own',
	side: {name: id, boot: async () => ({console, exitCode: timedOut ? null : 0, seconds: 2, timedOut})},
})
const pair = (of: string): Run => ({kind: 'pair', subject: of, harts: 2, round: 0, samples: 1, seconds: 1})

async function carriedOut(t: ExecutionContext, subjects: readonly Subject[], change: Partial<MeasureOptions> = {}) {
	const kept: SmpRecord[] = []
	const stream = new PassThrough()
	const record = await carryOut({
		runs: subjects.map(({id}) => pair(id)),
		subjects,
		record: fakeRecord({state: 'running', subjects: subjects.map(({id}) => id)}),
		keep: async (each) => {
			kept.push(each)
		},
		wait: 0,
		signal: new AbortController().signal,
		stream: stream as unknown as NodeJS.WriteStream,
		...change,
	})
	t.deepEqual(kept.at(-1), record)
	return {record, kept, said: writtenText(stream)}
}

test('each run is in the record as soon as it has ended', async (t) => {
	const {record, kept, said} = await carriedOut(t, [subject('Manyhart', latencies), subject('QEMU', latencies)])
	t.is(record.state, 'complete')
	t.deepEqual(
		kept.map(({measurements}) => measurements.length),
		[1, 2, 2],
	)
	for (const {error, latencies: histograms} of record.measurements) {
		t.is(error, undefined)
		t.deepEqual(histograms?.['ipi-busy'], [[30, 1]])
	}
	t.regex(said, /bench: 2 of 2: latencies, 2 harts, QEMU, round 1\n$/)
})

test('a guest that does not print all is recorded with what it said, and the others go on', async (t) => {
	const half = latencies.replace(/latency wake[^\n]*\n/, '').replace('latency: passed\n', 'FAIL a remote fence\n')
	const {record} = await carriedOut(t, [subject('Manyhart', half, true), subject('QEMU', latencies)])
	const [failed, whole] = record.measurements
	t.regex(
		failed?.error ?? '',
		/^no samples of wake-idle; ended by force after 2 s, after: latency ipi-busy .* \| FAIL a remote fence$/,
	)
	t.deepEqual(failed?.latencies?.['ipi-busy'], [[30, 1]])
	t.is(whole?.error, undefined)
})

test('a machine that does not start is recorded, too', async (t) => {
	const broken: Subject = {
		...subject('QEMU', ''),
		side: {
			name: 'QEMU',
			boot: async () => {
				throw new Error('spawn ENOENT')
			},
		},
	}
	const {record} = await carriedOut(t, [broken, subject('Manyhart', latencies)])
	t.is(record.measurements[0]?.error, 'spawn ENOENT')
	t.is(record.measurements[1]?.error, undefined)
})

test('what was measured before an interruption is kept', async (t) => {
	const interruption = new AbortController()
	const interrupting: Subject = {
		...subject('QEMU', latencies),
		side: {
			name: 'QEMU',
			boot: async () => {
				interruption.abort()
				throw new Error('stopped')
			},
		},
	}
	const subjects = [subject('Manyhart', latencies), interrupting]
	const {record} = await carriedOut(t, subjects, {signal: interruption.signal})
	t.is(record.state, 'interrupted')
	t.deepEqual(
		record.measurements.map(({subject: of}) => of),
		['Manyhart'],
	)
})

test('doorbells are taken by harts that are busy, idle, or more than cores', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-smp-test-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const {signal} = new AbortController()
	const histograms = await measureDoorbells({harts: 3, samples: 2, seconds: 60, folder, signal})
	t.deepEqual(
		Object.keys(histograms),
		seriesOf('doorbell').map(({name}) => name),
	)
	for (const histogram of Object.values(histograms))
		t.is(
			histogram.reduce((sum, [, count]) => sum + count, 0),
			2,
		)
})
