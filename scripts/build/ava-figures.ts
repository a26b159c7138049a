/** AVA's figures, from the summary of its default reporter. (Its TAP reporter crashes when a test times out.) */

export type Figures = Readonly<{passed: number; failed: number; skipped: number}>

/** Lines of the summary. A file that crashes and a test that hangs count as failures. */
const summaryPattern =
	/^ {2}(?<count>\d+) (?:(?:tests?|hooks?) (?<kind>passed|failed|skipped|todo|remained)|(?<crash>unhandled|uncaught|previous))/

/** @param output all that AVA printed. @param exitCode a failed run without a failed test counts as one failure. */
export function avaFigures(output: string, exitCode: number): Figures {
	const lines = stripColours(output).split(/\r?\n/)
	const figures = {passed: 0, failed: 0, skipped: 0}
	const summaryStart = lines.lastIndexOf('  ─') + 1
	for (const line of lines.slice(summaryStart)) {
		const groups = summaryPattern.exec(line)?.groups
		if (!groups) continue
		const count = Number(groups.count)
		if (groups.kind === 'passed') figures.passed += count
		else if (groups.kind === 'skipped' || groups.kind === 'todo') figures.skipped += count
		else figures.failed += count
	}
	// The summary omits the passed tests when some failed.
	if (figures.passed === 0) figures.passed = lines.filter((line) => line.startsWith('  ✔ ')).length
	if (exitCode !== 0 && figures.failed === 0) figures.failed = 1
	return figures
}

/** @returns the titles of the failed tests. The list of tests appends an error to each; the details below it do not. */
export function failedTitles(output: string): readonly string[] {
	const lines = stripColours(output).split(/\r?\n/)
	const failed = lines.flatMap((line) => /^ {2}✘ \[fail\]: (.*)/.exec(line)?.[1] ?? [])
	const details = lines
		.slice(lines.indexOf('  ─') + 1)
		.flatMap((line) => /^ {2}(\S.*)/.exec(line)?.[1] ?? [])
		.toSorted((one, other) => other.length - one.length)
	return failed.map((title) => details.find((line) => title.startsWith(line)) ?? title)
}

/** @example `12 passed, 0 failed, 1 skipped` */
export function summaryLine({passed, failed, skipped}: Figures): string {
	return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

function stripColours(text: string): string {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours start with ESC.
	return text.replace(/\u001b\[[\d;]*m/g, '')
}
