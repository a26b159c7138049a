/** Runs everything that must pass: build, types, lint, import directions, tests. The last line is AVA's count. */
import {spawn} from 'node:child_process'
import {avaFigures, summaryLine} from './build/ava-figures.ts'
import {fromRoot} from './build/project.ts'

type Step = Readonly<{name: string; command: string; args: readonly string[]}>

const bin = (name: string) => fromRoot('node_modules/.bin', name)

const checks: readonly Step[] = [
	{name: 'build', command: process.execPath, args: ['scripts/build.ts']},
	{name: 'types', command: bin('tsc'), args: ['--noEmit']},
	{name: 'lint', command: bin('biome'), args: ['check', '--error-on-warnings']},
	{name: 'import directions', command: process.execPath, args: ['scripts/check-imports.ts']},
]

const environment = {
	...process.env,
	// Node keeps here what it has made of modules: most of a short test's time is to strip the types from them.
	NODE_COMPILE_CACHE: fromRoot('node_modules/.cache/compile'),
	// The build is the first step, so threads run what was built, which starts sooner.
	TEST_THREADS: process.env.TEST_THREADS ?? 'built',
}

/** @returns the exit code; a signal counts as 1. */
function run({command, args}: Step, onOutput?: (text: string) => void): Promise<number> {
	return new Promise((resolve, reject) => {
		const stdio = ['ignore', onOutput ? 'pipe' : 'inherit', 'inherit'] as const
		const child = spawn(command, args, {cwd: fromRoot(), env: environment, stdio: [...stdio]})
		child.stdout?.setEncoding('utf8').on('data', onOutput!)
		child.on('error', reject)
		child.on('close', (code) => resolve(code ?? 1))
	})
}

async function runChecks(): Promise<boolean> {
	for (const check of checks) {
		console.log(`# ${check.name}`)
		if ((await run(check)) === 0) continue
		console.error(`test: ${check.name} failed; the tests did not run`)
		return false
	}
	return true
}

async function runTests(): Promise<boolean> {
	console.log('# tests')
	let output = ''
	const code = await run({name: 'tests', command: bin('ava'), args: process.argv.slice(2)}, (text) => {
		process.stdout.write(text)
		output += text
	})
	const figures = avaFigures(output, code)
	if (figures.passed === 0) console.error('test: Expected some tests to pass, got none')
	console.log(summaryLine(figures))
	return code === 0 && figures.failed === 0 && figures.passed > 0
}

if (!((await runChecks()) && (await runTests()))) process.exitCode = 1
