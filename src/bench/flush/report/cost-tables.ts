/** Tables of what one flush costs. */
import {parseTlbDesign, tlbKeys} from '../../../tlb/index.ts'
import {figure, withSpread} from '../../report/words.ts'
import type {CostRow, Summary} from './summary.ts'
import {aligned, type ReportTable} from './table.ts'

/** By policy, as --tlb lists them; the default encoding first. */
function costOrder(subjects: readonly string[]): readonly string[] {
	const place = (subject: string) => {
		const {policy = ''} = parseTlbDesign(subject)
		return 2 * Object.keys(tlbKeys.policy.values).indexOf(policy) + Number(subject.includes(','))
	}
	return subjects.toSorted((one, other) => place(one) - place(other))
}

export function costTables(summary: Summary): readonly (ReportTable | undefined)[] {
	const rows = summary.costs()
	const sizes = [...new Set(rows.map(({log2Entries}) => log2Entries))].toSorted((one, other) => one - other)
	const measured = new Set(rows.map(({subject}) => subject))
	const subjects = costOrder(summary.record.subjects.map(({id}) => id).filter((id) => measured.has(id)))
	const about =
		'Microseconds for three tables: median over the rounds of the medians of a round, with the least and greatest.'
	const total = ' All threads: the flushing one, and what the helper takes to clear what one flush has retired.'
	const bySize = (name: string, title: string, {fill, of}: {fill: CostRow['fill']; of: 'flushing' | 'total'}) => {
		if (rows.length === 0) return undefined
		const lines = aligned(
			['', ...sizes.map((size) => `2^${size}`)],
			subjects.map((subject) => [
				`\`${subject}\``,
				...sizes.map((size) =>
					withSpread(
						rows.find((row) => row.subject === subject && row.log2Entries === size && row.fill === fill)?.[of],
					),
				),
			]),
		)
		return {name, title, about: of === 'total' ? about + total : about, lines}
	}
	const filled = rows.filter(({log2Entries}) =>
		rows.some((row) => row.fill === 'other' && row.log2Entries === log2Entries),
	)
	const fills = [...new Set(filled.map((row) => row.filled))].toSorted((one, other) => one - other)
	const byFill = fills.length > 0 && {
		name: 'cost-fill',
		title: `One flush by entries filled, of tables with ${figure(2 ** filled[0]!.log2Entries)} entries, on the flushing thread`,
		about,
		lines: aligned(
			['', ...fills.map(String)],
			subjects.map((subject) => [
				`\`${subject}\``,
				...fills.map((fill) =>
					withSpread(filled.find((row) => row.subject === subject && row.filled === fill)?.flushing),
				),
			]),
		),
	}
	return [
		bySize('cost-all', 'One flush, all entries filled, on the flushing thread', {fill: 'all', of: 'flushing'}),
		bySize('cost-all-total', 'One flush, all entries filled, in all threads', {fill: 'all', of: 'total'}),
		bySize('cost-few', 'One flush, 16 entries filled, on the flushing thread', {fill: 'few', of: 'flushing'}),
		bySize('cost-few-total', 'One flush, 16 entries filled, in all threads', {fill: 'few', of: 'total'}),
		byFill || undefined,
	]
}
