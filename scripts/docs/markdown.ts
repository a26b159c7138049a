/** Tables in Markdown. */

/** A bar would end the cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|')
const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`

export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
	return [row(heading), row(heading.map(() => '---')), ...rows.map(row)].join('\n')
}
