/**
 * docs/scaling.md, "Past these machines": its tables and its plot, simulated from the latencies of docs/benchmarks.json. In the page
 *
 *     <!-- beyond: NAME -->   …   <!-- end -->
 *
 * and what stands between is written anew. The same each time, as the seed is.
 */
import {readFile} from 'node:fs/promises'
import {BuildError, fromRoot, writeIfChanged} from '../build/project.ts'
import {beyondParts, beyondPlot} from './beyond/page.ts'
import {measuredParameters} from './beyond/parameters.ts'
import {between, fenceRuns, sharedServices, validations} from './beyond/scenarios.ts'

const marker = /<!-- beyond: (?<name>[a-z-]+) -->(?<old>.*?)<!-- end -->/gs

export async function benchBeyond(): Promise<void> {
	const {tables} = JSON.parse(await readFile(fromRoot('docs/benchmarks.json'), 'utf8'))
	const {rows} = tables['smp-latency'].figures
	const parameters = measuredParameters(rows)
	const series = [
		{name: 'a core for each hart', coresPerHart: 1},
		{name: 'half as many cores', coresPerHart: 0.5},
		{name: 'a quarter as many cores', coresPerHart: 0.25},
	].map(({name, coresPerHart}) => ({
		name,
		often: fenceRuns(parameters, coresPerHart, between.often),
		rarely: fenceRuns(parameters, coresPerHart, between.rarely),
	}))
	const parts = beyondParts({
		parameters,
		validations: validations(parameters, rows),
		series,
		shared: sharedServices(parameters),
	})
	const pageFile = fromRoot('docs/scaling.md')
	const page = (await readFile(pageFile, 'utf8')).replaceAll(marker, (_, name: string) => {
		const part = parts[name]
		if (part === undefined)
			throw new BuildError(`Expected docs/scaling.md to have ${Object.keys(parts).join(', ')}, got ${name}`)
		return `<!-- beyond: ${name} -->\n${part}\n<!-- end -->`
	})
	await writeIfChanged(fromRoot('docs/scaling-beyond.svg'), await beyondPlot(series))
	await writeIfChanged(pageFile, page)
}
