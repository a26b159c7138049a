/** Latencies inside the emulator, of whole boots: histograms, and the same in tables. */
import {type Block, type Figure, paragraph, type Section, type Table} from '../../report/document.ts'
import {colours, plotSvg, type Spec} from '../../report/plot.ts'
import {figure as spelled} from '../../report/words.ts'
import type {Latency, Workload} from '../record.ts'
import type {Summary} from './summary.ts'
import {starred} from './words.ts'

type Kind = Readonly<{name: string; title: string; what: string}>
const kinds: readonly Kind[] = [
	{name: 'doorbells', title: 'Doorbell to safepoint', what: 'from a ring of the doorbell to the safepoint'},
	{name: 'remoteFlushes', title: 'Remote fence', what: 'a remote fence, until all targets have passed'},
	{name: 'locks', title: 'Wait for a lock', what: 'a wait for a lock of a device'},
	{name: 'gracePeriods', title: 'Grace period', what: 'a grace period (RCU)'},
]
type Measured = Kind & Readonly<{series: readonly Series[]}>

/** Of a boot, all harts together. */
type Series = Readonly<{
	harts: number
	label: string
	words: string
	samples: readonly Latency[]
	histogram: readonly number[]
}>

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

function seriesOf(summary: Summary, name: string): readonly Series[] {
	return summary.record.boots
		.flatMap(({harts, system, latencies = {}}) => {
			const samples = (latencies[name] ?? []).filter(({count}) => count > 0)
			if (samples.length === 0) return []
			const length = Math.max(0, ...samples.map(({histogram = []}) => histogram.length))
			const histogram = Array.from({length}, (_, power) => sum(samples.map((each) => each.histogram?.[power] ?? 0)))
			const where = system ? ', bare metal' : ''
			const label = `${starred(summary, harts)}${where}`
			const words = `${starred(summary, harts)} ${harts === 1 ? 'hart' : 'harts'}${where}`
			return [{harts, label, words, samples, histogram}]
		})
		.toSorted((one, other) => one.harts - other.harts)
}

/** The least value that counts for a power of the histogram, in microseconds. */
const leastOf = (power: number) => (power === 0 ? 0 : 2 ** (power - 1))

/** @example boundary(11) // '1 ms' */
function boundary(power: number): string {
	const value = leastOf(power)
	if (value < 1000) return `${value} µs`
	return value < 1e6 ? `${Math.round(value / 1024)} ms` : `${Math.round(value / 1024 ** 2)} s`
}

export async function latencySection(summary: Summary): Promise<Section | undefined> {
	const measured = kinds
		.map((kind) => ({...kind, series: seriesOf(summary, kind.name)}))
		.filter(({series}) => series.length > 0)
	if (measured.length === 0) return undefined
	const figures = await Promise.all(measured.map(histogramFigure))
	const shown = figures.filter((each) => each !== undefined)
	return {
		id: 'latencies',
		title: 'Latencies inside the emulator',
		blocks: [
			paragraph('Each is of a whole boot with all its workloads, start and warm-up included.'),
			overviewTable(measured),
			...(shown.length > 0 ? [{kind: 'figures', figures: shown} as const] : []),
			...measured.flatMap((kind): readonly Block[] => histogramTable(kind) ?? []),
		],
	}
}

/** While a workload was measured. What nothing waited for is left out. */
export function latencyTable(summary: Summary, workload: Workload): Table | undefined {
	const breakdowns = summary.record.scalings.flatMap((scaling) => summary.breakdowns(workload.name, scaling))
	const rows = kinds.flatMap(({name, title}) =>
		breakdowns.flatMap(({harts, scaling, latencies = {}}) => {
			const histogram = latencies[name] ?? []
			const count = sum(histogram)
			if (count === 0) return []
			const below = (share: number) => boundary(powerOf(histogram, count * share) + 1)
			return [[title, starred(summary, harts), scaling, spelled(count), below(0.5), below(0.99)]]
		}),
	)
	if (rows.length === 0) return undefined
	return {
		kind: 'table',
		caption:
			'Latencies inside the emulator, while the workload was measured: how many, and the power of two below which half of them were, and 99 %.',
		heading: ['what', 'harts', 'scaling', 'number', 'half below', '99 % below'],
		align: ['left', 'right', 'left'],
		rows,
	}
}

