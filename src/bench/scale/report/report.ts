/** report.html and report.md, with its plots: all of a record, in one folder. */
import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expected} from '../../../errors.ts'
import {makeFolder} from '../../../main/guests/index.ts'
import {describeSystemError} from '../../../main/system-error.ts'
import {figuresOf, paragraph, type Report, type Section} from '../../report/document.ts'
import {reportHtml} from '../../report/write-html.ts'
import {reportMarkdown} from '../../report/write-markdown.ts'
import type {ScaleRecord} from '../record.ts'
import {independentCompute, worseThanQemu} from './compared.ts'
import {latencySection} from './latency.ts'
import {scalingFigure} from './plots.ts'
import {disturbance, failureSection, hostSection, method, overview, provenance, workloadSection} from './sections.ts'
import {Summary} from './summary.ts'
import {timeFigure} from './time.ts'

export const htmlName = 'report.html'
export const markdownName = 'report.md'

export type WrittenReport = Readonly<{
	/** For a terminal. */
	summary: string
	/** The page's name in the folder. */
	page: string
}>

export async function makeReport(summary: Summary): Promise<Report> {
	const table = overview(summary)
	const workloads = await Promise.all(
		summary.workloads.map(async (workload) => {
			const figures = await Promise.all([
				...summary.record.scalings.map((scaling) => scalingFigure(summary, workload, scaling)),
				timeFigure(summary, workload),
			])
			return workloadSection(
				summary,
				workload,
				figures.filter((each) => each !== undefined),
			)
		}),
	)
	const sections: readonly (Section | undefined)[] = [
		{
			id: 'overview',
			title: 'Overview',
			blocks: [table ?? paragraph('There are no runs on more than one hart to compare.')],
		},
		worseThanQemu(summary),
		independentCompute(summary),
		failureSection(summary),
		workloads.length > 0 ? {id: 'workloads', title: 'Workloads', blocks: [], sections: workloads} : undefined,
		await latencySection(summary),
		hostSection(summary),
		method(summary),
	]
	return {
		title: 'How it scales',
		blocks: [...provenance(summary.record), ...disturbance(summary)],
		sections: sections.filter((section) => section !== undefined),
	}
}

/** @throws UserError if it cannot be written. */
export async function writeReport(folder: string, record: ScaleRecord): Promise<WrittenReport> {
	const summary = new Summary(record)
	const report = await makeReport(summary)
	const write = (name: string, text: string) =>
		writeFile(join(folder, name), text).catch((error) => {
			throw expected(`to write ${join(folder, name)}`, describeSystemError(error))
		})
	await makeFolder(folder).catch((error) => {
		throw expected(`--out ${folder} to be a folder, or none yet`, describeSystemError(error))
	})
	for (const {name, svg} of figuresOf(report)) await write(`${name}.svg`, svg)
	await write(markdownName, reportMarkdown(report))
	await write(htmlName, reportHtml(report))
	const shown = report.sections.filter(({id}) => ['overview', 'worse', 'independent'].includes(id))
	const text = reportMarkdown({title: report.title, blocks: [], sections: shown})
	return {
		summary: `${text.split('\n').slice(2).join('\n')}\nIn ${folder}: ${htmlName}, ${markdownName}, ${figuresOf(report).length} plots`,
		page: htmlName,
	}
}
