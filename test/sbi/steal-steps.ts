/** What sta.test.ts and its reader agree on. */

/** The last value's halves. */
export const lastStep = 200_000

export type StealReaderReport = Readonly<{
	/** Values whose halves differ; values below an earlier one; values that were not the one before. */
	torn: number
	falls: number
	seen: number
}>
