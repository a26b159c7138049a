/** The package as a user has it: installed from what npm packs, and used as README.md and docs/library.md say. */
import {execFile, spawn} from 'node:child_process'
import {cp, glob, mkdir, readFile, writeFile} from 'node:fs/promises'
import {delimiter, join} from 'node:path'
import {text} from 'node:stream/consumers'
import {promisify} from 'node:util'
import test from 'ava'
import {build} from 'esbuild'
import {fromRoot} from '../../scripts/build/project.ts'
import {sourcesOf} from '../../scripts/guests/manifest.ts'
import {nodeMismatch} from '../../src/main/node-version.ts'
import {guestProgram} from '../guests/guests.ts'
import {eventually} from '../support/eventually.ts'
import {InstalledPackage} from '../support/installed-package.ts'

const exec = promisify(execFile)
const smpDemo = 'smp-demo: passed, every read saw the mapping that was published'

type Exit = Readonly<{exit: number | string; stdout: string; stderr: string}>

async function run(command: string, args: readonly string[], cwd: string): Promise<Exit> {
	const child = spawn(command, args, {cwd, stdio: ['ignore', 'pipe', 'pipe']})
	const [exit, stdout, stderr] = await Promise.all([
		new Promise<number | string>((resolve) => child.on('close', (code, signal) => resolve(signal ?? code ?? -1))),
		text(child.stdout),
		text(child.stderr),
	])
	return {exit, stdout, stderr}
}

/** @returns the first block of code in a language below a heading. */
async function exampleIn(page: string, heading: string, language: string): Promise<string> {
	const section = (await readFile(fromRoot(page), 'utf8')).split(`${heading}\n`)[1]!
	return new RegExp(`\`\`\`${language}\n(?<code>.*?)\`\`\``, 's').exec(section)!.groups!.code!
}

let project: InstalledPackage
test.before(async () => {
	project = await InstalledPackage.install({also: ['@types/node', 'undici-types']})
})
test.after.always(() => project?.[Symbol.asyncDispose]())

test('the package has what users need, and nothing else', async (t) => {
	const files = await Array.fromAsync(glob('**', {cwd: project.path('node_modules/manyhart'), withFileTypes: true}))
	const folder = project.path('node_modules/manyhart')
	const names = files
		.filter((file) => file.isFile())
		.map((file) => join(file.parentPath, file.name).slice(folder.length + 1))
	const [scaleSources, others] = [true, false].map((are) =>
		names.filter((name) => name.startsWith('dist/scale-sources/') === are),
	)
	t.deepEqual(others!.filter((name) => !name.startsWith('docs/')).sort(), [
		'LICENSE',
		'README.md',
		'dist/agent.elf',
		'dist/bench-bare.elf',
		'dist/bench-linux.elf',
		'dist/bench.js',
		'dist/campaign-thread.js',
		'dist/campaign.js',
		'dist/command-line.js',
		'dist/faults/hart.wasm',
		'dist/faults/helper.mjs',
		'dist/faults/io-worker.mjs',
		'dist/faults/rcu-stress-thread.mjs',
		'dist/faults/synchronous-translator.mjs',
		'dist/faults/vcpu-worker.mjs',
		'dist/flush-thread.mjs',
		'dist/hart.wasm',
		'dist/helper.mjs',
		'dist/index.d.ts',
		'dist/index.js',
		'dist/io-worker.mjs',
		'dist/manyhart.js',
		'dist/rcu-stress-thread.mjs',
		'dist/scale-bare.elf',
		'dist/scale-linux.elf',
		'dist/smp-demo.elf',
		'dist/stress.elf',
		'dist/stress.js',
		'dist/synchronous-translator.mjs',
		'dist/vcpu-worker.mjs',
		'package.json',
	])
	t.deepEqual(
		scaleSources!.map((name) => name.replace('dist/scale-sources', 'test/guests')).sort(),
		(await sourcesOf(guestProgram('scale-linux'))).toSorted(),
	)
	t.deepEqual(
		names.filter((name) => /^docs\/.*(?<!\.md|\.svg|\.1)$/.test(name)),
		[],
	)
	for (const name of names.filter((each) => /\.m?js$/.test(each)))
		t.notRegex(await readFile(join(folder, name), 'utf8'), /sourceMappingURL=(?!data:)\S+\.map/, name)
})

