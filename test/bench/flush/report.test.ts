import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {defaultId} from '../../../src/bench/flush/plan.ts'
import type {FlushRecord, Measurement} from '../../../src/bench/flush/record.ts'
import {figureText} from '../../../src/bench/flush/report/figure-text.ts'
import {reportPlots} from '../../../src/bench/flush/report/plots.ts'
import {writeReport} from '../../../src/bench/flush/report/report.ts'
import {Summary} from '../../../src/bench/flush/report/summary.ts'
import {reportTables} from '../../../src/bench/flush/report/tables.ts'
import {plotSvg} from '../../../src/bench/report/plot.ts'
import {figure, withSpread} from '../../../src/bench/report/words.ts'
import {fakePlan, fakeRecord} from './fake-record.ts'

const whole = new Summary(fakeRecord())
const qemu = 'QEMU 7.2.22'

const about = {kind: 'linux', harts: 1, took: 1} as const
const timed = (
	subject: string,
	round: number,
	began: number,
	seconds: Readonly<Record<string, number>>,
): Measurement => ({
	...about,
	subject,
	round,
	began,
	programs: Object.fromEntries(Object.entries(seconds).map(([name, value]) => [name, {seconds: value, check: '1'}])),
})

/** Two rounds; in the second the default came twice. */
const small: FlushRecord = {
	...fakeRecord(),
	measurements: [
		timed(defaultId, 0, 0, {pipe: 4, exec: 2}),
		timed('policy=clear', 0, 10, {pipe: 2, exec: 2}),
		timed(qemu, 0, 20, {pipe: 8, exec: 1}),
		timed(defaultId, 1, 100, {pipe: 100, exec: 100}),
		timed(defaultId, 1, 190, {pipe: 6, exec: 3}),
		timed('policy=clear', 1, 200, {pipe: 2, exec: 3}),
		{...about, subject: 'policy=undo', round: 1, began: 210, error: 'gone'},
	],
}

test('a speed is the time of the nearest run of the default, divided by the own time', (t) => {
	const summary = new Summary(small)
	t.deepEqual(summary.speed('pipe', 'policy=clear'), {median: 2.5, least: 2, greatest: 3, count: 2})
	t.deepEqual(summary.speed('exec', 'policy=clear'), {median: 1, least: 1, greatest: 1, count: 2})
	t.is(summary.speed('pipe', 'policy=undo'), undefined)
	t.is(summary.speed('pipe', defaultId, qemu)!.greatest, 2)
	const [first, second] = [Math.sqrt(2), Math.sqrt(3)]
	const mean = summary.meanSpeed('switches', 'policy=clear')!
	t.true(Math.abs(mean.least - first) < 1e-12 && Math.abs(mean.greatest - second) < 1e-12)
})

test('runs of the default without the programs before are not compared with', (t) => {
	const mix = (subject: string, programs: Record<string, number>) => timed(subject, 0, 0, programs)
	const summary = (measurements: Measurement[]) => new Summary({...fakeRecord(), measurements})
	const usual = mix(defaultId, {pipe: 4, files: 2})
	t.is(summary([usual, mix('victim=8', {files: 3})]).speed('files', 'victim=8'), undefined)
	t.is(summary([usual, mix('victim=8', {pipe: 4, files: 1})]).speed('files', 'victim=8')!.median, 2)
})

test('runs that failed are told, and give no figures', (t) => {
	const summary = new Summary(small)
	t.deepEqual(
		summary.failures.map(({subject}) => subject),
		['policy=undo'],
	)
	t.deepEqual(summary.parts, ['switches'])
})

test('costs are in microseconds, with the spread of the rounds, per subject, size and fill', (t) => {
	const cost = (round: number, flushing: number, clearing: number): Measurement => ({
		...about,
		kind: 'cost',
		subject: 'policy=swap-pool',
		round,
		began: round,
		log2Entries: 6,
		costs: [{filled: 64, flushing, p90: flushing, clearing, poolDry: 0}],
	})
	const summary = new Summary({...small, measurements: [cost(0, 1000, 500), cost(1, 3000, 700), cost(2, 2000, 900)]})
	const [row, ...others] = summary.costs()
	t.deepEqual(others, [])
	t.like(row, {fill: 'all', log2Entries: 6, flushing: {median: 2, least: 1, greatest: 3, count: 3}})
	t.deepEqual([row!.total.least, row!.total.greatest], [1.5, 3.7])
})

