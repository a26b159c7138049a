/**
 * Makes deliberate mistakes (scripts/mutations) in a copy of the project, one at a time, and checks that tests catch
 * them.
 *
 *     npm run mutate -- [--only TEXT] [--area AREA] [--json]
 *
 * Other switches are defaults for the tests' machines: see test/support/translation.ts. First, the tests must pass
 * without any mistake. Exit code 1 when a mistake survives.
 */
import {addMachineSwitches, type MachineSwitches, useTranslation} from '../test/support/translation.ts'
import {avaFigures, failedTitles} from './build/ava-figures.ts'
import {BuildError, fromRoot} from './build/project.ts'
import {type Ended, runCommand} from './build/run-command.ts'
import {ScratchTree} from './build/scratch-tree.ts'
import {runScript, scriptCommand} from './build/script-command.ts'
import {areas, type Mutation, type MutationResult, mutate, mutations} from './mutations/index.ts'

const buildSeconds = 120
const testSeconds = 240

const progress = (text: string) => console.error(text)

async function build({folder}: ScratchTree): Promise<Ended> {
	return runCommand(process.execPath, ['scripts/build.ts', '--for-start'], {cwd: folder, seconds: buildSeconds})
}

/** @returns the titles of the failed tests, or a remark in parentheses for a failure that AVA does not name. */
async function failuresOf({folder}: ScratchTree, file: string): Promise<readonly string[]> {
	const {output, code, timedOut} = await runCommand('node_modules/.bin/ava', [file], {
		cwd: folder,
		seconds: testSeconds,
	})
	if (timedOut) return [`(did not end in ${testSeconds} s)`]
	const titles = failedTitles(output)
	if (titles.length > 0) return titles
	return code === 0 && avaFigures(output, code).failed === 0 ? [] : ['(the test file itself failed)']
}

async function requirePassing(tree: ScratchTree, files: readonly string[]): Promise<void> {
	const {code, output} = await build(tree)
	if (code !== 0) throw new BuildError(`Expected the copy to build\n${output}`)
	for (const file of files) {
		const failures = await failuresOf(tree, file)
		if (failures.length > 0) throw new BuildError(`Expected ${file} to pass without a mistake, got ${failures[0]}`)
		progress(`passes unchanged: ${file}`)
	}
}

async function catcherOf(tree: ScratchTree, {name, tests}: Mutation): Promise<MutationResult['caughtBy']> {
	const {code, output} = await build(tree)
	// A mistake that does not compile proves nothing.
	if (code !== 0) throw new BuildError(`Expected the mutation ${name} to build\n${output}`)
	for (const file of tests) {
		const [title] = await failuresOf(tree, file)
		if (title) return {file, title}
	}
	return null
}

async function tryMutation(tree: ScratchTree, mutation: (typeof mutations)[number]): Promise<MutationResult> {
	const began = performance.now()
	const putBack = await tree.change(mutation.file, (source) => mutate(mutation, source))
	try {
		const caughtBy = await catcherOf(tree, mutation)
		const {name, area, file} = mutation
		return {name, area, file, caughtBy, seconds: Math.round((performance.now() - began) / 100) / 10}
	} finally {
		await putBack()
	}
}

function describe({area, name, caughtBy, seconds}: MutationResult): string {
	const end = caughtBy ? `caught by ${caughtBy.file}: ${caughtBy.title}` : 'SURVIVED'
	return `${area}: ${name}: ${end} (${seconds} s)`
}

type MutateOptions = MachineSwitches & Readonly<{only?: string; area?: string; json?: boolean}>

async function tryMutations({only = '', area: inArea = '', json, ...machine}: MutateOptions): Promise<void> {
	useTranslation(machine)
	const chosen = mutations.filter(({name, area}) => name.includes(only) && area.includes(inArea))
	if (chosen.length === 0) throw new BuildError('Expected --only or --area to name a mutation')
	await using tree = await ScratchTree.create()
	progress(`${chosen.length} mutations in a copy of ${fromRoot()}`)
	await requirePassing(tree, [...new Set(chosen.flatMap(({tests}) => tests))])
	const results: MutationResult[] = []
	for (const mutation of chosen) {
		const result = await tryMutation(tree, mutation)
		results.push(result)
		progress(`${results.length}/${chosen.length} ${describe(result)}`)
	}
	const survivors = results.filter(({caughtBy}) => !caughtBy)
	console.log(json ? JSON.stringify(results, null, '\t') : results.map(describe).join('\n'))
	progress(`${results.length - survivors.length} of ${results.length} caught`)
	if (survivors.length > 0) process.exitCode = 1
}

const command = scriptCommand(
	'mutate',
	'makes deliberate mistakes in a copy of the project and checks that tests catch them',
)
	.option('--only <text>', 'only mistakes whose names contain it')
	.option('--area <text>', `only areas whose names contain it: ${areas.join(', ')}`)
	.option('--json', 'print JSON')
	.action(tryMutations)
await runScript('mutate', addMachineSwitches(command))
