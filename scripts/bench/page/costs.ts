/** Tables of costs: flushes, ways to look up a page, translation under churn, a boot's counters. */
import type {FlushRecord} from '../../../src/bench/flush/record.ts'
import {type CostRow, Summary} from '../../../src/bench/flush/report/summary.ts'
import type {ChurnRow} from '../churn.ts'
import type {Footprint} from '../footprint.ts'
import type {LookupSpeed} from '../lookup.ts'
import {parts} from '../memory-parts.ts'
import {geometricMean} from '../speeds.ts'
import {bench, dash, manyhart, markdown, orDash, rounded, statisticsFile, table} from './table.ts'

const two = (figure: number) => figure.toFixed(2)
const count = (figure: number) => figure.toLocaleString('en')
const mebibytes = (bytes: number, digits: number) => `${(bytes / 2 ** 20).toFixed(digits)} MiB`

/** Medians in microseconds. */
export type FlushFigures = Readonly<{
	full: readonly Readonly<{log2Entries: number; swap: number; clear: number}>[]
	undo: readonly Readonly<{filled: number; undo: number}>[]
}>
export const flush = table<FlushFigures>({
	name: 'flush',
	title: 'A TLB flush',
	about: [
		'Cost to the flushing thread of a flush of the three translated regimes’ tables: medians in µs. A helper clears the',
		'retired tables outside the timing. First, full tables by their size; then undo, by the number of filled entries of',
		'2^12 in each table.',
	],
	commands: [bench('flush', '--only', 'cost', '--out', 'build/flush')],
	comparesWithQemu: false,
	read: ([output]) => {
		const rows = new Summary(output as FlushRecord).costs()
		const micro = ({flushing}: CostRow) => rounded(flushing.median, 3)
		const full = (policy: string) => rows.filter(({subject, fill}) => subject === `policy=${policy}` && fill === 'all')
		const cleared = new Map(full('clear').map((row) => [row.log2Entries, micro(row)]))
		return {
			full: full('swap-pool')
				.toSorted((one, other) => one.log2Entries - other.log2Entries)
				.map((row) => ({log2Entries: row.log2Entries, swap: micro(row), clear: cleared.get(row.log2Entries)!})),
			undo: rows
				.filter(({subject, log2Entries, filled}) => subject === 'policy=undo' && log2Entries === 12 && filled <= 1024)
				.toSorted((one, other) => one.filled - other.filled)
				.map((row) => ({filled: row.filled, undo: micro(row)})),
		}
	},
	lines: ({full, undo}) => [
		...markdown(
			['entries per table', ...full.map(({log2Entries}) => `2^${log2Entries}`)],
			[
				['swap from the pool', ...full.map(({swap}) => swap.toFixed(1))],
				['clear in place', ...full.map(({clear}) => clear.toFixed(1))],
			],
		),
		'',
		...markdown(
			['entries filled per table', ...undo.map(({filled}) => count(filled))],
			[['undo, in the hart core', ...undo.map((row) => row.undo.toFixed(1))]],
		),
	],
})

type Way = Readonly<Record<string, string>>
type RecordedLookup = Omit<LookupSpeed, 'median'>
export type LookupFigures = Readonly<{
	ways: readonly Way[]
	programs: readonly Readonly<{program: string; speeds: readonly RecordedLookup[]}>[]
}>
type LookupOutput = Readonly<{
	ways: readonly Way[]
	programs: readonly Readonly<{program: string; speeds: readonly LookupSpeed[]}>[]
}>

