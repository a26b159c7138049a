/** Tables in Markdown. */
import {markdownTable as format} from 'markdown-table'

type Align = 'left' | 'right'

/** A bar would end the cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|')

/** @param align of each column; left by default. @returns the lines: heading, alignment, one per row. */
export function markdownTable(
	heading: readonly string[],
	rows: readonly (readonly string[])[],
	align: readonly Align[] = [],
): string[] {
	const lines = [heading, ...rows].map((cells) => cells.map(cell))
	// Colons for right-aligned columns only. Columns are not padded: one long cell would widen every line.
	const style = heading.map((_, column) => (align[column] === 'right' ? 'right' : ''))
	return format(lines, {align: style, alignDelimiters: false}).split('\n')
}
