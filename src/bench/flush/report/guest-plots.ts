/** Plots of what guests do: their speed by design, and beside QEMU. */

import {fields, linesWithSpread, type Plot} from '../../report/plot.ts'
import {guestParts, type PartName, workingSetOf} from '../parts.ts'
import {defaultId} from '../plan.ts'
import {
	baselineAcross,
	baselineUp,
	bytesLabel,
	colourScale,
	defaultNote,
	kindColours,
	policies,
	titleOf,
} from './plot-style.ts'
import type {Summary} from './summary.ts'

/** Speeds relative to the default, a datum per program and subject; QEMU's as subjects of their own. */
function speedsBy(summary: Summary, part: PartName, subjects: readonly Readonly<{name: string; subject: string}>[]) {
	return summary.timed(part).flatMap(({program}) =>
		subjects.flatMap(({name, subject}) => {
			const speed = summary.speed(program, subject)
			return speed ? [{program, name, ...fields(speed)}] : []
		}),
	)
}

const valuesOf = (summary: Summary, field: string) =>
	summary
		.valuesOf(field)
		.map(({value, subject}) => ({name: subject === defaultId ? `${value}${defaultNote}` : value, subject}))
const qemusOf = (summary: Summary) => summary.qemus.map(({id}) => ({name: id, subject: id}))

const accesses: Readonly<Record<string, string>> = {
	chase: 'chase: a line after another',
	pages: 'pages: a page after another',
}

export function compute(summary: Summary): Plot | undefined {
	const subjects = [...valuesOf(summary, 'size'), ...qemusOf(summary)]
	const values = speedsBy(summary, 'compute', subjects).map((value) => ({
		...value,
		access: accesses[value.program.split('-')[0]!] ?? value.program,
		bytes: workingSetOf(value.program),
	}))
	if (values.length === 0) return undefined
	const names = subjects.map(({name}) => name).filter((name) => values.some((value) => value.name === name))
	const bytes = [...new Set(values.map((value) => value.bytes))].toSorted((one, other) => one - other)
	return {
		name: 'compute-size',
		title: 'Speed by working set and size of the tables',
		spec: {
			title: titleOf(summary, {
				text: 'Speed by working set and size of the tables',
				notes: ["The default's time / that size's: above 1 is faster than the default."],
			}),
			data: {values},
			facet: {column: {field: 'access', type: 'nominal', title: null}},
			spec: {
				width: 360,
				height: 280,
				encoding: {
					x: {
						field: 'bytes',
						type: 'quantitative',
						scale: {type: 'log', base: 2, nice: false},
						axis: {title: 'working set', values: bytes, labelExpr: bytesLabel, labelAngle: -40},
					},
					y: {
						field: 'median',
						type: 'quantitative',
						scale: {type: 'log', base: 2},
						axis: {title: 'speed, default = 1', format: '~g'},
					},
					color: {field: 'name', type: 'nominal', title: 'entries of a table', scale: colourScale(names), sort: names},
				},
				layer: linesWithSpread,
			},
		},
	}
}

/** Points beside one another for each program, a colour for each subject. */
function pointsByProgram(
	summary: Summary,
	{
		name,
		title,
		values,
		names,
		all = names,
		legend,
		notes,
	}: Readonly<{
		name: string
		title: string
		values: readonly object[]
		names: readonly string[]
		/** As for colourScale(). */
		all?: readonly string[]
		legend: string
		notes: readonly string[]
	}>,
): Plot {
	const programs = [...new Set(values.map((value) => (value as {program: string}).program))]
	return {
		name,
		title,
		spec: {
			title: titleOf(summary, {text: title, notes}),
			data: {values: [...values]},
			width: Math.max(360, programs.length * (24 + names.length * 11)),
			height: 280,
			encoding: {
				x: {field: 'program', type: 'nominal', sort: programs, axis: {title: null, labelAngle: 0}},
				xOffset: {field: 'name', type: 'nominal', sort: [...names]},
				y: {
					field: 'median',
					type: 'quantitative',
					scale: {type: 'log', base: 2},
					axis: {title: 'speed, default = 1', format: '~g'},
				},
				color: {field: 'name', type: 'nominal', title: legend, scale: colourScale(names, all), sort: [...names]},
			},
			layer: [
				baselineAcross,
				{
					mark: {type: 'rule', strokeWidth: 1.4},
					encoding: {y: {field: 'least', type: 'quantitative'}, y2: {field: 'greatest'}},
				},
				{mark: {type: 'point', filled: true, size: 60, opacity: 1}},
			],
		},
	}
}

const speedNote = "The default's time / that design's: above 1 is faster."

export function storms(summary: Summary): Plot | undefined {
	const subjects = [...valuesOf(summary, 'policy'), ...qemusOf(summary)]
	const values = speedsBy(summary, 'storms', subjects)
	if (values.length === 0) return undefined
	const names = subjects.map(({name}) => name).filter((name) => values.some((value) => value.name === name))
	return pointsByProgram(summary, {
		name: 'storms-policy',
		title: 'Storms of mmap and mprotect, by policy',
		values,
		names,
		all: policies,
		legend: 'policy',
		notes: [speedNote, 'A number behind a name is that of threads, each on a hart.'],
	})
}