/** In which the value is that has so many, itself included, up to it. */
function powerOf(histogram: readonly number[], rank: number): number {
	let left = rank
	return histogram.findIndex((count) => {
		left -= count
		return left <= 0
	})
}

function overviewTable(measured: readonly Measured[]): Table {
	const rows = measured.flatMap(({what, series}) =>
		series.map(({label, samples}) => {
			const most = (of: (each: Latency) => number) => spelled(Math.max(...samples.map(of)))
			const medians = samples.map(({median}) => median)
			const [least, greatest] = [Math.min(...medians), Math.max(...medians)]
			return [
				what,
				label,
				spelled(sum(samples.map(({count}) => count))),
				least === greatest ? spelled(least) : `${spelled(least)}–${spelled(greatest)}`,
				most(({p99}) => p99),
				most(({maximum}) => maximum),
			]
		}),
	)
	return {
		kind: 'table',
		caption: 'Microseconds. Where each hart has a figure: the range of their medians, and the greatest of the others.',
		heading: ['what', 'harts', 'number', 'median', '99 %', 'longest'],
		rows,
	}
}

/** From the first power that any has to the last. */
function powersOf(series: readonly Series[]): readonly number[] {
	const used = series.flatMap(({histogram}) => histogram.flatMap((count, power) => (count > 0 ? [power] : [])))
	if (used.length === 0) return []
	const [first, last] = [Math.min(...used), Math.max(...used)]
	return Array.from({length: last - first + 1}, (_, index) => first + index)
}

const totalOf = ({histogram}: Series) => Math.max(1, sum(histogram))

const percent = (share: number): string => (share === 0 ? '0' : share < 0.001 ? '<0.1' : (100 * share).toFixed(1))

function histogramTable({what, series}: Measured): readonly Table[] | undefined {
	const powers = powersOf(series)
	if (powers.length === 0) return undefined
	return [
		{
			kind: 'table',
			caption: `Latency: ${what}. Percent of all, by harts; each row up to the next.`,
			heading: ['at least', ...series.map(({label}) => label)],
			rows: powers.map((power) => [
				boundary(power),
				...series.map((each) => percent((each.histogram[power] ?? 0) / totalOf(each))),
			]),
		},
	]
}

/** A row of bars for each number of harts. @returns undefined without histograms. */
async function histogramFigure({name, title, what, series}: Measured): Promise<Figure | undefined> {
	const powers = powersOf(series)
	if (powers.length === 0) return undefined
	const values = series.flatMap((each) =>
		powers.map((power) => ({
			harts: each.words,
			from: boundary(power),
			share: (each.histogram[power] ?? 0) / totalOf(each),
		})),
	)
	const labels = powers.map(boundary)
	// Not so many that they touch.
	const every = Math.ceil(labels.length / 5)
	const spec: Spec = {
		title: {
			text: title,
			subtitle: 'Share of all, by harts',
			fontSize: 14,
			subtitleFontSize: 12,
			offset: 8,
			limit: 330,
		},
		data: {values},
		facet: {
			row: {
				field: 'harts',
				type: 'nominal',
				sort: series.map(({words}) => words),
				header: {title: null, labelOrient: 'top', labelAnchor: 'start', labelFontSize: 12, labelPadding: 2},
			},
		},
		spacing: 6,
		spec: {
			width: 260,
			height: 56,
			mark: {type: 'bar', color: colours[0], stroke: '#57606a', strokeWidth: 0.4},
			encoding: {
				x: {
					field: 'from',
					type: 'ordinal',
					sort: labels,
					scale: {domain: labels, paddingInner: 0.08},
					axis: {
						title: 'latency, at least',
						labelAngle: 0,
						values: labels.filter((_, index) => index % every === 0),
						labelOverlap: false,
					},
				},
				y: {
					field: 'share',
					type: 'quantitative',
					axis: {title: null, format: '.0%', tickCount: 2},
				},
			},
		},
	}
	const described = series.map((each) => {
		const most = Math.max(...each.histogram)
		const at = each.histogram.indexOf(most)
		return `on ${each.words}: most, ${percent(most / totalOf(each))} %, at least ${boundary(at)} and less than ${boundary(at + 1)}`
	})
	return {
		kind: 'figure',
		name: `latency-${name}`,
		title: `Latency: ${what}`,
		description: `Histogram by powers of two, by harts. ${described.join('; ')}.`,
		svg: await plotSvg({spec}),
	}
}
