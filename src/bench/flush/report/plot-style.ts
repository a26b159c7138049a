/** How plots look, and turning them into SVG. Each has a white card of its own, so that it reads on any background. */
import * as vega from 'vega'
import {type Config, compile, type TopLevelSpec} from 'vega-lite'
import {tlbKeys} from '../../../tlb/index.ts'
import type {Spread} from '../statistics.ts'
import type {Summary} from './summary.ts'

/** Of Vega-Lite: what its types say of a spec is checked when it is compiled. */
export type Spec = Readonly<Record<string, unknown>>

export type Plot = Readonly<{name: string; title: string; spec: Spec}>

const config: Config = {
	background: '#ffffff',
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

export async function plotSvg({spec}: Plot): Promise<string> {
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
const colours = [
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
]
const qemuColours = ['#000000', '#8b949e']
export const kindColours = {default: colours[1]!, design: colours[0]!, QEMU: qemuColours[0]!} as const

/** The same colour for a name in all plots of a record. @param names in the order of the legend. */
export function colourScale(names: readonly string[]) {
	const isQemu = (name: string) => name.startsWith('QEMU')
	const [qemus, others] = [names.filter(isQemu), names.filter((name) => !isQemu(name))]
	const range = names.map((name) =>
		isQemu(name)
			? qemuColours[qemus.indexOf(name) % qemuColours.length]
			: colours[others.indexOf(name) % colours.length],
	)
	return {domain: [...names], range}
}

export const policies: readonly string[] = Object.keys(tlbKeys.policy.values)

/** The median and its spread, as fields of a datum. */
export const fields = ({median, least, greatest}: Spread) => ({median, least, greatest})

const spreadNote = 'Points are medians over the rounds; bars go from the least to the greatest.'

export function titleOf(summary: Summary, {text, notes}: Readonly<{text: string; notes: readonly string[]}>) {
	const {date, host, state} = summary.record
	const about = `${date.slice(0, 10)}, ${host}${state === 'complete' ? '' : `; ${state}`}`
	return {text, subtitle: [...notes, spreadNote, about]}
}

/** Medians joined by lines, with their spreads. */
export const linesWithSpread: readonly Spec[] = [
	{mark: {type: 'line', strokeWidth: 1.6}},
	{
		mark: {type: 'rule', strokeWidth: 1.2},
		encoding: {y: {field: 'least', type: 'quantitative'}, y2: {field: 'greatest'}},
	},
	{mark: {type: 'point', filled: true, size: 34, opacity: 1}},
]

const dashed = {type: 'rule', strokeDash: [5, 4], color: '#57606a'}
/** A line at 1. */
export const baselineAcross: Spec = {mark: dashed, encoding: {y: {datum: 1}, x: null, xOffset: null, color: null}}
export const baselineUp: Spec = {mark: dashed, encoding: {x: {datum: 1}, y: null, color: null}}

/** 64, 1 K, 64 K. */
export const entriesLabel = "datum.value >= 1024 ? datum.value / 1024 + ' K' : datum.value"
export const bytesLabel = "datum.value >= 1048576 ? datum.value / 1048576 + ' MiB' : datum.value / 1024 + ' KiB'"