export function switches(summary: Summary): Plot | undefined {
	const subjects = [...valuesOf(summary, 'asids'), ...qemusOf(summary)]
	const values = speedsBy(summary, 'switches', subjects)
	if (values.length === 0) return undefined
	const names = subjects.map(({name}) => name).filter((name) => values.some((value) => value.name === name))
	return pointsByProgram(summary, {
		name: 'switches-asids',
		title: 'Switches of context, by address spaces kept',
		values,
		names,
		legend: 'spaces kept',
		notes: [speedNote],
	})
}

/** A row for each subject. */
function rows(
	summary: Summary,
	{
		name,
		title,
		values,
		axis,
		isLog,
		notes,
		faceted,
		kinds,
	}: Readonly<{
		name: string
		title: string
		values: readonly Readonly<{row: string}>[]
		axis: string
		isLog: boolean
		notes: readonly string[]
		faceted?: string
		/** For a legend; undefined: default, design, QEMU. */
		kinds?: readonly string[]
	}>,
): Plot {
	const sort = [...new Set(values.map(({row}) => row))]
	const spec = {
		width: faceted ? 150 : 460,
		height: {step: 19},
		encoding: {
			y: {field: 'row', type: 'nominal', sort, axis: {title: null, grid: true}},
			x: {
				field: 'median',
				type: 'quantitative',
				scale: isLog ? {type: 'log', base: 2} : {zero: true},
				axis: {title: axis, format: '~g', tickCount: 4},
			},
			color: {
				field: 'kind',
				type: 'nominal',
				...(kinds
					? {title: null, scale: colourScale(kinds), sort: [...kinds]}
					: {legend: null, scale: {domain: Object.keys(kindColours), range: Object.values(kindColours)}}),
			},
		},
		layer: [
			...(isLog ? [baselineUp] : []),
			{
				mark: {type: 'rule', strokeWidth: 1.4},
				encoding: {x: {field: 'least', type: 'quantitative'}, x2: {field: 'greatest'}},
			},
			{mark: {type: 'point', filled: true, size: 55, opacity: 1}},
		],
	}
	const common = {
		title: titleOf(summary, {text: title, notes}),
		data: {values: [...values]},
	}
	return {
		name,
		title,
		spec: faceted
			? {
					...common,
					facet: {column: {field: faceted, type: 'nominal', title: null, sort: [...guestParts]}},
					spec,
					resolve: {scale: {x: 'independent'}},
				}
			: {...common, ...spec},
	}
}

const kindOf = (id: string, kind: 'manyhart' | 'qemu') =>
	kind === 'qemu' ? 'QEMU' : id === defaultId ? 'default' : 'design'

export function boot(summary: Summary): Plot | undefined {
	const values = summary.subjectsOf({program: 'boot'}).flatMap(({id, kind}) => {
		const seconds = summary.spread('seconds', {program: 'boot', subject: id})
		return seconds ? [{row: id, kind: kindOf(id, kind), ...fields(seconds)}] : []
	})
	if (values.length === 0) return undefined
	return rows(summary, {
		name: 'boot',
		title: "Debian's boot, one hart",
		values,
		axis: 'seconds until init runs',
		isLog: false,
		notes: ['Orange: the default; blue: other designs; black: QEMU.'],
	})
}

export function effects(summary: Summary): Plot | undefined {
	const values = guestParts.flatMap((part) =>
		summary.record.subjects.flatMap(({id, kind}) => {
			const speed = id === defaultId ? undefined : summary.meanSpeed(part, id)
			return speed ? [{part, row: id, kind: kindOf(id, kind), ...fields(speed)}] : []
		}),
	)
	if (values.length === 0) return undefined
	const order = summary.record.subjects.map(({id}) => id)
	return rows(summary, {
		name: 'effects',
		title: 'What each design does to speed, by part',
		values: values.toSorted((one, other) => order.indexOf(one.row) - order.indexOf(other.row)),
		axis: 'speed, default = 1',
		isLog: true,
		notes: [speedNote, "Geometric means of a part's programs."],
		faceted: 'part',
	})
}

export function besideQemu(summary: Summary): Plot | undefined {
	const values = summary.qemus.flatMap(({id}) =>
		guestParts.flatMap((part) =>
			summary.timed(part).flatMap(({program}) => {
				const speed = summary.speed(program, defaultId, id)
				return speed ? [{row: program, qemu: id, kind: part, ...fields(speed)}] : []
			}),
		),
	)
	if (values.length === 0) return undefined
	return rows(summary, {
		name: 'qemu',
		title: 'The default beside QEMU',
		values,
		axis: 'speed, QEMU = 1',
		isLog: true,
		notes: ["QEMU's time / Manyhart's: above 1 Manyhart is faster."],
		kinds: guestParts,
		...(summary.qemus.length > 1 && {faceted: 'qemu'}),
	})
}
