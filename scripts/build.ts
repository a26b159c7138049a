/**
 * Builds dist/: the hart core (Wasm), one bundle per thread kind, and the library's declarations.
 * `--for-start` skips the declarations and prints errors only; `--clean` rebuilds from scratch.
 */
import {rm} from 'node:fs/promises'
import {buildBundles} from './build/bundles.ts'
import {buildDeclarations} from './build/declarations.ts'
import {buildHart} from './build/hart.ts'
import {fromRoot, reportFailure} from './build/project.ts'

const forStart = process.argv.includes('--for-start')

async function step(name: string, work: () => Promise<string>): Promise<void> {
	const start = performance.now()
	const outcome = await work()
	if (!forStart) console.error(`${name}: ${outcome} (${Math.round(performance.now() - start)} ms)`)
}

try {
	if (process.argv.includes('--clean'))
		await Promise.all(['dist', 'build'].map((folder) => rm(fromRoot(folder), {recursive: true, force: true})))
	// The bundles read nothing that the hart core's compiler writes, so the two run in parallel.
	await Promise.all([step('hart core', buildHart), step('bundles', buildBundles)])
	if (!forStart) await step('declarations', buildDeclarations)
} catch (error) {
	reportFailure('build', error)
}