const program = `
	import {assetPaths, fetchGuest, listGuests, Machine, resolveGuest, UserError} from 'manyhart'
	import type {
		FetchOptions, GuestInfo, GuestParts, HartStatistics, MachineConsole, MachineOptions, MachineOutcome,
		MachineStatistics, RegisterDump, TlbDesign, TranslationOptions, TranslationStatistics,
	} from 'manyhart'

	export async function run(signal: AbortSignal): Promise<number> {
		const parts: GuestParts = await resolveGuest('smp-demo')
		const options: MachineOptions = {smp: 2, memory: 2 ** 28, ...parts, signal, tlb: {lookup: 'inline'}}
		await using machine = await Machine.create(options)
		const console: MachineConsole = machine.console
		const taken: boolean = await console.write('x')
		for await (const bytes of console) bytes satisfies Uint8Array
		const outcome: MachineOutcome = await machine.run()
		const reason: 'power-off' | 'reboot' | 'exit' | 'stopped' | 'aborted' | 'error' = outcome.reason
		const registers: RegisterDump = await machine.registers(0)
		const statistics: MachineStatistics = machine.statistics()
		const harts: readonly HartStatistics[] = statistics.harts
		const translation: TranslationStatistics | undefined = statistics.translation
		// @ts-expect-error an unknown option
		await Machine.create({smp: 1, memory: 4096, memroy: 5})
		// @ts-expect-error a wrong type
		await Machine.create({smp: 1, memory: '256M'})
		if (new UserError('').exitCode !== 2) return Number(reason.length + harts.length + Number(taken))
		return Number(registers.pc) + statistics.rcu.gracePeriods + (translation?.modules ?? 0)
	}
	export type Others = [FetchOptions, GuestInfo, TlbDesign, TranslationOptions]
	export const functions = [assetPaths, fetchGuest, listGuests] as const
`
const resolutions = [
	{module: 'nodenext', moduleResolution: 'nodenext', lib: ['esnext'], types: ['node']},
	{module: 'esnext', moduleResolution: 'bundler', lib: ['esnext'], types: ['node']},
	{module: 'nodenext', moduleResolution: 'nodenext', lib: ['es2022', 'dom'], types: []},
] as const
for (const options of resolutions) {
	const title = `${options.moduleResolution}, ${options.lib} and types ${options.types.join() || 'none'}`
	test(`strict TypeScript compiles against the declarations, which are checked, too (${title})`, async (t) => {
		const folder = project.path(`types-${resolutions.indexOf(options)}`)
		await mkdir(folder)
		const compilerOptions = {
			...options,
			target: 'esnext',
			strict: true,
			exactOptionalPropertyTypes: true,
			noUncheckedIndexedAccess: true,
			skipLibCheck: false,
			noEmit: true,
		}
		await writeFile(join(folder, 'program.mts'), program)
		await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({compilerOptions, files: ['program.mts']}))
		t.deepEqual(await run(fromRoot('node_modules/.bin/tsc'), ['-p', '.'], folder), {exit: 0, stdout: '', stderr: ''})
	})
}

test("README's example runs", async (t) => {
	await writeFile(project.path('example.mjs'), await exampleIn('README.md', '## As a library', 'js'))
	const {exit, stdout, stderr} = await run(process.execPath, ['example.mjs'], project.folder)
	t.is(stderr, '')
	t.is(exit, 0)
	t.true(stdout.includes(smpDemo))
	t.true(stdout.includes("{ reason: 'power-off', exitCode: 0 }"))
})

test('the command runs a guest of the package', async (t) => {
	const command = 'node_modules/manyhart/dist/manyhart.js'
	const args = [command, 'run', '--guest', 'smp-demo', '--smp', '2', '-m', '256M']
	const {exit, stdout, stderr} = await run(process.execPath, args, project.folder)
	t.is(stderr, '')
	t.is(exit, 0)
	t.true(stdout.includes(smpDemo))
})

