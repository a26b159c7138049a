/** Where the time of the harts' threads went: a plot and a table for a workload, and what grew most with the harts. */
import type {Figure, Table} from '../../report/document.ts'
import {colours, plotSvg, type Spec} from '../../report/plot.ts'
import type {Breakdown, Scaling, Workload} from '../record.ts'
import type {Summary} from './summary.ts'
import {starred} from './words.ts'

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
			text: "Where the harts' time went",
			subtitle: workload.name,
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

export function timeTable(summary: Summary, workload: Workload): Table | undefined {
	const breakdowns = summary.record.scalings.flatMap((scaling) => summary.breakdowns(workload.name, scaling))
	if (breakdowns.length === 0) return undefined
	const used = kinds.filter(({of}) => breakdowns.some(({spent}) => of.some((name) => (spent[name] ?? 0) > 0)))
	return {
		kind: 'table',
		caption:
			'Where the time of the harts went, in percent, while the workload was measured; and how much of all that time a hart was runnable, but had no core. From one boot of its own.',
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

/** A share of the harts' time that is larger on more harts. */
export type Growth = Readonly<{name: string; before: number; after: number}>

/** Of less nothing is said: so much the samples vary. */
const leastGrowth = 0.02

/**
 * What the times point to: the share that grew most from one hart, and that of harts without a core, if it grew as well.
 * @returns undefined where the times were not taken.
 */
export function growthOf(
	summary: Summary,
	{workload, scaling, harts}: Readonly<{workload: string; scaling: Scaling; harts: number}>,
): readonly Growth[] | undefined {
	const one = summary.breakdowns(workload, 'strong').find((each) => each.harts === 1)
	const many = summary.breakdowns(workload, scaling).find((each) => each.harts === harts)
	if (!one || !many) return undefined
	const [before, after] = [sharesOf(one), sharesOf(many)]
	const grown = after
		.map(({name, share}, index): Growth => ({name, before: before[index]!.share, after: share}))
		.toSorted((left, right) => right.after - right.before - (left.after - left.before))
	const [without, with_] = [one, many].map((each) => (each.descheduled ?? 0) / Math.max(total(each), 1e-9))
	const cores = {name: 'without a core', before: without!, after: with_!}
	return [grown[0]!, cores].filter((each) => each.after - each.before >= leastGrowth)
}

export function growthInWords(growth: readonly Growth[] | undefined): string {
	if (!growth) return '–'
	if (growth.length === 0) return 'no share of the time grew'
	return growth.map(({name, before, after}) => `${name}: ${percent(before)} % to ${percent(after)} %`).join('; ')
}
