/** flush.md with its plots: all tables of a record, in one folder. */
import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expected} from '../../../errors.ts'
import {makeFolder} from '../../../main/guests/index.ts'
import {describeSystemError} from '../../../main/system-error.ts'
import {markdownTable} from '../../markdown.ts'
import {plotSvg} from '../../report/plot.ts'
import {parts} from '../parts.ts'
import type {FlushRecord} from '../record.ts'
import {reportPlots} from './plots.ts'
import {Summary} from './summary.ts'
import type {ReportTable} from './table.ts'
import {reportTables} from './tables.ts'

export const pageName = 'flush.md'

export type WrittenReport = Readonly<{
	/** For a terminal. */
	summary: string
	/** The page's name in the folder. */
	page: string
}>

/** @throws UserError if it cannot be written. */
export async function writeReport(folder: string, record: FlushRecord): Promise<WrittenReport> {
	const summary = new Summary(record)
	const tables = reportTables(summary)
	const plots = reportPlots(summary)
	const write = (name: string, text: string) =>
		writeFile(join(folder, name), text).catch((error) => {
			throw expected(`to write ${join(folder, name)}`, describeSystemError(error))
		})
	await makeFolder(folder).catch((error) => {
		throw expected(`--out ${folder} to be a folder, or none yet`, describeSystemError(error))
	})
	for (const plot of plots) await write(`${plot.name}.svg`, await plotSvg(plot))
	const images = plots.map(({name, title}) => `![${title}](${name}.svg)`)
	await write(pageName, renderReport(summary, {tables, images}))
	const files = [pageName, ...plots.map(({name}) => `${name}.svg`)].join(', ')
	const shown = tables.filter(({name}) => name === 'effects' || name === 'qemu' || name === 'cost-all')
	return {
		summary: [...shown.flatMap(({title, lines}) => [title, '', ...lines, '']), `In ${folder}: ${files}`].join('\n'),
		page: pageName,
	}
}

export function renderReport(
	summary: Summary,
	{tables, images}: Readonly<{tables: readonly ReportTable[]; images: readonly string[]}>,
): string {
	const {record, failures} = summary
	return `${[
		'# What TLB flushes cost',
		'',
		...provenance(record),
		'',
		...failureLines(failures),
		...images.flatMap((image) => [image, '']),
		...tables.flatMap(({title, about, lines}) => [`## ${title}`, '', about, '', ...lines, '']),
	].join('\n')}`
}

/** What was measured, on what, and how much of it. */
export function provenance(record: FlushRecord): readonly string[] {
	const {command, date, manyhart, node, host, guest, state, measurements, planned, subjects, seed, amount} = record
	const rounds = new Set(measurements.map(({round}) => round)).size
	const qemus = subjects.flatMap((subject) => (subject.kind === 'qemu' ? [`QEMU ${subject.version}`] : []))
	return [
		`\`${command}\`, ${date.slice(0, 10)}: Manyhart ${manyhart}, Node ${node}, ${qemus.join(', ') || 'no QEMU'}; ${host}.${guest ? ` Guest: ${guest}.` : ''}`,
		`${measurements.length} of ${planned} runs in ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, ${state}; seed ${seed}.`,
		...(amount === 'quick' ? ['A quick look: one round, few designs, and little work each. Figures are rough.'] : []),
		`Parts: ${record.parts.map((part) => `${part} (${parts[part]})`).join('; ')}.`,
	]
}

function failureLines(failures: Summary['failures']): readonly string[] {
	if (failures.length === 0) return []
	return [
		'## Runs that failed',
		'',
		...markdownTable(
			['run', 'subject', 'harts', 'round', 'what it said'],
			failures.map(({kind, subject, harts, round, error}) => [kind, subject, `${harts}`, `${round + 1}`, error ?? '']),
		),
		'',
	]
}