/** Starts the laboratory, and interrupts it once it has so many measurements, as Ctrl-C does. */
async function interruptedLaboratory(part: string, count: number) {
	const out = project.path(`flush-${part}`)
	const args = ['node_modules/manyhart/dist/manyhart.js', 'bench', 'flush', '--only', part, '--out', out]
	const child = spawn(process.execPath, args, {cwd: project.folder, stdio: ['ignore', 'pipe', 'pipe'], detached: true})
	const closed = new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)))
	const [stdout, stderr] = [text(child.stdout), text(child.stderr)]
	const measured = async (): Promise<number> => {
		const record = await readFile(join(out, 'flush.json'), 'utf8').catch(() => '{"measurements":[]}')
		return JSON.parse(record).measurements.length
	}
	await eventually(async () => (await measured()) >= count, 'measurements')
	child.kill('SIGINT')
	const exit = await closed
	const record = JSON.parse(await readFile(join(out, 'flush.json'), 'utf8'))
	return {exit, record, out, group: child.pid!, stdout: await stdout, stderr: await stderr}
}

test('the laboratory measures flushes in the installed package; Ctrl-C leaves a record and a report', async (t) => {
	const {exit, record, out, stdout, stderr} = await interruptedLaboratory('cost', 2)
	t.is(exit, 130, stderr)
	t.is(record.state, 'interrupted')
	t.true(record.measurements.every(({error}: {error?: string}) => error === undefined))
	t.regex(stdout, /One flush, all entries filled/)
	const page = await readFile(join(out, 'flush.md'), 'utf8')
	t.regex(page, /interrupted/)
	const command = ['node_modules/manyhart/dist/manyhart.js', 'bench', 'flush', '--render', join(out, 'flush.json')]
	const again = await run(process.execPath, [...command, '--out', project.path('again')], project.folder)
	t.like(again, {exit: 0, stderr: ''})
	t.is(await readFile(project.path('again', 'flush.md'), 'utf8'), page)
})

test('stress runs in the installed package, and notices a rule that is broken there', async (t) => {
	const command = ['node_modules/manyhart/dist/manyhart.js', 'stress']
	const kept = await run(process.execPath, [...command, 'all', '--harts', '2', '--iterations', '1000'], project.folder)
	t.is(kept.exit, 0, kept.stderr)
	t.regex(kept.stdout, /^(?:stress (?:rcu|flush|atomics|smc|devices): .*: no violation\n){5}$/)
	const broken = await run(
		process.execPath,
		[...command, 'flush', '--harts', '2', '--inject', 'skip-poison'],
		project.folder,
	)
	t.is(broken.exit, 0)
	t.regex(broken.stdout, /^skip-poison .* got 0x/)
})

test('the laboratory runs guests in the installed package; Ctrl-C leaves none of their processes', async (t) => {
	const {exit, record, group, stderr} = await interruptedLaboratory('compute', 1)
	t.is(exit, 130, stderr)
	t.is(record.measurements[0].error, undefined)
	t.throws(() => process.kill(-group, 0), {code: 'ESRCH'})
})

test('a bundle that esbuild made as docs/library.md says runs without the package, beside Piscina', async (t) => {
	await using builder = await InstalledPackage.install({also: ['esbuild']})
	await writeFile(builder.path('main.js'), await exampleIn('README.md', '## As a library', 'js'))
	await writeFile(builder.path('build.mjs'), await exampleIn('docs/library.md', '## Bundling', 'js'))
	t.deepEqual(await run(process.execPath, ['build.mjs'], builder.folder), {exit: 0, stdout: '', stderr: ''})
	const alone = project.path('bundled')
	await cp(builder.path('out'), alone, {recursive: true})
	await builder[Symbol.asyncDispose]()
	const {exit, stdout, stderr} = await run(process.execPath, ['main.mjs'], alone)
	t.is(stderr, '')
	t.is(exit, 0)
	t.true(stdout.includes(smpDemo))
})

