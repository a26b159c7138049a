/** Plots of a workload: how its speed grows with harts, beside the ideal, and its efficiency. */

import type {Figure} from '../../report/document.ts'
import {colours, dashed, fields, plotSvg, qemuColours, type Spec} from '../../report/plot.ts'
import {figure as spelled} from '../../report/words.ts'
import type {Engine, Scaling, Workload} from '../record.ts'
import type {Summary} from './summary.ts'

const nativeColour = colours[2]

const shapes = ['circle', 'square', 'triangle-up', 'diamond'] as const

/** Engines keep their colours in all plots. */
function colourOf(engines: readonly Engine[], {id, kind}: Engine): string {
	if (kind === 'native') return nativeColour
	const place = engines.filter((each) => each.kind === kind).findIndex((each) => each.id === id)
	return kind === 'qemu' ? qemuColours[place % qemuColours.length]! : colours[place % 2]!
}

const quantities = {
	strong: {of: 'speedUp', title: 'Speed-up', axis: 'speed-up, one hart = 1', ideal: true},
	weak: {of: 'efficiency', title: 'Efficiency, work grows with harts', axis: 'share of the ideal', ideal: false},
} as const

/** @returns undefined for fewer than two points. */
export async function scalingFigure(
	summary: Summary,
	workload: Workload,
	scaling: Scaling,
): Promise<Figure | undefined> {
	const {of, title, axis, ideal} = quantities[scaling]
	const curves = summary.engines.map((engine) => ({
		engine,
		points: summary.hartsOf({engine: engine.id, workload: workload.name, scaling}).flatMap((harts) => {
			const place = {engine: engine.id, workload: workload.name, scaling, harts}
			const spread = harts === 1 && of === 'efficiency' ? summary.speedUp(place) : summary[of](place)
			return spread ? [{harts, spread}] : []
		}),
	}))
	const values = curves.flatMap(({engine, points}) =>
		points.map(({harts, spread}) => ({
			engine: engine.id,
			harts,
			...fields(spread),
			...(spread.interval && {least: spread.interval[0], greatest: spread.interval[1]}),
			where: summary.exceedsCores(harts) ? 'beyond' : 'within',
		})),
	)
	const counts = [...new Set(values.map(({harts}) => harts))].toSorted((one, other) => one - other)
	if (counts.length < 2) return undefined
	const shown = curves.filter(({points}) => points.length > 0).map(({engine}) => engine)
	const most = counts.at(-1)!
	const idealLine = ideal
		? [
				{engine: 'ideal', harts: counts[0]!, median: counts[0]!},
				{engine: 'ideal', harts: most, median: most},
			]
		: [
				{engine: 'ideal', harts: counts[0]!, median: 1},
				{engine: 'ideal', harts: most, median: 1},
			]
	const spec: Spec = {
		title: {
			text: title,
			subtitle: workload.name,
			fontSize: 14,
			subtitleFontSize: 12,
			offset: 8,
			limit: 330,
		},
		width: 260,
		height: 210,
		encoding: {
			x: {
				field: 'harts',
				type: 'quantitative',
				scale: {type: 'log', base: 2, nice: false, padding: 8},
				axis: {title: 'harts', values: counts, format: 'd'},
			},
			y: {
				field: 'median',
				type: 'quantitative',
				scale: ideal ? {type: 'log', base: 2, nice: false, padding: 6} : {zero: true},
				axis: {title: axis, labelExpr: "format(datum.value, datum.value < 1 ? '.2~g' : '~g')", tickCount: 5},
			},
		},
		layer: [
			...(most > summary.cores
				? [
						{
							data: {values: [{harts: summary.cores * 1.02, end: most}]},
							mark: {type: 'rule', strokeDash: [2, 3], color: '#888'},
							encoding: {x: {field: 'harts', type: 'quantitative'}, y: null},
						},
					]
				: []),
			{
				data: {values: idealLine},
				mark: {...dashed, type: 'line', strokeWidth: 1.2},
			},
			{
				data: {values},
				encoding: {
					color: {
						field: 'engine',
						type: 'nominal',
						scale: {domain: shown.map(({id}) => id), range: shown.map((engine) => colourOf(summary.engines, engine))},
						sort: shown.map(({id}) => id),
						legend: {title: null, orient: 'bottom', columns: 1, direction: 'vertical', offset: 6},
					},
					// Not by colour alone.
					shape: {
						field: 'engine',
						type: 'nominal',
						scale: {domain: shown.map(({id}) => id), range: shown.map((_, index) => shapes[index % shapes.length])},
						sort: shown.map(({id}) => id),
					},
				},
				layer: [
					{mark: {type: 'line', strokeWidth: 1.6}},
					{
						mark: {type: 'rule', strokeWidth: 1.2},
						encoding: {y: {field: 'least', type: 'quantitative'}, y2: {field: 'greatest'}},
					},
					{
						mark: {type: 'point', size: 40, opacity: 1, strokeWidth: 1.6},
						encoding: {
							fill: {
								condition: {test: "datum.where === 'beyond'", value: '#ffffff'},
								field: 'engine',
								type: 'nominal',
								scale: {
									domain: shown.map(({id}) => id),
									range: shown.map((engine) => colourOf(summary.engines, engine)),
								},
								legend: null,
							},
						},
					},
				],
			},
		],
		resolve: {scale: {fill: 'independent'}},
	}
	const description = curves
		.filter(({points}) => points.length > 0)
		.map(
			({engine, points}) =>
				`${engine.id}: ${points.map(({harts, spread}) => `${spelled(spread.median)} on ${harts}`).join(', ')}`,
		)
		.join('; ')
	return {
		kind: 'figure',
		name: `${scaling}-${workload.name.replaceAll(/[^\w-]/g, '-')}`,
		title: `${title}: ${workload.title}`,
		description: `${axis}, by harts. ${description}.`,
		svg: await plotSvg({spec}),
	}
}
