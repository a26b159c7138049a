/** docs/benchmarks.md and the README's speeds: their record, and how it is measured. */
import {readFile} from 'node:fs/promises'
import test from 'ava'
import {bootCounters, churn, flush, footprint, lookup} from '../../../scripts/bench/page/costs.ts'
import {idle} from '../../../scripts/bench/page/idle.ts'
import {measure, shown} from '../../../scripts/bench/page/measure.ts'
import {type BenchmarkRecord, type Entry, emptyRecord} from '../../../scripts/bench/page/record.ts'
import {render, withSpeeds} from '../../../scripts/bench/page/render.ts'
import {boot, cpu, twoAtOnce} from '../../../scripts/bench/page/speeds.ts'
import {bench, manyhart, type Table, table} from '../../../scripts/bench/page/table.ts'
import {chooseTables, measurableNames, tables} from '../../../scripts/bench/page/tables.ts'
import {fromRoot} from '../../../scripts/build/project.ts'

const record: BenchmarkRecord = JSON.parse(await readFile(fromRoot('docs/benchmarks.json'), 'utf8'))

test('docs/benchmarks.md is what docs/benchmarks.json renders to', async (t) => {
	t.is(await readFile(fromRoot('docs/benchmarks.md'), 'utf8'), render(record), 'npm run bench -- page --render')
})

test('the README has the speeds of the record', async (t) => {
	const readme = await readFile(fromRoot('README.md'), 'utf8')
	t.is(readme, withSpeeds(readme, record), 'npm run bench -- page --render')
})

test('every record is on the page, with the command and the day of its measurement', (t) => {
	for (const [name, {command, date}] of Object.entries(record.tables)) {
		t.true(
			tables.some((each) => each.name === name),
			name,
		)
		t.regex(date, /^\d{4}-\d\d-\d\d/, name)
		t.is(command !== undefined, measurableNames.includes(name), name)
	}
	t.is(new Set(tables.map(({name}) => name)).size, tables.length)
})

/** The table's lines, after it has read the outputs and the record has been written and read again. */
function linesOf({read, lines}: Table, outputs: readonly unknown[]): readonly string[] {
	return lines(JSON.parse(JSON.stringify(read(outputs))))
}

const speed = (median: number) => ({median, least: median / 2, greatest: median * 2})

test('speeds: groups, programs, and boots with their harts', (t) => {
	const programs = [{program: 'sort', ours: 2, peer: 3.00001, speed: speed(1.500_01)}]
	t.deepEqual(linesOf(cpu, [{programs, groups: [{group: 'integer', programs: 2, speed: speed(1.25)}]}]), [
		'| | Manyhart | QEMU | speed | lowest – highest |',
		'| - | -: | -: | -: | -: |',
		'| **integer**, geometric mean of 2 | | | **1.25** | 0.63 – 2.50 |',
		'| sort | 2.00 s | 3.00 s | 1.50 | 0.75 – 3.00 |',
	])
	const bootOf = (harts: number) => ({harts, rows: [{program: 'boot to shell', ours: 4, peer: 2, speed: speed(0.5)}]})
	t.deepEqual(linesOf(boot, [bootOf(1), bootOf(2)]).slice(2), [
		'| 1 hart | 4.00 s | 2.00 s | 0.50 | 0.25 – 1.00 |',
		'| 2 harts | 4.00 s | 2.00 s | 0.50 | 0.25 – 1.00 |',
	])
})

test('idle machines: both sides by harts, and what was added to the command line', (t) => {
	const use = {bootSeconds: 12.34, bootCpuSeconds: 5.678, cpuPercent: 0.444, wakeups: 8.24, residentMiB: 501.9}
	const outputs = [
		{rows: [{side: 'manyhart', harts: 1, warnings: 0, idle: use}]},
		{append: 'nowatchdog', rows: [{side: 'QEMU', harts: 64, warnings: 2}]},
	]
	t.deepEqual(linesOf(idle, outputs).slice(2), [
		'| 1 hart, Manyhart | 0.44 % | 8.2 | 502 MiB | 12.3 s | 5.68 s | 0 |',
		'| 64 harts, `nowatchdog`, QEMU | – | – | – | – | – | 2 |',
	])
})

test('footprint: the parts of each side in MiB, and what is resident', (t) => {
	const parts = {'guest RAM': 100 * 2 ** 20, 'heaps of V8': 0}
	const side = (name: string, resident: number) => ({side: name, resident: resident * 2 ** 20, parts})
	const lines = linesOf(footprint, [
		{footprints: [side('manyhart', 400.4), side('the other build', 650), side('QEMU', 230.6)]},
	])
	t.deepEqual(lines.slice(0, 3), [
		'| | Manyhart | before | QEMU |',
		'| - | -: | -: | -: |',
		'| guest RAM | 100 | 100 | 100 |',
	])
	t.is(lines.at(-1), '| **resident** | **400** | **650** | **231** |')
	t.true(lines.includes('| heaps of V8 | – | – | – |'))
})

test('two at once: the time of one divided by the time of two', (t) => {
	const output = (...times: readonly (readonly [string, number, number])[]) => ({
		programs: times.map(([program, ours, peer]) => ({program, ours, peer, speed: speed(1)})),
		groups: [],
	})
	t.deepEqual(linesOf(twoAtOnce, [output(['a', 1, 2], ['b', 1, 1]), output(['a', 2, 2], ['b', 2, 4])]).slice(2), [
		'| a | 0.50 | 1.00 |',
		'| b | 0.50 | 0.25 |',
		'| **geometric mean** | **0.50** | **0.50** |',
	])
})

