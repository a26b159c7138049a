/** Columns for a terminal: the first is aligned to the left, the others to the right. */
export function textTable(lines: readonly (readonly string[])[]): string {
	const columns = Math.max(0, ...lines.map((line) => line.length))
	const widths = Array.from({length: columns}, (_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)))
	const padded = lines.map((line) =>
		line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
	)
	return padded.join('\n')
}
