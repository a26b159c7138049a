/** Where the time of the harts' threads went: a plot and a table for a workload, and latencies of whole boots. */
import type {Figure, Section, Table} from '../../report/document.ts'
import {colours, plotSvg, type Spec} from '../../report/plot.ts'
import {figure as spelled} from '../../report/words.ts'
import type {Breakdown, Latency, Workload} from '../record.ts'
import type {Summary} from './summary.ts'
import {beyondMark} from './words.ts'

/** As plots and tables have them, and the names of statistics.md that each is the sum of. */
const kinds: readonly Readonly<{name: string; of: readonly string[]; colour: string}>[] = [
	{name: 'translated code', of: ['translated'], colour: colours[0]},
	{name: 'interpreter', of: ['interpreted'], colour: colours[5]},
	{name: 'page walks', of: ['pageWalk'], colour: colours[2]},
	{name: 'flushes', of: ['flush'], colour: colours[4]},
	{name: 'remote fences', of: ['fence'], colour: colours[1]},
	{name: 'pauses', of: ['pause'], colour: colours[3]},
	{name: 'devices', of: ['device', 'console'], colour: colours[6]},
	{name: 'SBI', of: ['sbi'], colour: colours[7]},
	{name: 'compilation', of: ['compilation'], colour: colours[8]},
	{name: 'run loop', of: ['runLoop', 'parked', 'stuck'], colour: colours[10]},
	{name: 'idle (wfi)', of: ['wfi'], colour: '#d0d7de'},
]

const total = ({spent}: Breakdown) => Object.values(spent).reduce((sum, seconds) => sum + seconds, 0)

/** @returns shares of the harts' time, 0 to 1, in the order of `kinds`. */
function sharesOf(breakdown: Breakdown): readonly Readonly<{name: string; share: number}>[] {
	const all = total(breakdown)
	return kinds.map(({name, of}) => {
		const seconds = of.reduce((sum, each) => sum + (breakdown.spent[each] ?? 0), 0)
		return {name, share: all === 0 ? 0 : seconds / all}
	})
}

const percent = (share: number): string => (share === 0 ? '0' : share < 0.001 ? '<0.1' : (100 * share).toFixed(1))

/** Strong scaling. @returns undefined without figures. */
export async function timeFigure(summary: Summary, workload: Workload): Promise<Figure | undefined> {
	const breakdowns = summary.breakdowns(workload.name, 'strong')
	if (breakdowns.length === 0) return undefined
	const values = breakdowns.flatMap((breakdown) =>
		sharesOf(breakdown).map(({name, share}, order) => ({harts: starred(summary, breakdown.harts), name, share, order})),
	)
	const shown = kinds.filter(({name}) => values.some((value) => value.name === name && value.share >= 0.002))
	const spec: Spec = {
		title: {
			text: workload.title,
			subtitle: "Where the harts' time went",
			fontSize: 14,
			subtitleFontSize: 12,
			offset: 8,
			limit: 330,
		},
		width: 260,
		height: 210,
		data: {values},
		// The outline tells neighbours apart where colours do not.
		mark: {type: 'bar', stroke: '#57606a', strokeWidth: 0.4},
		encoding: {
			x: {
				field: 'harts',
				type: 'ordinal',
				sort: breakdowns.map(({harts}) => starred(summary, harts)),
				axis: {title: 'harts', labelAngle: 0},
			},
			y: {
				field: 'share',
				type: 'quantitative',
				scale: {domain: [0, 1]},
				axis: {title: "share of the harts' time", format: '%'},
			},
			order: {field: 'order', type: 'quantitative'},
			color: {
				field: 'name',
				type: 'nominal',
				scale: {domain: shown.map(({name}) => name), range: shown.map(({colour}) => colour)},
				sort: shown.map(({name}) => name),
				legend: {title: null, orient: 'bottom', columns: 2, offset: 6},
			},
		},
		transform: [{filter: {field: 'name', oneOf: shown.map(({name}) => name)}}],
	}
	const described = breakdowns.map((breakdown) => {
		const parts = sharesOf(breakdown).filter(({share}) => share >= 0.01)
		return `on ${breakdown.harts}: ${parts.map(({name, share}) => `${name} ${percent(share)} %`).join(', ')}`
	})
	return {
		kind: 'figure',
		name: `time-${workload.name.replaceAll(/[^\w-]/g, '-')}`,
		title: `Where time went: ${workload.title}`,
		description: `Share of the harts' time, by harts. ${described.join('; ')}.`,
		svg: await plotSvg({spec}),
	}
}

const starred = (summary: Summary, harts: number) => `${harts}${summary.exceedsCores(harts) ? beyondMark : ''}`

export function timeTable(summary: Summary, workload: Workload): Table | undefined {
	const breakdowns = summary.record.scalings.flatMap((scaling) => summary.breakdowns(workload.name, scaling))
	if (breakdowns.length === 0) return undefined
	const used = kinds.filter(({of}) => breakdowns.some(({spent}) => of.some((name) => (spent[name] ?? 0) > 0)))
	return {
		kind: 'table',
		caption:
			'Where the time of the harts went, in percent, start and warm-up of the program included; and how much of all that time a hart was runnable, but had no core. From one boot of its own.',
		heading: ['harts', 'scaling', ...used.map(({name}) => name), 'without a core'],
		align: ['right', 'left'],
		rows: breakdowns.map((breakdown) => [
			starred(summary, breakdown.harts),
			breakdown.scaling,
			...sharesOf(breakdown)
				.filter(({name}) => used.some((kind) => kind.name === name))
				.map(({share}) => percent(share)),
			breakdown.descheduled === undefined ? '–' : percent(breakdown.descheduled / Math.max(total(breakdown), 1e-9)),
		]),
	}
}

const latencyNames: Readonly<Record<string, string>> = {
	doorbells: 'from a ring of the doorbell to the safepoint',
	remoteFlushes: 'a remote fence, until all targets have passed',
	locks: 'a wait for a lock of a device',
	gracePeriods: 'a grace period (RCU)',
}

/** Of whole boots. Medians of several harts are a range. */
export function latencySection(summary: Summary): Section | undefined {
	const rows = summary.record.boots.flatMap(({harts, latencies = {}}) =>
		Object.entries(latencyNames).flatMap(([name, words]) => {
			const samples = (latencies[name] ?? []).filter(({count}) => count > 0)
			if (samples.length === 0) return []
			const most = (of: (each: Latency) => number) => spelled(Math.max(...samples.map(of)))
			const medians = samples.map(({median}) => median)
			const [least, greatest] = [Math.min(...medians), Math.max(...medians)]
			return [
				[
					words,
					starred(summary, harts),
					spelled(samples.reduce((sum, {count}) => sum + count, 0)),
					least === greatest ? spelled(least) : `${spelled(least)}–${spelled(greatest)}`,
					most(({p99}) => p99),
					most(({maximum}) => maximum),
				],
			]
		}),
	)
	if (rows.length === 0) return undefined
	return {
		id: 'latencies',
		title: 'Latencies inside the emulator',
		blocks: [
			{
				kind: 'table',
				caption:
					'Microseconds, over a whole boot with all its programs. Where each hart has a figure: the range of their medians, and the greatest of the others.',
				heading: ['what', 'harts', 'number', 'median', '99 %', 'longest'],
				rows: rows.toSorted(([one = '', harts = ''], [other = '', others = '']) =>
					one === other ? Number.parseInt(harts, 10) - Number.parseInt(others, 10) : one < other ? -1 : 1,
				),
			},
		],
	}
}
