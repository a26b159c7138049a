import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import type {Block} from '../../../src/bench/report/document.ts'
import {compareRecords, comparisonText} from '../../../src/bench/scale/compare.ts'
import {independentCompute, reached, worseThanQemu} from '../../../src/bench/scale/report/compared.ts'
import {writeReport} from '../../../src/bench/scale/report/report.ts'
import {disturbance} from '../../../src/bench/scale/report/sections.ts'
import {Summary} from '../../../src/bench/scale/report/summary.ts'
import {coefficient, withInterval, withUnit} from '../../../src/bench/scale/report/words.ts'
import {fakeEngines, fakeRecord} from './fake-record.ts'

const [ours, qemu, native] = fakeEngines.map(({id}) => id) as [string, string, string]
const exact = new Summary(fakeRecord({noise: 0}))
const near = (t: ExecutionContext, value: number | undefined, expected: number) =>
	t.true(Math.abs(value! - expected) < 1e-6 * Math.max(1, expected), `${value}, expected ${expected}`)

test('speed-up, efficiency and serial fraction follow from the rates of a repetition', (t) => {
	const place = {engine: ours, workload: 'lock', scaling: 'strong', harts: 4} as const
	// 4 / (1 + 0.9 · 3 + 0.1 · 4 · 3)
	near(t, exact.speedUp(place)!.median, 4 / 4.9)
	near(t, exact.efficiency(place)!.median, 1 / 4.9)
	near(t, exact.serialFraction(place)!.median, (4.9 / 4 - 1 / 4) / (3 / 4))
	near(t, exact.speedUp({...place, scaling: 'weak'})!.median, 4 / 4.9)
	near(t, exact.speedUp({...place, harts: 1})!.median, 1)
	t.is(exact.speedUp({...place, harts: 3}), undefined)
	near(t, exact.rateAgainst({...place, harts: 1}, qemu)!.median, 4 / 3)
	near(t, exact.speedUpAgainst(place, qemu)!.median, (1 + 0.4 * 3 + 0.05 * 12) / 4.9)
	t.deepEqual(exact.instructions(place)!.total.median, 1e6)
	t.is(exact.instructions({...place, engine: qemu}), undefined)
})

test('the law is fitted up to the cores, and to more only where these are too few', (t) => {
	const curve = {engine: ours, workload: 'lock', scaling: 'strong'} as const
	const within = exact.usl(curve)!
	t.false(within.beyondCores)
	t.true(Math.abs(within.sigma - 0.9) < 1e-3 && Math.abs(within.kappa - 0.1) < 1e-3)
	const {host} = exact.record
	const few = new Summary(fakeRecord({noise: 0, host: {...host, cores: 2}}))
	t.true(few.usl(curve)!.beyondCores)
	t.is(new Summary(fakeRecord({smp: [1, 2]})).usl(curve), undefined)
})

test('runs that failed give no figures, and are told', (t) => {
	const record = fakeRecord({repeat: 1})
	const runs = record.runs.map((run) => (run.workload === 'lock' ? {...run, error: 'did not end in 60 s'} : run))
	const summary = new Summary({...record, runs})
	t.deepEqual(
		summary.workloads.map(({name}) => name),
		['compute'],
	)
	t.is(summary.failures.length, runs.length / 2)
})

async function report(t: ExecutionContext, record = fakeRecord()) {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-report-test-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const {summary} = await writeReport(folder, record)
	const read = (name: string) => readFile(join(folder, name), 'utf8')
	return {
		summary,
		names: await readdir(folder),
		html: await read('report.html'),
		markdown: await read('report.md'),
		svg: await read('strong-lock.svg').catch(() => ''),
	}
}

/** Rendered once: the fits take a while. */
let usual: ReturnType<typeof report> | undefined
const usualReport = (t: ExecutionContext) => {
	usual ??= report(t)
	return usual
}

