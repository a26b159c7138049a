/** Tables and the plot of the simulation, as docs/scaling.md shows them. */
import {markdownTable} from 'markdown-table'
import {colours, plotSvg} from '../../../src/bench/report/plot.ts'
import type {Parameters} from './parameters.ts'
import {demands, type Run, type Shared, type Validation} from './scenarios.ts'

export type Series = Readonly<{name: string; often: readonly Run[]; rarely: readonly Run[]}>

/** Microseconds, with as many digits as they carry. */
const time = (microseconds: number) =>
	microseconds >= 999.5
		? `${(microseconds / 1000).toFixed(microseconds < 9995 ? 1 : 0)} ms`
		: `${microseconds.toFixed(microseconds < 9.95 ? 1 : 0)} µs`
const percent = (share: number) => `${Math.round(share * 100)} %`
const right = (columns: number) => ({align: ['l', ...Array.from({length: columns - 1}, () => 'r')]})

export function beyondParts(of: {
	parameters: Parameters
	validations: readonly Validation[]
	series: readonly Series[]
	shared: readonly Shared[]
}): Readonly<Record<string, string>> {
	return {
		parameters: parametersTable(of.parameters),
		validation: validationTable(of.validations),
		fences: fencesTable(of.series),
		shared: sharedTable(of.shared),
		plot: '![Fences and grace periods by harts](scaling-beyond.svg)',
	}
}

function parametersTable(of: Parameters): string {
	const spread = ({p50, p90, p99, max}: Parameters['wake']) => `${p50}, ${p90}, ${p99}, ${max} µs`
	const {job, jobs, requests, request, event, events, flushes, clearing, helpers} = demands
	const second = 1e6
	return markdownTable(
		[
			['', 'value', 'from'],
			[
				'bell until a hart that runs takes it',
				spread(of.doorbell),
				'measured, `doorbell-busy`: median, 90 %, 99 %, greatest',
			],
			['wake-up of a thread', spread(of.wake), 'measured, `doorbell-idle`'],
			[
				'a fence; each target',
				`${of.fence.toFixed(1)} µs; ${of.target.toFixed(1)} µs`,
				'measured, `fence-idle` to one hart and to seven',
			],
			[
				'answer: safepoint; each fence',
				`${of.safepoint} µs; ${of.answer} µs`,
				'a trace of nothing but fences; [flush.md](flush.md)',
			],
			['slice', `${of.slice} µs`, 'the code: a quiescent state at the latest after that'],
			['look before sleep', `${of.look} µs; ${of.shortLook} µs`, 'the code, about; the second if cores are short'],
			['turn of a thread', `${of.quantum} µs`, 'assumed of Linux: while others wait for a core'],
			[
				'translation',
				`${(jobs * second).toFixed(1)} jobs a second, ${Math.round(job / 1000)} ms each, ${helpers} helpers`,
				'a boot of Debian on two harts, busy host; per hart, nothing shared',
			],
			[
				'main thread',
				`${Math.round(requests * second)} requests a second, ${request} µs each`,
				'the same boot; the time is assumed',
			],
			['trace', `${events * second} events a second, ${event} µs each`, 'the limit of `--trace-rate`; measured'],
			[
				'tables',
				`${flushes * second} flushes a second, ${clearing} µs to clear a table`,
				'assumed; [flush.md](flush.md), 512 entries',
			],
		],
		{align: ['l', 'l', 'l']},
	)
}

const validationTable = (rows: readonly Validation[]) =>
	markdownTable(
		[
			['series', '', 'median', 'measured', '90 %', 'measured', '99 %', 'measured'],
			...rows.map(({series, what, simulated, measured}) => [
				`\`${series}\``,
				what,
				...(['p50', 'p90', 'p99'] as const).flatMap((name) => [time(simulated[name]), time(measured[name])]),
			]),
		],
		{align: ['l', 'l', 'r', 'r', 'r', 'r', 'r', 'r']},
	)

const fencesTable = (series: readonly Series[]) =>
	markdownTable(
		[
			[
				'cores',
				'harts',
				'fence: median',
				'99 %',
				'grace period: median',
				'99 %',
				'guest code',
				'at a tenth of the fences',
			],
			...series.flatMap(({name, often, rarely}) =>
				often.map(({harts, fences, gracePeriods, efficiency}, index) => [
					name,
					`${harts}`,
					time(fences.p50),
					time(fences.p99),
					time(gracePeriods.p50),
					time(gracePeriods.p99),
					percent(efficiency),
					percent(rarely[index]!.efficiency),
				]),
			),
		],
		right(8),
	)

/** A queue that only grows has no wait. */
const wait = ({utilization, meanWait}: Shared['main']) => (utilization < 1 ? time(meanWait) : 'grows')

const sharedTable = (shared: readonly Shared[]) =>
	markdownTable(
		[
			[
				'harts',
				'helpers busy',
				'wait',
				'main thread busy',
				'wait',
				'with a trace, besides',
				'pool dry: generations',
				'a swap each',
			],
			...shared.map(({harts, helpers, main, traced, dry, dryEach}) => [
				`${harts}`,
				percent(helpers.utilization),
				wait(helpers),
				percent(main.utilization),
				wait(main),
				percent(traced.utilization),
				percent(dry),
				percent(dryEach),
			]),
		],
		{align: Array.from({length: 8}, () => 'r')},
	)

export function beyondPlot(series: readonly Series[]): Promise<string> {
	const values = series.flatMap(({name, often}) =>
		often.flatMap(({harts, fences, gracePeriods}) =>
			(
				[
					['a fence', fences],
					['a grace period', gracePeriods],
				] as const
			).map(([what, {p50, p99}]) => ({name, what, harts, median: p50, most: p99})),
		),
	)
	const names = series.map(({name}) => name)
	const x = {
		field: 'harts',
		type: 'quantitative',
		scale: {type: 'log', base: 2},
		axis: {values: [16, 32, 64, 128]},
		title: 'harts',
	}
	const y = (field: string) => ({field, type: 'quantitative', scale: {type: 'log'}, title: 'microseconds'})
	const color = {
		field: 'name',
		type: 'nominal',
		title: null,
		scale: {domain: names, range: colours.slice(0, names.length)},
	}
	return plotSvg({
		spec: {
			title: {
				text: 'How long fences and grace periods take, simulated',
				subtitle: 'Each hart fences all others once in a millisecond of guest code. Whole lines: median; dashed: 99 %.',
			},
			data: {values},
			facet: {column: {field: 'what', type: 'nominal', title: null}},
			spec: {
				width: 300,
				height: 260,
				layer: [
					{mark: {type: 'line', point: true}, encoding: {x, y: y('median'), color}},
					{mark: {type: 'line', strokeDash: [5, 4]}, encoding: {x, y: y('most'), color}},
				],
			},
		},
	})
}
