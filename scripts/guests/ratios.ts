/** Ratios of pairs of timings: median and spread, per program and over all. */

/** Seconds by program. */
export type Measured = Readonly<Record<string, number>>

export type RatioRow = Readonly<{
	program: string
	/** Medians, in seconds. */
	ours: number
	qemu: number
	/** ours / QEMU's, of each pair. */
	ratio: Readonly<{median: number; lowest: number; highest: number}>
}>

export function ratioRows(pairs: readonly Readonly<{ours: Measured; qemu: Measured}>[]): RatioRow[] {
	const programs = Object.keys(pairs[0]?.ours ?? {})
	const rows = programs.map((program) =>
		row(program, {ours: pairs.map(({ours}) => ours[program]!), qemu: pairs.map(({qemu}) => qemu[program]!)}),
	)
	if (rows.length < 2) return rows
	const geometricMean = (times: Measured) =>
		Math.exp(Object.values(times).reduce((sum, time) => sum + Math.log(time), 0) / programs.length)
	const means = {ours: pairs.map(({ours}) => geometricMean(ours)), qemu: pairs.map(({qemu}) => geometricMean(qemu))}
	return [...rows, row('geometric mean', means)]
}

function row(program: string, {ours, qemu}: Readonly<{ours: readonly number[]; qemu: readonly number[]}>): RatioRow {
	const ratios = ours.map((time, i) => time / qemu[i]!)
	const ratio = {median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios)}
	return {program, ours: median(ours), qemu: median(qemu), ratio}
}

export function median(values: readonly number[]): number {
	const sorted = values.toSorted((one, other) => one - other)
	const middle = sorted.length >> 1
	return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export function ratioTable(rows: readonly RatioRow[]): string {
	const head = ['program', 'ours', 'QEMU', 'ours/QEMU', 'lowest', 'highest']
	const cells = rows.map(({program, ours, qemu, ratio}) => [
		program,
		`${ours.toFixed(3)} s`,
		`${qemu.toFixed(3)} s`,
		...[ratio.median, ratio.lowest, ratio.highest].map((value) => value.toFixed(2)),
	])
	const widths = head.map((title, i) => Math.max(title.length, ...cells.map((line) => line[i]!.length)))
	return [head, ...cells]
		.map((line) => line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '))
		.join('\n')
}
