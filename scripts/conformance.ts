/**
 * Generates docs/conformance.md from docs/conformance.json.
 *
 *     npm run conformance                      measures all areas, tries all mutations; half an hour on two busy cores
 *     npm run conformance -- --area litmus     measures one area (scripts/conformance/areas.ts); may be repeated
 *     npm run conformance -- --mutations FILE  merges the output of `npm run mutate -- --json`; may be repeated
 *     npm run conformance -- --render          renders the record and the tables of known differences
 */
import {readFile} from 'node:fs/promises'
import {expected} from '../src/errors.ts'
import {fromRoot, readIfThere, writeWhole} from './build/project.ts'
import {runCommand} from './build/run-command.ts'
import {runScript, scriptCommand, several} from './build/script-command.ts'
import {areaMeasures} from './conformance/areas.ts'
import {differencesFromQemu} from './conformance/differences.ts'
import {measure} from './conformance/measure.ts'
import {type ConformanceRecord, emptyRecord} from './conformance/record.ts'
import {render} from './conformance/render.ts'
import {type MutationResult, mutations} from './mutations/index.ts'

const recordFile = fromRoot('docs/conformance.json')
const pageFile = fromRoot('docs/conformance.md')
const mutationSeconds = 3600
const areaNames = areaMeasures.map(({name}) => name)

async function readRecord(): Promise<ConformanceRecord> {
	return JSON.parse((await readIfThere(recordFile)) ?? JSON.stringify(emptyRecord))
}

/** Writes both, so that they always agree. */
async function update(change: (record: ConformanceRecord) => ConformanceRecord): Promise<void> {
	const record = {...change(await readRecord()), differences: differencesFromQemu()}
	await writeWhole(recordFile, `${JSON.stringify(record, null, '\t')}\n`)
	await writeWhole(pageFile, render(record))
}

async function recordAreas(names: readonly string[]): Promise<void> {
	for (const name of names) {
		const area = areaMeasures.find((each) => each.name === name)
		if (!area) throw expected(`--area to be one of ${areaNames.join(', ')}`, name)
		const measured = await measure(area)
		console.log(`${name}: ${measured.cases} ${area.unit}, ${measured.failures} failures, ${measured.seconds} s`)
		await update((record) => ({...record, areas: {...record.areas, [name]: measured}}))
		if (measured.failures > 0) process.exitCode = 1
	}
}

/** In the order of the list; drops the results of mutations that no longer exist. */
async function recordMutations(results: readonly MutationResult[]): Promise<void> {
	await update((record) => {
		const byName = new Map([...record.mutations, ...results].map((result) => [result.name, result]))
		return {...record, mutations: mutations.flatMap(({name}) => byName.get(name) ?? [])}
	})
}

async function tryMutations(): Promise<void> {
	const began = performance.now()
	const {output, code} = await runCommand(process.execPath, ['scripts/mutate.ts', '--json'], {
		cwd: fromRoot(),
		seconds: mutationSeconds,
	})
	process.exitCode ||= code
	const results: MutationResult[] = JSON.parse(output.slice(output.indexOf('[\n'), output.lastIndexOf(']') + 1))
	const caught = results.filter(({caughtBy}) => caughtBy).length
	console.log(`mutations: ${caught} of ${results.length} caught, ${Math.round((performance.now() - began) / 1000)} s`)
	await recordMutations(results)
}

type Options = Readonly<{area?: readonly string[]; mutations?: readonly string[]; render?: boolean}>

async function conformance({area = [], mutations: files = [], render: renders}: Options): Promise<void> {
	const isAll = area.length === 0 && files.length === 0 && !renders
	await recordAreas(isAll ? areaNames : area)
	for (const file of files) await recordMutations(JSON.parse(await readFile(file, 'utf8')))
	if (isAll) await tryMutations()
	if (renders) await update((record) => record)
}

const command = scriptCommand(
	'conformance',
	'generates docs/conformance.md; without options, measures everything again',
)
	.option('--area <name>', `measure only this: ${areaNames.join(', ')}; may be repeated`, several)
	.option('--mutations <file>', 'merge the output of `npm run mutate -- --json`; may be repeated', several)
	.option('--render', 'render the record and the tables of known differences')
	.action(conformance)
await runScript('conformance', command)