test('the report has what was measured, and says what scales worse than under QEMU', async (t) => {
	const {summary, markdown, names} = await usualReport(t)
	t.regex(
		markdown,
		/^`manyhart scale`, 2026-11-29: Manyhart 0\.1\.0, Node v26\.10\.0\. Host: linux 6\.1\.0, x64, 4 cores/m,
	)
	t.regex(markdown, /^6 of 12 points, of 1 of 2 workloads, scale worse than under QEMU by more than the spread\.$/m)
	t.regex(markdown, /^\| `lock` \| strong \| 8\* \| QEMU 7\.2\.22 \| 0\.50/m, 'points beyond the cores are marked')
	t.regex(summary, /^\| `lock` \| .* \| worse: 0\.5/m)
	t.regex(summary, /\nIn .*: report\.html, report\.md, 8 plots$/)
	t.notRegex(markdown, /NaN|undefined|Infinity/)
	for (const [, image] of markdown.matchAll(/\]\(([^)]+\.svg)\)/g)) t.true(names.includes(image!), image)
	t.deepEqual(
		names.filter((name) => name.endsWith('.svg')),
		[
			...['latency-doorbells.svg', 'latency-remoteFlushes.svg', 'strong-compute.svg', 'strong-lock.svg'],
			...['time-compute.svg', 'time-lock.svg', 'weak-compute.svg', 'weak-lock.svg'],
		],
	)
})

const textOf = (blocks: readonly Block[]) =>
	blocks.map((block) => (block.kind === 'paragraph' ? block.text : '')).join('\n')

test('what scales worse says which share of the time grew most, from the times of one hart', (t) => {
	const record = fakeRecord()
	const spent = {translated: 1, fence: 0.1, wfi: 0.9}
	const breakdowns = record.breakdowns.map((each) => ({
		...each,
		spent: each.harts === 1 ? spent : {translated: 0.5, fence: 1, wfi: 0.5},
		descheduled: each.harts > 4 ? 0.5 : 0,
	}))
	const rows = (change: Partial<typeof record>) =>
		worseThanQemu(new Summary({...record, ...change}))!.blocks.flatMap((block) =>
			block.kind === 'table' ? block.rows.map((row) => row.at(-1)) : [],
		)
	const grown = 'remote fences: 5.0 % to 50.0 %'
	const onEight = `${grown}; without a core: 0 % to 25.0 %`
	t.deepEqual(rows({breakdowns}), [grown, grown, onEight, grown, grown, onEight])
	const same = record.breakdowns.map((each) => ({...each, spent, descheduled: 0}))
	t.deepEqual([...new Set(rows({breakdowns: same}))], ['no share of the time grew'])
	t.deepEqual([...new Set(rows({breakdowns: []}))], ['–'])
})

test('independent compute is compared with processes on the host, and reached only by the whole interval', (t) => {
	const {blocks} = independentCompute(new Summary(fakeRecord({noise: 0})))!
	const [table] = blocks.flatMap((block) => (block.kind === 'table' ? [block] : []))
	// 2 / (1 + 0.01 + 0.001 · 2), of 2
	t.deepEqual(table!.rows, [
		['`compute`', 'strong', '0.988 [0.988–0.988]', '1.00 [1.00–1.00]', '0.988 [0.988–0.988]', 'reached'],
		['`compute`', 'weak', '0.988 [0.988–0.988]', '1.00 [1.00–1.00]', '0.988 [0.988–0.988]', 'reached'],
	])
	const spread = {median: 0.99, least: 0.9, greatest: 1, count: 5}
	t.is(reached({...spread, interval: [0.95, 1]}), 'reached')
	t.is(reached({...spread, interval: [0.949, 1]}), 'not shown: the interval is on both sides')
	t.is(reached({...spread, median: 0.9, interval: [0.8, 0.949]}), 'not reached')
	t.is(reached(spread), 'too few repetitions')
	t.is(independentCompute(new Summary(fakeRecord({smp: [1, 4]}))), undefined)
	const one = fakeRecord()
	t.regex(
		textOf(independentCompute(new Summary({...one, host: {...one.host, cores: 1}}))!.blocks),
		/fewer than 2 cores/,
	)
})

