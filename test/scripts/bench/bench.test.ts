/** The benchmark programs compute here what they compute under QEMU; the command line explains its errors. */
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import test from 'ava'
import type {ChurnRow} from '../../../scripts/bench/churn.ts'
import {fromRoot} from '../../../scripts/build/project.ts'
import {runCommand} from '../../../scripts/build/run-command.ts'
import {parseFigures, programs, runsOnBareMetal} from '../../../src/bench/index.ts'
import {Machine} from '../../../src/main/index.ts'
import {expectedOutput, guestBinary, outputDifference} from '../../guests/guests.ts'
import {withParameters} from '../../guests/parameters.ts'

const gibibyte = 2 ** 30

async function runBare(kernel: string): Promise<string> {
	await using machine = await Machine.create({smp: 1, memory: gibibyte, kernel})
	const stopped = machine.run()
	let console = ''
	const decoder = new TextDecoder()
	for await (const bytes of machine.console) console += decoder.decode(bytes, {stream: true})
	await stopped
	return console
}

const bench = (...args: readonly string[]) =>
	runCommand(process.execPath, ['scripts/bench.ts', ...args], {cwd: fromRoot(), seconds: 60})

test('all benchmark programs for bare metal compute here what they do under QEMU', async (t) => {
	const console = await runBare(guestBinary('bench-bare'))
	t.is(outputDifference(console, await expectedOutput('bench-bare')), undefined)
	t.deepEqual(
		[...parseFigures(console).keys()],
		programs.filter(runsOnBareMetal).map(({name}) => name),
	)
})

test('the guest runs only the requested programs, also while the TLB is flushed', async (t) => {
	const names = new TextEncoder().encode('fft crc32\0')
	const kernel = join(await mkdtemp(join(tmpdir(), 'manyhart-bench-test-')), 'bench.elf')
	t.teardown(() => rm(dirname(kernel), {recursive: true}))
	await writeFile(kernel, await withParameters('bench-bare', [1, 1000], names))
	const console = await runBare(kernel)
	t.deepEqual([...parseFigures(console).keys()], ['crc32', 'fft'])
})

test('the Linux guest’s programs are those of the list', async (t) => {
	const lists = ['bench', 'bench-linux'].map((folder) =>
		readFile(fromRoot('test/guests', folder, 'programs.c'), 'utf8'),
	)
	const names = (await Promise.all(lists)).flatMap((text) => [...text.matchAll(/\{"(.+?)"/g)].map(([, name]) => name))
	t.deepEqual(
		names,
		programs.map(({name}) => name),
	)
})

test('churn shows what is live over time, as JSON', async (t) => {
	const {output, code} = await bench('churn', '--seconds', '2', '--every', '1', '--wasm', '1', '--json')
	t.is(code, 0)
	const {rows} = JSON.parse(output) as {rows: ChurnRow[]}
	t.is(rows.length, 2)
	for (const row of rows) {
		t.true(row.residentBytes > 0)
		t.true(row.liveModules <= row.modules && row.liveRegions <= row.regions)
		t.true(row.liveWasmBytes <= 2 ** 20 || row.liveModules === 1)
	}
})

test('a wrong command line exits with 2 and says what was expected', async (t) => {
	const wrong: readonly (readonly [readonly string[], RegExp])[] = [
		[['cpu', '--program', 'sive'], /Expected --program to be one of sieve/],
		[['cpu', '--group', 'float'], /integer, fp, memory, sync, working-set, system, flush/],
		[['cpu', '--pairs', '0'], /Expected an integer from 1/],
		[['cpu', '--scale', 'x'], /Expected a number/],
		[['cpu', 'sieve'], /Expected options of manyhart after --, got sieve/],
		[['cpu', '--bare', '--copies', '2'], /Expected --copies without --bare/],
		[['cpu', '--elf', 'x', '--program', 'sieve'], /cannot be used with/],
		[['cpu', '--manyhart', 'nowhere.js'], /Expected --manyhart to be a file, got nowhere.js/],
		[['lookup', '--program', 'sive'], /Expected --program to be one of sieve/],
		[['lookup', '--program', 'fork'], /Expected programs that run on bare metal, got fork/],
		[['smp', '--program', 'pip'], /Expected mmap, mmap-2/],
		[['smp', '--harts', '1,65'], /Expected an integer from 1 to 64/],
		[['smp', '--only', 'disk'], /Allowed choices are programs, latency/],
		[['smp', '--qemu', 'nowhere'], /Expected --qemu to be a qemu-system-riscv64/],
		[['smp', '--render', 'nowhere.json'], /Expected --render nowhere.json to be a file/],
		[['smp', '--render', 'a', '--page', 'b'], /cannot be used with/],
		[['churn', '--seconds', '0'], /Expected an integer from 1/],
		[['page', '--table', 'cpu,disk'], /Expected --table to be one of cpu, .*, got disk/],
		[['page', '--table', 'cpu', '--render'], /cannot be used with/],
		[['disk'], /unknown command/],
	]
	const runs = await Promise.all(wrong.map(([args]) => bench(...args)))
	for (const [i, {output, code}] of runs.entries()) {
		t.regex(output, wrong[i]![1])
		t.is(code, 2, output)
	}
})
