/** Figures and names as the report of scaling spells them. */
import {figure} from '../../report/words.ts'
import type {Spread} from '../../statistics.ts'

/** @example `1.93 [1.90–1.95]`, the interval of the median; `1.93 (1.90–1.95)`, least to greatest of few repetitions. */
export function withInterval(spread: Spread | undefined): string {
	if (!spread) return '–'
	const {median, least, greatest, count, interval} = spread
	if (interval) return `${figure(median)} [${figure(interval[0])}–${figure(interval[1])}]`
	return count < 2 ? figure(median) : `${figure(median)} (${figure(least)}–${figure(greatest)})`
}

const units = [
	[1e9, 'G'],
	[1e6, 'M'],
	[1e3, 'k'],
] as const

/** @example 12.3 M; the same unit for all of a spread. */
export function withUnit(spread: Spread | undefined): string {
	if (!spread) return '–'
	const [by, unit] = units.find(([each]) => spread.median >= each) ?? [1, '']
	const {median, least, greatest, interval, count} = spread
	const scaled: Spread = {
		median: median / by,
		least: least / by,
		greatest: greatest / by,
		count,
		...(interval && {interval: [interval[0] / by, interval[1] / by]}),
	}
	return `${withInterval(scaled)}${unit && ` ${unit}`}`
}

/** Of a coefficient, which may be tiny. */
export function coefficient(value: number, interval?: readonly [number, number]): string {
	const spelled = (each: number) => (each === 0 ? '0' : Math.abs(each) < 1e-3 ? each.toExponential(1) : figure(each))
	return interval ? `${spelled(value)} [${spelled(interval[0])}–${spelled(interval[1])}]` : spelled(value)
}

/** Where harts exceed the host's cores. */
export const beyondMark = '*'

/** @param summary of a record: whether that many exceed its host's cores. */
export const starred = (summary: Readonly<{exceedsCores: (harts: number) => boolean}>, harts: number): string =>
	`${harts}${summary.exceedsCores(harts) ? beyondMark : ''}`

/** A workload's. */
export const nameOf = ({name}: Readonly<{name: string}>): string => `\`${name}\``
