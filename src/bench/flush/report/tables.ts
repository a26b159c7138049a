/** The tables of a record, by name, in Markdown. */
import {guestParts} from '../parts.ts'
import {costTables} from './cost-tables.ts'
import {
	againstQemu,
	boot,
	byValue,
	combinations,
	effects,
	flushes,
	misses,
	remoteFlushes,
	switchFlushes,
} from './guest-tables.ts'
import type {Summary} from './summary.ts'
import type {ReportTable} from './table.ts'

/** Those that the record has figures for. */
export function reportTables(summary: Summary): readonly ReportTable[] {
	return [
		...costTables(summary),
		effects(summary),
		againstQemu(summary),
		boot(summary),
		...guestParts.flatMap((part) => summary.variedKeys(part).map((field) => byValue(summary, part, field))),
		...guestParts.map((part) => combinations(summary, part)),
		flushes(summary),
		switchFlushes(summary),
		remoteFlushes(summary),
		...(['boot', 'switches'] as const).map((part) => misses(summary, part)),
	].filter((table) => table !== undefined)
}
