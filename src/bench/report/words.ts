/** Figures and names as the tables spell them. */
import type {Spread} from '../statistics.ts'

/** Three significant digits; counts whole. */
export function figure(value: number): string {
	if (value === 0 || (Number.isInteger(value) && value >= 10)) return value.toLocaleString('en')
	const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
	return value.toLocaleString('en', {minimumFractionDigits: digits, maximumFractionDigits: digits})
}

/** @example `1.04 (0.98–1.07)`; without the spread if there was one round. */
export function withSpread(spread: Spread | undefined): string {
	if (!spread) return '–'
	const {median, least, greatest, count} = spread
	return count < 2 ? figure(median) : `${figure(median)} (${figure(least)}–${figure(greatest)})`
}
