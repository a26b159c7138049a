/**
 * docs/flush.md: its tables, plots and figures come from docs/flush.json; its words are written by hand. In the page
 *
 *     <!-- table: NAME -->   …   <!-- end -->        a table of the record
 *     <!-- plot: NAME -->    …   <!-- end -->        docs/flush-NAME.svg
 *     <!-- about -->         …   <!-- end -->        what was measured, when, on what, by which command
 *     <!-- figure: WORDS -->…<!-- end -->            a figure within a sentence, see figureText()
 *
 * and what stands between is written anew.
 */
import {readFile} from 'node:fs/promises'
import {parseRecord, recordText} from '../../src/bench/flush/record.ts'
import {figureText} from '../../src/bench/flush/report/figure-text.ts'
import {reportPlots} from '../../src/bench/flush/report/plots.ts'
import {provenance} from '../../src/bench/flush/report/report.ts'
import {Summary} from '../../src/bench/flush/report/summary.ts'
import {reportTables} from '../../src/bench/flush/report/tables.ts'
import {plotSvg} from '../../src/bench/report/plot.ts'
import {BuildError, fromRoot, readIfThere, writeIfChanged, writeWhole} from '../build/project.ts'

const pageFile = fromRoot('docs/flush.md')
const recordFile = fromRoot('docs/flush.json')

/** @param source a flush.json to take over as docs/flush.json first; undefined: the one that is there. */
export async function updateFlushPage(source?: string): Promise<void> {
	const text = source === undefined ? await readIfThere(recordFile) : await readFile(source, 'utf8')
	if (text === undefined) throw new BuildError('Expected docs/flush.json; measure, and name the file: --page FILE')
	const record = parseRecord(text, `--page ${source ?? recordFile}`)
	const summary = new Summary(record)
	const page = renderFlushPage(await readFile(pageFile, 'utf8'), summary)
	for (const plot of reportPlots(summary))
		if (page.includes(svgName(plot.name)))
			await writeIfChanged(fromRoot('docs', svgName(plot.name)), await plotSvg(plot))
	await writeWhole(recordFile, recordText(record))
	await writeIfChanged(pageFile, page)
}

const svgName = (plot: string) => `flush-${plot}.svg`

const marker = /<!-- (?<kind>about|table|plot|figure)(?:: (?<words>[^\n]*?))? -->(?<old>.*?)<!-- end -->/gs

/** @returns the page with everything between its markers written anew. @throws BuildError for a name that is none. */
export function renderFlushPage(page: string, summary: Summary): string {
	const tables = new Map(reportTables(summary).map((table) => [table.name, table]))
	const plots = new Map(reportPlots(summary).map((plot) => [plot.name, plot]))
	const missing = (what: string, there: Iterable<string>) =>
		new BuildError(`Expected docs/flush.md to have ${[...there].join(', ')}, got ${what}`)
	const lines = (kind: string, words: string): readonly string[] => {
		switch (kind) {
			case 'about':
				return provenance(summary.record)
			case 'plot': {
				const plot = plots.get(words)
				if (!plot) throw missing(`plot: ${words}`, plots.keys())
				return [`![${plot.title}](${svgName(words)})`]
			}
			default: {
				const table = tables.get(words)
				if (!table) throw missing(`table: ${words}`, tables.keys())
				return [`${table.title}. ${table.about}`, '', ...table.lines]
			}
		}
	}
	return page.replace(marker, (_, kind: string, words: string | undefined) => {
		const start = `<!-- ${kind}${words === undefined ? '' : `: ${words}`} -->`
		if (kind === 'figure') return `${start}${figureText(words ?? '', summary)}<!-- end -->`
		return [start, '', ...lines(kind, words ?? ''), '', '<!-- end -->'].join('\n')
	})
}