export const lookup = table<LookupFigures>({
	name: 'lookup',
	title: 'Ways to look a page up',
	about: [
		'Programs on bare metal, in each way that translated code can look up a page in the TLB (inline or by a shared function,',
		'with or without last pages, in both encodings of tags). The figure is the first way’s time divided by the time of the',
		'way in the column: below 1 that way is slower. It is of the fastest runs, with the lowest and highest of a round.',
	],
	commands: [bench('lookup')],
	comparesWithQemu: false,
	read: ([output]) => {
		const {ways, programs} = output as LookupOutput
		return {
			ways,
			programs: programs.map(({program, speeds}) => ({
				program,
				speeds: speeds.map(({fastest, least, greatest}) => ({
					fastest: rounded(fastest),
					least: rounded(least),
					greatest: rounded(greatest),
				})),
			})),
		}
	},
	lines: ({ways, programs}) => {
		const means = ways.slice(1).map((_, i) => geometricMean(programs.map(({speeds}) => speeds[i]!.fastest)))
		return [
			...markdown(
				['', ...ways.slice(1).map(wayInWords)],
				[
					...programs.map(({program, speeds}) => [
						program,
						...speeds.map(({fastest, least, greatest}) => `${two(fastest)} (${two(least)} – ${two(greatest)})`),
					]),
					['**geometric mean**', ...means.map((mean) => `**${two(mean)}**`)],
				],
			),
			'',
			`The first way: ${wayInWords(ways[0]!)}.`,
		]
	},
})

const wayInWords = (way: Way) =>
	Object.entries(way)
		.map(([name, value]) => (value === 'on' || value === 'off' ? `${phrase(name)} ${value}` : value))
		.join(', ')
/** lastPages → last pages. */
const phrase = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

export type ChurnFigures = Readonly<{rows: readonly Omit<ChurnRow, 'interpretedShare' | 'retiredModules'>[]}>

export const churn = table<ChurnFigures>({
	name: 'churn',
	title: 'Ten minutes of churn',
	about: [
		'A guest endlessly writes programs over one another, with at most 8 MiB of live WebAssembly. The resident size is that of',
		'the whole process: guest memory, and modules and machine code that V8’s garbage collector has not freed yet.',
	],
	commands: [bench('churn', '--seconds', '600', '--every', '60', '--wasm', '8')],
	comparesWithQemu: false,
	read: ([output]) => {
		const {rows} = output as Readonly<{rows: readonly ChurnRow[]}>
		return {
			rows: rows.map(({interpretedShare: _, retiredModules: __, seconds, instructions, ...counters}) => ({
				seconds: Math.round(seconds),
				instructions: rounded(instructions),
				...counters,
			})),
		}
	},
	lines: ({rows}) =>
		markdown(
			['after', 'instructions', 'modules', 'regions', 'live modules', 'live regions', 'live WebAssembly', 'resident'],
			rows.map((row) => [
				`${row.seconds} s`,
				`${(row.instructions / 1e9).toFixed(0)} G`,
				...[row.modules, row.regions, row.liveModules, row.liveRegions].map(count),
				mebibytes(row.liveWasmBytes, 1),
				mebibytes(row.residentBytes, 0),
			]),
		),
})

/** Sums over the harts; old records lack some. */
export type BootCounters = Readonly<{
	harts: number
	instructions?: number
	interpretedShare?: number
	pageWalks?: number
	swaps?: number
	undone?: number
	/** Over the harts. */
	chainRate?: Readonly<{least: number; greatest: number}>
	regions?: number
	modules?: number
	wasmBytes?: number
}>
export type CounterFigures = Readonly<{rows: readonly BootCounters[]}>

type HartCounters = Readonly<{
	instructions: number
	instructionsTranslated: number
	pageWalks: number
	chainRate: number
	tlb: Readonly<{swaps: number; undone: number}>
}>
type StatisticsOutput = Readonly<{
	smp: number
	statistics: Readonly<{
		harts: readonly HartCounters[]
		translation: Readonly<{regions: number; modules: number; wasmBytes: number}>
	}>
}>

const countedBoot = (harts: string) =>
	manyhart(
		...['run', '--no-translation-cache', '--guest', 'debian', '--smp', harts, '--count-chains'],
		...['--input', String.raw`poweroff -f\n`],
		...['--timeout', '600', '--stats', statisticsFile],
	)

