/** The command lines of the scripts. */
import {execFile} from 'node:child_process'
import test from 'ava'
import {fromRoot} from '../../scripts/build/project.ts'

function run(script: string, ...args: readonly string[]) {
	const {promise, resolve} = Promise.withResolvers<{code: unknown; stdout: string; stderr: string}>()
	execFile(process.execPath, [fromRoot(`scripts/${script}.ts`), ...args], (error, stdout, stderr) =>
		resolve({code: error?.code ?? 0, stdout, stderr}),
	)
	return promise
}

const machines = ['--accel', '--jit-threshold', '--jit-synchronous', '--tlb']
const options: Readonly<Record<string, readonly string[]>> = {
	litmus: ['--iterations', ...machines],
	fuzz: ['--minutes', ...machines],
	mutate: ['--only', ...machines],
	conformance: ['--area'],
	'fuzz-board': ['--seconds'],
	bench: ['lookup'],
	docs: ['--help'],
}
for (const [script, names] of Object.entries(options)) {
	test(`${script} --help names its options and does nothing; another option is refused`, async (t) => {
		const {code, stdout, stderr} = await run(script, '--help')
		t.deepEqual([code, stderr], [0, ''])
		for (const name of names) t.true(stdout.includes(name), name)
		const refused = await run(script, '--frobnicate')
		t.deepEqual([refused.code, refused.stdout], [2, ''])
		t.regex(refused.stderr, /^error: unknown option '--frobnicate'\n$/)
	})
}

test('a switch of a former version is refused with its present name', async (t) => {
	const {code, stderr} = await run('litmus', '--tlb-encoding', 'plus-one')
	t.is(code, 2)
	t.is(stderr, "error: unknown option '--tlb-encoding'\nIt is --tlb encoding=VALUE now.\n")
})

test('a wrong value of the machine’s switches is refused before anything runs', async (t) => {
	const {code, stdout, stderr} = await run('fuzz', '--tlb', 'lookup=hash')
	t.deepEqual([code, stdout], [2, ''])
	t.is(stderr, 'fuzz: Expected --tlb lookup=inline|outlined, got lookup=hash\n')
})
