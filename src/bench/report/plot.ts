/** How plots look, and turning them into SVG. Each has a white card of its own, so that it reads on any background. */
import * as vega from 'vega'
import {type Config, compile, type TopLevelSpec} from 'vega-lite'
import type {Spread} from '../statistics.ts'

/** Of Vega-Lite: what its types say of a spec is checked when it is compiled. */
export type Spec = Readonly<Record<string, unknown>>

export type Plot = Readonly<{name: string; title: string; spec: Spec}>

export const card = '#ffffff'
const config: Config = {
	background: card,
	padding: 16,
	font: 'system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif',
	title: {anchor: 'start', fontSize: 16, fontWeight: 600, subtitleFontSize: 12, subtitleColor: '#57606a', offset: 14},
	axis: {labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500, gridColor: '#e6e8eb', labelLimit: 400},
	legend: {labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500, symbolStrokeWidth: 2, labelLimit: 320},
	header: {labelFontSize: 13, labelFontWeight: 600, titleFontSize: 12},
	view: {stroke: '#d0d7de'},
}

/** Of a usual font without serifs, as a share of its size: there is no canvas to measure text on. */
const characterWidth = 0.56
type TextItem = Readonly<{fontSize?: number}>
const measurer = vega as unknown as {textMetrics: {width: (item: TextItem, text: unknown) => number}}
measurer.textMetrics.width = ({fontSize = 11}, text) => characterWidth * fontSize * String(text ?? '').length

export async function plotSvg({spec}: Pick<Plot, 'spec'>): Promise<string> {
	const view = new vega.View(vega.parse(compile({...spec, config} as TopLevelSpec).spec), {
		renderer: 'none',
		logLevel: vega.Error,
	})
	try {
		return `${await view.toSVG()}\n`
	} finally {
		view.finalize()
	}
}

/** Colours that people who see few can tell apart: Okabe and Ito's, and some more. QEMU's are black and grey. */
export const colours = [
	'#0072b2',
	'#d55e00',
	'#009e73',
	'#cc79a7',
	'#e69f00',
	'#56b4e9',
	'#7a5195',
	'#8c6d31',
	'#b5bd61',
	'#ad494a',
	'#6b6ecf',
] as const
export const qemuColours = ['#000000', '#8b949e'] as const

/** The median and its spread, as fields of a datum. */
export const fields = ({median, least, greatest}: Spread) => ({median, least, greatest})

export const spreadNote = 'Points are medians over the rounds; bars go from the least to the greatest.'

/** Medians joined by lines, with their spreads. */
export const linesWithSpread: readonly Spec[] = [
	{mark: {type: 'line', strokeWidth: 1.6}},
	{
		mark: {type: 'rule', strokeWidth: 1.2},
		encoding: {y: {field: 'least', type: 'quantitative'}, y2: {field: 'greatest'}},
	},
	{mark: {type: 'point', filled: true, size: 34, opacity: 1}},
]

export const dashed = {type: 'rule', strokeDash: [5, 4], color: '#57606a'} as const