test('latencies are histograms, and tables of the same', async (t) => {
	const {markdown, html} = await usualReport(t)
	t.regex(markdown, /^\| at least \| 1 \| 2 \| 4 \| 8\* \|$/m)
	t.regex(markdown, /^\| 4 µs \| 50\.0 \| 50\.0 \| 50\.0 \| 50\.0 \|$/m)
	t.regex(markdown, /^\| 1 ms \| 10\.0 /m)
	t.regex(html, /on 2 harts: most, 60\.0 %, at least 8 µs and less than 16 µs/)
	t.true(html.includes('>latency, at least<'))
	// Of each workload: 60 of 100 are at least 4 and less than 8, 99 less than 32.
	t.regex(markdown, /^\| Doorbell to safepoint \| 4 \| strong \| 100 \| 8 µs \| 32 µs \|$/m)
	t.regex(markdown, /^\| Remote fence \| 8\* \| weak \| 100 \| 2 µs \| 2 µs \|$/m)
	t.notRegex(markdown, /^\| Wait for a lock \|/m)
})

test('on bare metal, a workload is compared with the native run of the same program', (t) => {
	const record = fakeRecord({noise: 0})
	const bare = (name: string) => (name === 'lock' ? 'bare/ring' : name)
	const hosts = (name: string) => (name === 'lock' ? 'ring' : name)
	const summary = new Summary({
		...record,
		workloads: record.workloads.map((workload) => ({...workload, name: bare(workload.name)})),
		runs: record.runs.map((run) => ({...run, workload: (run.engine === native ? hosts : bare)(run.workload)})),
	})
	const place = {engine: ours, workload: 'bare/ring', scaling: 'strong', harts: 4} as const
	t.deepEqual(
		summary.workloads.map(({name}) => name),
		['compute', 'bare/ring'],
	)
	// 4 / 4.9 here, 4 / (1 + 0.5 · 3 + 0.02 · 12) natively
	near(t, summary.speedUpAgainst(place, native)!.median, 2.74 / 4.9)
	near(t, summary.speedUp({...place, engine: native})!.median, 4 / 2.74)
	t.is(summary.speedUp({...place, engine: native, workload: 'bare/shootdown'}), undefined)
})

test('few repetitions call no difference, however great', (t) => {
	const {blocks} = worseThanQemu(new Summary(fakeRecord({repeat: 2})))!
	t.is(textOf(blocks), '12 points were compared. With fewer than five repetitions, none is called worse or better.')
})

test('who else had the cores is said where it matters', (t) => {
	const record = fakeRecord({repeat: 1})
	t.deepEqual(disturbance(new Summary(record)), [])
	const runs = record.runs.map((run) => ({...run, otherCores: 1.5}))
	t.regex(
		textOf(disturbance(new Summary({...record, runs}))),
		/^\*\*The host was busy\.\*\* In half of the runs other processes used 1\.50 or more of its 4 cores\./,
	)
})