test('the tables have what was measured: each part by each key of --tlb, QEMU, flushes', (t) => {
	const names = reportTables(whole).map(({name}) => name)
	t.is(new Set(names).size, names.length)
	for (const name of [
		'cost-all',
		'cost-few-total',
		'cost-fill',
		'effects',
		'qemu',
		'boot',
		'compute-size',
		'storms-policy',
		'switches-asids',
		'mix-encoding',
		'boot-combinations',
		'remote',
		'switch-flushes',
		'flushes',
	])
		t.true(names.includes(name), name)
	for (const {name, lines} of reportTables(whole)) {
		t.notRegex(lines.join('\n'), /NaN|undefined|Infinity/, name)
		const columns = lines.map((line) => line.replaceAll('\\|', '').split('|').length)
		t.is(new Set(columns).size, 1, name)
	}
	t.deepEqual(reportTables(new Summary({...small, measurements: []})), [])
})

test('misses are shares by class, of designs that tell them apart', (t) => {
	const subject = 'statistics=all'
	t.is(whole.missShare('flushed', {program: 'boot', subject})!.median, 25)
	t.is(whole.missShare('upgrade', {program: 'boot', subject})!.median, 0)
	t.is(whole.missShare('cold', {program: 'boot', subject: defaultId}), undefined)
	const {lines} = reportTables(whole).find(({name}) => name === 'misses-boot')!
	t.regex(lines.join('\n'), /misses of small tables \(`size=64,statistics=all`\) \| 40 \(40–40\)/)
})

test('the plots are SVG with a card of their own, titles, units and a legend; without figures there are none', async (t) => {
	const plots = reportPlots(whole)
	t.deepEqual(
		plots.map(({name}) => name),
		['cost-size', 'cost-fill', 'compute-size', 'storms-policy', 'switches-asids', 'boot', 'effects', 'qemu'],
	)
	for (const plot of plots) {
		const svg = await plotSvg(plot)
		t.true(svg.startsWith('<svg '), plot.name)
		t.regex(svg, /<rect [^>]*fill="#ffffff"/, plot.name)
		t.regex(svg, /microseconds|seconds until|speed, /, plot.name)
		t.notRegex(svg, /NaN|undefined|Infinity/, plot.name)
		t.true(svg.includes('bars go from the least to the greatest'), plot.name)
	}
	t.regex(await plotSvg(plots[0]!), /swap-undo/)
	t.deepEqual(reportPlots(new Summary({...small, measurements: []})), [])
})

test('a record renders to the same files each time', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-report-test-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const record = fakeRecord(fakePlan('quick'), {amount: 'quick', state: 'out of time', planned: 99})
	const [one, other] = [join(folder, 'one'), join(folder, 'other')]
	const {summary} = await writeReport(one, record)
	await writeReport(other, record)
	t.regex(summary, /What each design does to speed/)
	const names = await readdir(one)
	t.deepEqual(names, await readdir(other))
	for (const name of names)
		t.is(await readFile(join(one, name), 'utf8'), await readFile(join(other, name), 'utf8'), name)
	const page = await readFile(join(one, 'flush.md'), 'utf8')
	t.regex(page, /^`manyhart bench flush`, 2026-11-29: Manyhart 0\.1\.0, Node v26\.10\.0, QEMU 7\.2\.22; linux/m)
	t.regex(page, /^\d+ of 99 runs in 1 round, out of time; seed 1\./m)
	t.regex(page, /A quick look/)
	for (const [, image] of page.matchAll(/\]\(([^)]+\.svg)\)/g)) t.true(names.includes(image!), image)
})

test('figures have three digits, and spreads from two rounds on', (t) => {
	t.deepEqual([0, 0.012345, 0.9996, 1.234, 45.67, 34, 123456].map(figure), [
		'0',
		'0.0123',
		'1.000',
		'1.23',
		'45.7',
		'34',
		'123,456',
	])
	t.is(withSpread({median: 1, least: 0.5, greatest: 2, count: 3}), '1.00 (0.500–2.00)')
	t.is(withSpread({median: 1, least: 1, greatest: 1, count: 1}), '1.00')
	t.is(withSpread(undefined), '–')
})

test('a figure within a sentence is named by words', (t) => {
	const summary = new Summary(small)
	t.is(figureText('speed pipe policy=clear', summary), '2.50 (2.00–3.00)')
	t.is(figureText('median speed pipe policy=clear', summary), '2.50')
	t.is(figureText('spread speed pipe policy=clear', summary), '2.00–3.00')
	t.is(figureText('median speed pipe default than QEMU', summary), '1.33')
	t.is(figureText('median speed switches policy=clear', summary), '1.57')
	t.is(figureText('median seconds exec default', summary), '3.00')
	t.regex(figureText('cost policy=clear 4096 all total', whole), /^\d\.\d\d \(\d\.\d\d–\d\.\d\d\)$/)
	t.is(figureText('median tables emptied boot QEMU', whole), '12,000')
	for (const words of ['speed pipe policy=clera', 'cost policy=clear 4095 all', 'pipe', ''])
		t.throws(() => figureText(words, summary), {name: 'UserError', message: /^Expected a figure that the record has/})
})
