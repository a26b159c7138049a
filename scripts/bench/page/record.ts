/** docs/benchmarks.json: what was measured, when, on what, and by which command. */

export type Entry = Readonly<{
	/** As typed in the project's folder, a line each. Absent: measured by hand, as the note says. */
	command?: string
	/** Year, month, day. */
	date: string
	/** Versions as the programs print them; absent where they played no part, or were not kept. */
	node?: string
	qemu?: string
	host: string
	/** What else a reader has to know of this measurement. */
	note?: string
	/** What the table's `read` made of the commands' output. */
	figures: unknown
}>

export type BenchmarkRecord = Readonly<{tables: Readonly<Record<string, Entry>>}>

export const emptyRecord: BenchmarkRecord = {tables: {}}