test('report.html is one file, which a screen reader can read', async (t) => {
	const {html} = await usualReport(t)
	t.true(html.startsWith('<!doctype html>\n<html lang="en">'))
	t.notRegex(html, /<(?:script|link|img|iframe)\b|src=|@import|url\((?!#)/, 'nothing from outside')
	t.notRegex(html, /NaN|undefined|Infinity/)
	t.true(html.includes('<meta name="viewport" content="width=device-width,initial-scale=1">'))
	for (const media of ['screen and (prefers-color-scheme:dark)', 'print', '(max-width:480px)'])
		t.true(html.includes(`@media ${media}`), media)
	// Headings go down one level at a time, and the first is the only h1.
	const levels = [...html.matchAll(/<h(\d)/g)].map(([, level]) => Number(level))
	t.deepEqual(
		levels.filter((level) => level === 1),
		[1],
	)
	for (const [index, level] of levels.entries()) t.true(index === 0 || level <= levels[index - 1]! + 1)
	t.is(html.match(/<table>/g)?.length, html.match(/<caption>/g)?.length)
	t.notRegex(html, /<th(?! scope="(?:col|row)")(?!ead)/)
	const figures = [
		...html.matchAll(/<svg ([^>]*)>(<title id="([^"]+)">[^<]+<\/title><desc id="([^"]+)">[^<]+<\/desc>)?/g),
	]
	t.is(figures.length, 8)
	for (const [, attributes, , title, description] of figures)
		t.true(attributes!.includes(`role="img" aria-labelledby="${title} ${description}"`))
	const ids = [...html.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id)
	t.is(new Set(ids).size, ids.length, 'each id is there once')
	for (const [, id] of html.matchAll(/(?:href="#|url\(#)([^")]+)/g)) t.true(ids.includes(id), id)
	t.true(html.includes('Some &lt;Processor&gt; &amp; more'))
})

test('a record renders to the same files each time; without runs there is a report, too', async (t) => {
	const record = fakeRecord({smp: [1, 2], repeat: 2})
	const [one, other] = [await report(t, record), await report(t, record)]
	t.is(one.html, other.html)
	t.is(one.markdown, other.markdown)
	const {markdown} = await report(t, fakeRecord({runs: [], boots: [], breakdowns: [], state: 'interrupted'}))
	t.regex(markdown, /0 of 64 boots in 5 repetitions, interrupted\./)
})

test('plots name what they show, with hollow points beyond the cores and the ideal', async (t) => {
	const {svg} = await usualReport(t)
	for (const text of ['lock', 'Speed-up', 'harts', 'speed-up, one hart = 1', ours, qemu, native])
		t.true(svg.includes(`>${text}<`), text)
	t.regex(svg, /aria-label="harts: 8;[^"]*engine: Manyhart 0\.1\.0"[^>]*fill="#ffffff"/)
	t.regex(svg, /aria-label="harts: 4;[^"]*engine: Manyhart 0\.1\.0"[^>]*fill="#0072b2"/)
	t.notRegex(svg, /NaN/)
})

test('where time went is told by harts, in shares that add up, with the latencies of the boot', async (t) => {
	const {markdown, html} = await usualReport(t)
	// 0.375 of 2 seconds, and 0.1 without a core
	t.regex(markdown, /^\| 4 \| strong \| 18\.8 \| 5\.0 \| 2\.5 \| 5\.0 \| 1\.0 \| 67\.8 \| 5\.0 \|$/m)
	t.regex(markdown, /^\| 8\* \| weak \| /m)
	t.regex(markdown, /^\| from a ring of the doorbell to the safepoint \| 4 \| 40 \| 5\.00–8\.00 \| 90 \| 1,200 \|$/m)
	t.notRegex(markdown, /a wait for a lock of a device/, 'there was none')
	t.regex(html, /on 4: translated code 18\.8 %, interpreter 5\.0 %/)
	for (const breakdown of fakeRecord().breakdowns)
		t.true(Math.abs(Object.values(breakdown.spent).reduce((sum, seconds) => sum + seconds, 0) - 2) < 1e-9)
})

test('two records are compared where both have a point, and differences are called that the spread carries', (t) => {
	const one = fakeRecord({noise: 0.01})
	const {points, warnings} = compareRecords(one, fakeRecord({noise: 0.01, faster: 1.2, smp: [1, 4]}))
	t.deepEqual(warnings, [])
	t.deepEqual([...new Set(points.map(({harts}) => harts))], [1, 4])
	t.is(points.length, 2 * 3 * 3)
	for (const {verdict, ratio} of points) {
		t.is(verdict, 'more')
		t.true(Math.abs(ratio.median - 1.2) < 0.03)
	}
	const same = compareRecords(one, one)
	t.deepEqual([...new Set(same.points.map(({verdict}) => verdict))], ['none'])
	t.regex(comparisonText(same), /\n42 points: 0 faster, 0 slower, 42 not called\.$/)
	const few = compareRecords(fakeRecord({repeat: 3}), fakeRecord({repeat: 3, faster: 2}))
	t.deepEqual([...new Set(few.points.map(({verdict}) => verdict))], ['too few'])
	t.regex(comparisonText(few), /not called: fewer than five repetitions/)
})

test('no difference is called that another host, guest, method or amount of work may explain', (t) => {
	const one = fakeRecord({noise: 0.01})
	const faster = fakeRecord({noise: 0.01, faster: 2})
	const verdicts = (change: Partial<typeof one>) => {
		const comparison = compareRecords(one, {...faster, ...change})
		return {...Object.groupBy(comparison.points, ({verdict}) => verdict), text: comparisonText(comparison)}
	}
	for (const change of [{host: {...one.host, cores: 8}}, {guest: 'another'}, {campaign: 'a'}]) {
		const {more, less, text} = verdicts(change)
		t.deepEqual([more, less], [undefined, undefined], JSON.stringify(change))
		t.regex(
			text,
			/not called: see the note.*\n(?:.*\n)*.*: 0 faster, 0 slower, \d+ not called\.\nNote: the \w+ differ: /,
		)
	}
	const [first, ...others] = faster.workloads
	const {more, unlike, text} = verdicts({workloads: [{...first!, work: {emulated: 1, native: 1}}, ...others]})
	t.deepEqual([...new Set(unlike!.map(({workload}) => workload))], [first!.name])
	t.false(more!.some(({workload}) => workload === first!.name))
	t.regex(text, /\nNote: the amount of work differs: compute\.$/)
	t.truthy(verdicts({state: 'interrupted'}).more, 'what was measured was measured alike')
})

test('what differs beside the figures is said; another version of Manyhart is compared, another QEMU is not', (t) => {
	const one = fakeRecord({repeat: 1})
	const rename = (id: string) => id.replace('0.1.0', '0.2.0').replace('7.2.22', '9.1.0')
	const other = {
		...one,
		host: {...one.host, cores: 8},
		guest: 'another kernel',
		state: 'interrupted' as const,
		engines: one.engines.map((engine) => ({
			...engine,
			id: rename(engine.id),
			...(engine.kind === 'qemu' && {version: '9.1.0'}),
		})),
		runs: one.runs.map((run) => ({...run, engine: rename(run.engine)})),
	}
	const {points, warnings} = compareRecords(one, other as typeof one)
	t.deepEqual(
		[...new Set(points.map(({engines}) => engines.join(' → ')))],
		['Manyhart 0.1.0 → Manyhart 0.2.0', 'native → native'],
	)
	t.is(warnings.length, 3)
	t.regex(warnings[0]!, /^the hosts differ: .*4 cores.*; and .*8 cores/)
	t.is(comparisonText(compareRecords(one, {...one, engines: []})), 'The records have no point in common.')
})

test('figures have three digits and a unit, intervals in brackets', (t) => {
	t.is(withInterval({median: 1.5, least: 1, greatest: 2, count: 5, interval: [1.25, 1.75]}), '1.50 [1.25–1.75]')
	t.is(withInterval({median: 1.5, least: 1, greatest: 2, count: 3}), '1.50 (1.00–2.00)')
	t.is(withInterval({median: 1.5, least: 1.5, greatest: 1.5, count: 1}), '1.50')
	t.is(withInterval(undefined), '–')
	t.is(withUnit({median: 12_345_678, least: 12e6, greatest: 13e6, count: 2}), '12.3 (12–13) M')
	t.is(withUnit({median: 12.34, least: 12, greatest: 13, count: 1}), '12.3')
	t.is(coefficient(0.0001, [0, 0.0123]), '1.0e-4 [0–0.0123]')
})
