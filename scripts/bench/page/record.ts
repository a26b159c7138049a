/** docs/benchmarks.json: what was measured, when, on what, and by which command. */

export type Entry = Readonly<{
	/** As typed in the project's folder, a line each. Absent: measured by hand, as the note says. */
	command?: string
	/** Year, month, day. */
	date: string
	/** Versions as the programs print them; absent where they were not involved or not recorded. */
	node?: string
	qemu?: string
	host: string
	/** Further remarks on this measurement. */
	note?: string
	/** From the table's `read`. */
	figures: unknown
}>

export type BenchmarkRecord = Readonly<{tables: Readonly<Record<string, Entry>>}>

export const emptyRecord: BenchmarkRecord = {tables: {}}
