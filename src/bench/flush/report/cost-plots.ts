/** Plots of what one flush costs. */
import {fields, linesWithSpread, type Plot} from '../../report/plot.ts'
import {colourScale, entriesLabel, policies, titleOf} from './plot-style.ts'
import type {Summary} from './summary.ts'

const policyOf = (subject: string) => subject.replace(/^policy=/, '')

/** Costs upwards, a colour for each policy. */
const costsOf = (names: readonly string[]) =>
	({
		y: {
			field: 'median',
			type: 'quantitative',
			scale: {type: 'log'},
			axis: {title: 'microseconds', format: '~g', tickCount: 6},
		},
		color: {
			field: 'policy',
			type: 'nominal',
			title: 'policy',
			scale: colourScale(names, policies),
			sort: [...names],
		},
	}) as const

export function costBySize(summary: Summary): Plot | undefined {
	const rows = summary.costs().filter(({subject, fill}) => !subject.includes(',') && (fill === 'all' || fill === 'few'))
	if (rows.length === 0) return undefined
	const values = rows.flatMap(({subject, log2Entries, fill, flushing, total}) =>
		(
			[
				['on the flushing thread', flushing],
				['in all threads', total],
			] as const
		).map(([where, spread]) => ({
			policy: policyOf(subject),
			entries: 2 ** log2Entries,
			fill: fill === 'all' ? 'all entries filled' : '16 entries filled',
			where,
			...fields(spread),
		})),
	)
	const names = policies.filter((policy) => values.some((value) => value.policy === policy))
	const sizes = [...new Set(values.map(({entries}) => entries))].toSorted((one, other) => one - other)
	return {
		name: 'cost-size',
		title: 'What one flush costs, by policy and size',
		spec: {
			title: titleOf(summary, {
				text: 'What one flush costs, by policy and size of the tables',
				notes: ['Three tables are flushed.'],
			}),
			data: {values},
			facet: {
				column: {field: 'where', type: 'nominal', title: null, sort: ['on the flushing thread', 'in all threads']},
				row: {field: 'fill', type: 'nominal', title: null, sort: ['all entries filled', '16 entries filled']},
			},
			spec: {
				width: 340,
				height: 230,
				encoding: {
					x: {
						field: 'entries',
						type: 'quantitative',
						scale: {type: 'log', base: 2, nice: false},
						axis: {
							title: 'entries of a table',
							values: sizes,
							labelExpr: entriesLabel,
							labelFontSize: 11,
							labelOverlap: false,
							labelFlush: false,
						},
					},
					...costsOf(names),
				},
				layer: linesWithSpread,
			},
		},
	}
}

export function costByFill(summary: Summary): Plot | undefined {
	const all = summary.costs().filter(({subject}) => !subject.includes(','))
	const rows = all.filter(({log2Entries}) => all.some((row) => row.fill === 'other' && row.log2Entries === log2Entries))
	const [first] = rows
	if (!first) return undefined
	const values = rows.map(({subject, filled, flushing}) => ({policy: policyOf(subject), filled, ...fields(flushing)}))
	const names = policies.filter((policy) => values.some((value) => value.policy === policy))
	const entries = 2 ** first.log2Entries
	return {
		name: 'cost-fill',
		title: 'What one flush costs, by entries filled',
		spec: {
			title: titleOf(summary, {
				text: 'What one flush costs the flushing thread, by entries filled',
				notes: [`Three tables of ${entries} entries are flushed.`],
			}),
			data: {values},
			width: 560,
			height: 300,
			encoding: {
				x: {
					field: 'filled',
					type: 'quantitative',
					scale: {type: 'log', base: 2, nice: false},
					axis: {title: 'entries filled in each table', labelExpr: entriesLabel},
				},
				...costsOf(names),
			},
			layer: linesWithSpread,
		},
	}
}
