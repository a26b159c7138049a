/** `npm run bench -- page`: measures tables; writes docs/benchmarks.json, benchmarks.md and the README's speeds. */
import {readFile} from 'node:fs/promises'
import {fromRoot, readIfThere, writeIfChanged, writeWhole} from '../build/project.ts'
import {measure} from './page/measure.ts'
import {type BenchmarkRecord, type Entry, emptyRecord} from './page/record.ts'
import {render, withSpeeds} from './page/render.ts'
import {chooseTables} from './page/tables.ts'

const recordFile = fromRoot('docs/benchmarks.json')
const pageFile = fromRoot('docs/benchmarks.md')
const readmeFile = fromRoot('README.md')

export type PageOptions = Readonly<{
	/** Names separated by commas; undefined: all. */
	table?: string
	/** Renders without measuring. */
	render: boolean
}>

export async function benchPage({table, render: onlyRenders}: PageOptions): Promise<void> {
	const chosen = chooseTables(table)
	if (onlyRenders) await update(await readRecord())
	else
		for (const each of chosen) {
			const entry = await measure(each)
			const {tables} = await readRecord()
			await update({tables: {...tables, [each.name]: entry}})
			console.log(`${each.name}: measured`)
		}
}

/** Takes over what was measured elsewhere. @param entries by table. */
export async function recordEntries(entries: Readonly<Record<string, Entry>>): Promise<void> {
	const {tables} = await readRecord()
	await update({tables: {...tables, ...entries}})
}

async function readRecord(): Promise<BenchmarkRecord> {
	return JSON.parse((await readIfThere(recordFile)) ?? JSON.stringify(emptyRecord))
}

/** Writes all three, so that they always agree. */
async function update(record: BenchmarkRecord): Promise<void> {
	await writeWhole(recordFile, `${JSON.stringify(record, null, '\t')}\n`)
	await writeWhole(pageFile, render(record))
	await writeIfChanged(readmeFile, withSpeeds(await readFile(readmeFile, 'utf8'), record))
}