export const bootCounters = table<CounterFigures>({
	name: 'boot-counters',
	title: 'What a boot does',
	about: [
		'Counters of a boot of Debian to its shell and power-off. [statistics.md](statistics.md) explains them. The chain rate is',
		'the share of calls, jumps and returns out of regions that did not need the interpreter.',
	],
	commands: [countedBoot('1'), countedBoot('2')],
	comparesWithQemu: false,
	read: (outputs) => ({rows: (outputs as readonly StatisticsOutput[]).map(countersOf)}),
	lines: ({rows}) => {
		const line = <Name extends Exclude<keyof BootCounters, 'harts'>>(
			title: string,
			name: Name,
			text: (value: NonNullable<BootCounters[Name]>) => string,
		) => [title, ...rows.map((row) => orDash(row[name] as NonNullable<BootCounters[Name]> | undefined, text))]
		return markdown(
			['', ...rows.map(({harts}) => (harts === 1 ? '1 hart' : `${harts} harts`))],
			[
				line('instructions', 'instructions', (value) => `${(value / 1e9).toFixed(2)} G`),
				line('interpreted', 'interpretedShare', (value) => `${(100 * value).toFixed(1)} %`),
				line('chain rate', 'chainRate', ({least, greatest}) =>
					least === greatest ? two(least) : `${two(least)} – ${two(greatest)}`,
				),
				line('page walks', 'pageWalks', count),
				line('TLB tables swapped', 'swaps', count),
				line('TLB tables undone', 'undone', count),
				line('regions', 'regions', count),
				line('modules', 'modules', count),
				line('WebAssembly', 'wasmBytes', (value) => `${(value / 1e6).toFixed(1)} MB`),
			],
		)
	},
})

function countersOf({smp, statistics: {harts, translation}}: StatisticsOutput): BootCounters {
	const sum = (counter: (hart: HartCounters) => number) => harts.reduce((total, hart) => total + counter(hart), 0)
	const instructions = sum((hart) => hart.instructions)
	const rates = harts.map(({chainRate}) => rounded(chainRate, 3))
	const {regions, modules, wasmBytes} = translation
	return {
		harts: smp,
		instructions: rounded(instructions),
		interpretedShare: rounded(1 - sum((hart) => hart.instructionsTranslated) / instructions),
		chainRate: {least: Math.min(...rates), greatest: Math.max(...rates)},
		pageWalks: sum((hart) => hart.pageWalks),
		swaps: sum((hart) => hart.tlb.swaps),
		undone: sum((hart) => hart.tlb.undone),
		regions,
		modules,
		wasmBytes,
	}
}

/** Bytes. */
export type FootprintFigures = Readonly<{footprints: readonly Footprint[]}>

export const footprint = table<FootprintFigures>({
	name: 'footprint',
	title: 'Footprint',
	about: [
		'Memory of the host that Debian takes at its prompt, 4 harts with 1 GiB of RAM between them, ten seconds after the prompt',
		'came: resident sizes of the process’s mappings (/proc/PID/smaps), MiB. In Manyhart’s shared memory the pages are counted',
		'that are in RAM. A heap of V8 belongs to each thread that runs JavaScript: the main thread, each hart, each helper. What',
		'malloc has is mostly V8’s: compiled modules, and memory of its compiler that glibc keeps in an arena for each thread.',
	],
	commands: [bench('footprint')],
	comparesWithQemu: true,
	read: ([output]) => ({footprints: (output as FootprintFigures).footprints}),
	lines: ({footprints}) => {
		const figure = (bytes = 0) => (bytes === 0 ? dash : (bytes / 2 ** 20).toFixed(0))
		return markdown(
			['', ...footprints.map(({side}) => columns[side] ?? side)],
			[
				...parts.map((part) => [part, ...footprints.map((each) => figure(each.parts[part]))]),
				['**resident**', ...footprints.map(({resident}) => `**${figure(resident)}**`)],
			],
		)
	},
})

const columns: Readonly<Record<string, string>> = {manyhart: 'Manyhart', 'the other build': 'before'}