test('flushes: swap beside clear by size, then undo', (t) => {
	const cost = (policy: string, log2Entries: number, filled: number, flushing: number) => ({
		...{kind: 'cost', subject: `policy=${policy}`, harts: 1, round: 0, log2Entries, began: 0, took: 1},
		costs: [{filled, flushing, p90: flushing, clearing: 0, poolDry: 0}],
	})
	const measurements = [cost('swap-pool', 6, 64, 3456), cost('clear', 6, 64, 1400), cost('undo', 12, 1024, 700)]
	t.deepEqual(
		linesOf(flush, [{measurements}]).filter((line) => /\d/.test(line)),
		[
			'| entries per table | 2^6 |',
			'| swap from the pool | 3.5 |',
			'| clear in place | 1.4 |',
			'| entries filled per table | 1,024 |',
			'| undo, in the hart core | 0.7 |',
		],
	)
})

test('lookups: a column for each way but the first, and their means', (t) => {
	const ways = [
		{lookup: 'inline', lastPages: 'on'},
		{lookup: 'outlined', lastPages: 'off'},
	]
	const row = (program: string, fastest: number) => ({program, seconds: 1, speeds: [{fastest, ...speed(1)}]})
	const lines = linesOf(lookup, [{ways, programs: [row('a', 0.5), row('b', 2)]}])
	t.is(lines[0], '| | outlined, last pages off |')
	t.is(lines[2], '| a | 0.50 (0.50 – 2.00) |')
	t.is(lines[4], '| **geometric mean** | **1.00** |')
	t.is(lines.at(-1), 'The first way: inline, last pages on.')
})

test('a boot’s counters are summed over the harts; what an old record lacks is a dash', (t) => {
	const hart = (chainRate: number) => ({
		instructions: 1e9,
		instructionsTranslated: 75e7,
		pageWalks: 1000,
		chainRate,
		tlb: {swaps: 1, undone: 2},
	})
	const translation = {regions: 3, modules: 2, wasmBytes: 1.5e6}
	const lines = linesOf(bootCounters, [{smp: 2, statistics: {harts: [hart(0.75), hart(0.5)], translation}}])
	t.deepEqual(lines.slice(2), [
		'| instructions | 2.00 G |',
		'| interpreted | 25.0 % |',
		'| chain rate | 0.50 – 0.75 |',
		'| page walks | 2,000 |',
		'| TLB tables swapped | 2 |',
		'| TLB tables undone | 4 |',
		'| regions | 3 |',
		'| modules | 2 |',
		'| WebAssembly | 1.5 MB |',
	])
	const old = bootCounters.lines({
		rows: [
			{harts: 1, swaps: 7},
			{harts: 2, undone: 3},
		],
	})
	t.true(old.includes('| TLB tables swapped | 7 | – |'))
})

test('a table without an entry says how it is measured; a note and the versions are shown', (t) => {
	t.regex(render(emptyRecord, [churn]), /Not measured yet\.\n`npm run bench -- page --table churn`/)
	const entry: Entry = {
		command: 'npm run bench -- flush\nnpm run bench -- churn',
		date: '2026-11-23',
		qemu: 'QEMU emulator version 7.2.22',
		host: 'two cores',
		note: 'On a busy day.',
		figures: {rows: []},
	}
	const page = render({tables: {churn: entry}}, [churn])
	t.regex(page, /\n\nOn a busy day\.\n\nMeasured 2026-11-23; QEMU emulator version 7\.2\.22; two cores\.\n/)
	t.true(page.endsWith('```sh\nnpm run bench -- flush\nnpm run bench -- churn\n```\n'))
})

test('a README without a place for the speeds is refused', (t) => {
	t.throws(() => withSpeeds('# Manyhart\n', record), {message: /Expected README.md to have/})
})

test('tables are chosen by name, in the order of the page', (t) => {
	t.deepEqual(
		chooseTables('flush,cpu').map(({name}) => name),
		['cpu', 'flush'],
	)
	t.deepEqual(
		chooseTables(undefined).map(({name}) => name),
		tables.map(({name}) => name).filter((name) => !['peers', 'code-stores', 'leads'].includes(name)),
	)
	t.throws(() => chooseTables('peers'), {message: /Expected --table to be one of/})
})

test('commands are shown as a shell takes them', (t) => {
	t.is(shown(bench('boot', '--', '--accel', 'interp')), 'npm run bench -- boot -- --accel interp')
	t.is(
		shown(manyhart('run', '--input', String.raw`poweroff -f\n`)),
		String.raw`npx manyhart run --input 'poweroff -f\n'`,
	)
})

test('an entry has what the commands printed or wrote, the day and the host', async (t) => {
	const small = table<Readonly<{rows: number; smp: number}>>({
		name: 'small',
		title: 'Small',
		about: [],
		commands: [
			bench('churn', '--seconds', '1', '--every', '1'),
			manyhart('run', '--guest', 'smp-demo', '--smp', '1', '--memory', '64M', '--stats', 'FILE'),
		],
		comparesWithQemu: false,
		read: (outputs) => {
			const [printed, written] = outputs as readonly [{rows: readonly unknown[]}, {smp: number}]
			return {rows: printed.rows.length, smp: written.smp}
		},
		lines: () => [],
	})
	const {command, date, node, qemu, host, figures} = await measure(small)
	t.is(command, small.commands.map(shown).join('\n'))
	t.is(date, new Date().toISOString().slice(0, 10))
	t.is(node, process.version)
	t.is(qemu, undefined)
	t.regex(host, /\d+ cores/)
	t.deepEqual(figures, {rows: 1, smp: 1})
})

test('a command that fails is named', async (t) => {
	const failing = {...cpu, commands: [bench('cpu', '--program', 'sive')]}
	await t.throwsAsync(measure(failing), {message: /Expected npm run bench -- cpu --program sive to end with 0, got 2/})
})
