/** The tables of a record, in Markdown: the programs, and the latencies. Figures go through docs/benchmarks.json. */

import {markdownTable} from '../../../src/bench/markdown.ts'
import {figure as spelled} from '../../../src/bench/report/words.ts'
import {rounded} from '../page/table.ts'
import type {Speed} from '../speeds.ts'
import type {Percentiles} from './histogram.ts'
import {figures, paced} from './programs.ts'
import {allSeries} from './series.ts'
import {type LatencyRow, type Load, mostOthers, type Summary, type TimedCell, type TimedRow} from './summary.ts'

type Common = Readonly<{subjects: readonly string[]; load: Load}>

export type ProgramFigures = Common &
	Readonly<{
		harts: readonly number[]
		rows: readonly TimedRow[]
		means: readonly Readonly<{harts: number; speeds: readonly (Speed | undefined | null)[]}>[]
		/** Times of computing beside fences, divided by those of computing alone. */
		beside: readonly TimedRow[]
	}>
export type LatencyFigures = Common & Readonly<{crowd: number | undefined; rows: readonly LatencyRow[]}>

export function programFigures(summary: Summary): ProgramFigures {
	return {
		subjects: summary.record.subjects,
		load: summary.load((kind) => kind === 'programs'),
		harts: summary.harts,
		rows: summary.timedRows().map(roundedRow),
		means: summary.harts.map((harts) => ({harts, speeds: summary.meanSpeeds(harts).map(roundedSpeed)})),
		beside: (['compute-fenced', 'compute-storm'] as const).map((name) =>
			roundedRow({figure: name, cells: summary.ratios(name, 'compute')}),
		),
	}
}

export function latencyFigures(summary: Summary): LatencyFigures {
	return {
		subjects: summary.record.subjects,
		load: summary.load((kind) => kind !== 'programs'),
		crowd: summary.hartsOf('crowd'),
		rows: summary.latencyRows(),
	}
}

const roundedSpeed = (speed: Speed | undefined): Speed | undefined =>
	speed && {median: rounded(speed.median), least: rounded(speed.least), greatest: rounded(speed.greatest)}
const roundedRow = ({figure, cells}: TimedRow): TimedRow => ({
	figure,
	cells: cells.map(({harts, times, speeds}) => ({
		harts,
		times: times.map(roundedSpeed),
		speeds: speeds.map(roundedSpeed),
	})),
})

const dash = '–'
const hartsInWords = (harts: number) => (harts === 1 ? '1 hart' : `${harts} harts`)
const titleOf = (name: string) => figures.find((each) => each.name === name)?.title ?? name
/** JSON has null for what was not measured. */
type Maybe<Value> = Value | undefined | null

/** One cell: a figure of each subject, the least in bold if others are there. */
function cell(values: readonly Maybe<number>[], bold: 'least' | 'none'): string {
	const known = values.filter((value) => typeof value === 'number')
	if (known.length === 0) return dash
	const least = Math.min(...known)
	return values
		.map((value) => {
			if (typeof value !== 'number') return dash
			return bold === 'least' && known.length > 1 && value === least ? `**${spelled(value)}**` : spelled(value)
		})
		.join(' / ')
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
	markdownTable(head, rows, ['left', ...head.slice(1).map(() => 'right' as const)])

/** Whether there was more than one round. */
const isSpread = ({times}: TimedCell) => times.some((time) => time && time.least !== time.greatest)

export function programLines({subjects, harts, rows, means, beside, load}: ProgramFigures): readonly string[] {
	const head = ['', ...harts.map(hartsInWords)]
	const [, ...others] = subjects
	const microseconds = (of: 'median' | 'least') =>
		table(
			head,
			rows.map(({figure, cells}) => [
				titleOf(figure),
				...cells.map(({times}) =>
					cell(
						times.map((time) => time && time[of] * 1e6),
						'least',
					),
				),
			]),
		)
	const speedCell = (speeds: readonly Maybe<Speed>[]) =>
		cell(
			speeds.map((speed) => speed?.median),
			'none',
		)
	const ratios = ({figure, cells}: TimedRow) => [
		titleOf(figure).replace(/^the same/, 'computing'),
		...cells.map(({times}: TimedCell) =>
			cell(
				times.map((time) => time?.median),
				'none',
			),
		),
	]
	return [
		`Microseconds, medians: ${subjects.join(' / ')}. The least of a cell is bold.`,
		'',
		...microseconds('median'),
		'',
		...(rows.some(({cells}) => cells.some(isSpread))
			? ['The least of all rounds.', '', ...microseconds('least'), '']
			: []),
		...(others.length > 0
			? [
					`Speed, medians of the rounds: the time of ${others.join(' / ')} divided by Manyhart's; above 1 Manyhart is faster.`,
					'',
					...table(head, [
						...rows
							.filter(({figure}) => figure !== paced)
							.map(({figure, cells}) => [titleOf(figure), ...cells.map(({speeds}) => speedCell(speeds))]),
						['**geometric mean**', ...means.map(({speeds}) => speedCell(speeds))],
					]),
					'',
				]
			: []),
		...(beside.some(({cells}) => cells.some(({times}) => times.some((time) => time)))
			? [
					`What fences cost a hart that computes: its time divided by that of computing alone, ${subjects.join(' / ')}.`,
					'',
					...table(head, beside.map(ratios)),
					'',
				]
			: []),
		loadLine(load),
	]
}

const percentileText = (of: Maybe<Percentiles>) =>
	of ? [of.p50, of.p90, of.p99, of.max].map(spelled).join(' / ') : dash

export function latencyLines({subjects, rows, crowd, load}: LatencyFigures): readonly string[] {
	const shown = allSeries.flatMap((series) => {
		const row = rows.find((each) => each.series === series.name)
		return row ? [{...series, ...row}] : []
	})
	return [
		`Microseconds: median / 90 % / 99 % / maximum. More harts than cores: ${crowd ?? dash}, otherwise two.`,
		'',
		...markdownTable(
			['', 'the target', ...subjects],
			shown.map(({what, target, percentiles}) => [what, target, ...percentiles.map(percentileText)]),
			['left', 'left', ...subjects.map(() => 'right' as const)],
		),
		'',
		loadLine(load),
	]
}

function loadLine({runs, failed, others, disturbed, counted}: Load): string {
	const meanwhile = others
		? `; other processes took ${spelled(others.median)} (${spelled(others.least)}–${spelled(others.greatest)}) cores meanwhile`
		: ''
	return [
		`${runs} runs${failed > 0 ? `, of which ${failed} did not print all figures` : ''}${meanwhile}.`,
		...(disturbed === 0
			? []
			: [`Runs that lost more than ${mostOthers} do not count while quieter ones of their kind remain: ${disturbed}.`]),
		...(counted.length === 0 ? [] : [`Only disturbed runs are there, and count, of ${counted.join(', ')}.`]),
	].join(' ')
}
