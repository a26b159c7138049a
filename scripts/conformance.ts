/**
 * Generates docs/conformance.md from docs/conformance.json.
 *
 *     npm run conformance                           measures all areas and tries all mutations; half an hour on two busy cores
 *     npm run conformance -- --area litmus          measures one area (scripts/conformance/areas.ts); may be repeated
 *     npm run conformance -- --mutations FILE       takes in what `npm run mutate -- --json` printed; may be repeated
 *     npm run conformance -- --render               renders what is recorded, and the tables of known differences
 */
import {readFile} from 'node:fs/promises'
import {parseArgs} from 'node:util'
import {BuildError, fromRoot, readIfThere, reportFailure, writeWhole} from './build/project.ts'
import {runCommand} from './build/run-command.ts'
import {areaMeasures} from './conformance/areas.ts'
import {differencesFromQemu} from './conformance/differences.ts'
import {measure} from './conformance/measure.ts'
import {type ConformanceRecord, emptyRecord} from './conformance/record.ts'
import {render} from './conformance/render.ts'
import {type MutationResult, mutations} from './mutations/index.ts'

const recordFile = fromRoot('docs/conformance.json')
const pageFile = fromRoot('docs/conformance.md')
const mutationSeconds = 3600

async function readRecord(): Promise<ConformanceRecord> {
	return JSON.parse((await readIfThere(recordFile)) ?? JSON.stringify(emptyRecord))
}

/** Writes both, so that they never differ. */
async function update(change: (record: ConformanceRecord) => ConformanceRecord): Promise<void> {
	const record = {...change(await readRecord()), differences: differencesFromQemu()}
	await writeWhole(recordFile, `${JSON.stringify(record, null, '\t')}\n`)
	await writeWhole(pageFile, render(record))
}

async function recordAreas(names: readonly string[]): Promise<void> {
	for (const name of names) {
		const area = areaMeasures.find((each) => each.name === name)
		if (!area) throw new BuildError(`Expected --area to be of ${areaMeasures.map((each) => each.name)}, got ${name}`)
		const measured = await measure(area)
		console.log(`${name}: ${measured.cases} ${area.unit}, ${measured.failures} failures, ${measured.seconds} s`)
		await update((record) => ({...record, areas: {...record.areas, [name]: measured}}))
		if (measured.failures > 0) process.exitCode = 1
	}
}

/** In the order of the list; results of mistakes that are no longer made are dropped. */
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

try {
	const {values} = parseArgs({
		options: {
			area: {type: 'string', multiple: true, default: []},
			mutations: {type: 'string', multiple: true, default: []},
			render: {type: 'boolean', default: false},
			help: {type: 'boolean', default: false},
		},
	})
	const isAll = values.area.length === 0 && values.mutations.length === 0 && !values.render
	if (values.help) {
		console.log('npm run conformance -- [--area NAME]... [--mutations FILE]... [--render]')
		console.log(`areas: ${areaMeasures.map(({name}) => name).join(', ')}`)
	} else {
		await recordAreas(isAll ? areaMeasures.map(({name}) => name) : values.area)
		for (const file of values.mutations) await recordMutations(JSON.parse(await readFile(file, 'utf8')))
		if (isAll) await tryMutations()
		if (values.render) await update((record) => record)
	}
} catch (error) {
	reportFailure('conformance', error)
}