test('a bundle finds its files in the folder that an option names, also as CommonJS', async (t) => {
	const folder = project.path('commonjs')
	await mkdir(join(folder, 'files'), {recursive: true})
	const dist = project.path('node_modules/manyhart/dist')
	const modules = ['vcpu-worker.mjs', 'helper.mjs', 'io-worker.mjs', 'synchronous-translator.mjs']
	for (const name of [...modules, 'hart.wasm', 'smp-demo.elf']) await cp(join(dist, name), join(folder, 'files', name))
	const source = `
		import {Machine, resolveGuest} from 'manyhart'
		const assets = ${JSON.stringify(join(folder, 'files'))}
		async function main() {
			const say = ({message}) => console.log(message)
			await resolveGuest('smp-demo').catch(say)
			const options = {smp: 1, memory: 2 ** 26, ...await resolveGuest('smp-demo', {assets})}
			await Machine.create(options).catch(say)
			const machine = await Machine.create({...options, assets})
			console.log((await machine.run()).reason)
			await machine[Symbol.asyncDispose]()
		}
		main()`
	await build({
		stdin: {contents: source, resolveDir: project.folder},
		outfile: join(folder, 'main.cjs'),
		bundle: true,
		external: ['piscina'],
		platform: 'node',
		format: 'cjs',
		logLevel: 'silent',
	})
	const {exit, stdout, stderr} = await run(process.execPath, ['main.cjs'], folder)
	t.is(stderr, '')
	t.is(exit, 0)
	const [noGuest, noFiles, reason] = stdout.split('\n')
	t.regex(noGuest!, /^Expected \/.*\/commonjs\/smp-demo\.elf, which is part of the package, got no such file$/)
	t.regex(
		noFiles!,
		/^Expected the files that assetPaths\(\) names beside the program, got ENOENT: .*\/vcpu-worker\.mjs'$/,
	)
	t.is(reason, 'power-off')
})

/** @returns a Node that is older than the one we need, if this machine has one: what npm itself may run on. */
async function olderNode(): Promise<string | undefined> {
	for (const folder of (process.env.PATH ?? '').split(delimiter)) {
		const node = join(folder, 'node')
		const version = await exec(node, ['--version']).then(
			({stdout}) => stdout.slice(1),
			() => undefined,
		)
		if (version !== undefined && nodeMismatch(version) !== undefined) return node
	}
	return undefined
}

/** Makes the Node that runs say that it is an older one. */
const pretence = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.19.0'}})`
const library = `import('manyhart').catch(({message}) => console.log(message))`

test('the least Node is the one that package.json names', async (t) => {
	const {engines} = JSON.parse(await readFile(fromRoot('package.json'), 'utf8'))
	const least = /^>=(?<major>\d+)$/.exec(engines.node)!.groups!.major!
	t.is(nodeMismatch(`${least}.0.0`), undefined)
	t.is(nodeMismatch(process.versions.node), undefined)
	const older = `${Number(least) - 1}.11.1`
	t.is(nodeMismatch(older), `Expected Node ${least} or newer to run Manyhart, got ${older}`)
})

for (const which of ['a pretended', "this machine's"] as const) {
	test(`on an older Node (${which} one), command and library say in one line which they need`, async (t) => {
		const node = which === 'a pretended' ? process.execPath : await olderNode()
		if (node === undefined) return t.log('there is none')
		const options = which === 'a pretended' ? ['--import', pretence] : []
		const command = await run(node, [...options, 'node_modules/manyhart/dist/manyhart.js', '--version'], project.folder)
		t.like(command, {exit: 2, stdout: ''})
		t.regex(command.stderr, /^manyhart: Expected Node 24 or newer to run Manyhart, got [\d.]+\n$/)
		const imported = await run(node, [...options, '--input-type=module', '-e', library], project.folder)
		t.like(imported, {exit: 0, stderr: ''})
		t.regex(imported.stdout, /^Expected Node 24 or newer to run Manyhart, got [\d.]+\n$/)
	})
}
