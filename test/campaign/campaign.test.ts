/** Campaigns on this host, by the command line. */
import {execFile} from 'node:child_process'
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {nativeWorkloads} from '../../src/bench/scale/native.ts'
import {readRecord} from '../../src/bench/scale/record.ts'
import type {Result} from '../../src/campaign/run.ts'
import {ifItCanBeHad} from '../boot/boot-guest.ts'
import {type Ended, entry, manyhart, startManyhart} from '../main/manyhart-process.ts'
import {eventually} from '../support/eventually.ts'
import {longPatience} from '../support/patience.ts'

async function folderWith(t: ExecutionContext, text: string) {
	t.timeout(longPatience)
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-campaign-test-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const file = join(folder, 'campaign.yaml')
	await writeFile(file, text)
	const out = join(folder, 'out')
	return {file, out, args: ['campaign', file, '--out', out]}
}

async function resultsIn(out: string): Promise<readonly Result[]> {
	const text = await readFile(join(out, 'results.jsonl'), 'utf8').catch(() => '')
	return text
		.split('\n')
		.slice(0, -1)
		.map((line) => JSON.parse(line))
}

const hasCompiler = (t: ExecutionContext) =>
	ifItCanBeHad(t, 'a C compiler', async () => {
		const {program, ...why} = await nativeWorkloads()
		if (program === undefined) throw new Error(JSON.stringify(why))
		return program
	})

test('guests run with the designs and seeds of the file, and what there is can be rendered', async (t) => {
	const {args, out} = await folderWith(
		t,
		`
campaign: guests
runs:
  - {guest: bare, workload: sort, harts: [1, 2], work: 16, tlb: [default, policy=swap-pool]}
  - {guest: bare, workload: sort, harts: 2, work: 16, seed: 3}
`,
	)
	const {exitCode, stdout, stderr} = await manyhart(args)
	t.is(exitCode, 0, stderr)
	const results = await resultsIn(out)
	t.is(results.length, 5)
	for (const {run, outcome} of results) {
		t.is(outcome.operations, 16)
		t.is(outcome.instructions?.length, run.harts)
		t.is(outcome.checksum, results[0]!.outcome.checksum)
	}
	const [, path = ''] = /^manyhart report render (.*)$/m.exec(stdout) ?? []
	const record = await readRecord(path, path)
	t.is(record.runs.length, 4)
	t.is(record.engines.length, 2)
	t.is((await manyhart(['report', 'render', path, '--out', dirname(path)])).exitCode, 0)
})

test('a stress run counts what it has done', async (t) => {
	const {args, out} = await folderWith(
		t,
		'campaign: stress\nruns:\n  - {kind: stress, workload: rcu, harts: 2, seconds: 1, seed: [5]}\n',
	)
	const {exitCode, stderr} = await manyhart(args)
	t.is(exitCode, 0, stderr)
	const [{outcome} = t.fail() as never] = await resultsIn(out)
	t.true(outcome.operations! > 0 && outcome.gracePeriods! > 0)
})

test('--dry-run lists the runs and runs none', async (t) => {
	const {args, out} = await folderWith(t, 'campaign: dry\nruns:\n  - {workload: sort, harts: [1, 2], repeat: 2}\n')
	const {stdout} = await manyhart([...args, '--dry-run', '--cores', '2'])
	const lines = stdout.trimEnd().split('\n')
	t.is(lines.length, 5)
	t.regex(lines[0]!, /^[0-9a-f]{24} +6\.8 s {2}linux sort strong, 1 hart, manyhart, repetition 1$/)
	t.is(lines[4], 'dry: 4 runs, 27 s in all, about 27 s on 2 cores')
	const json = JSON.parse((await manyhart([...args, '--dry-run', '--json'])).stdout)
	t.is(json.runs.length, 4)
	t.like(json.runs[3], {kind: 'scale', workload: 'sort', harts: 2, repetition: 1})
	t.deepEqual(await resultsIn(out), [])
})

test('a run that fails is tried again, is a result with its reason at last, and is run again by the same command', async (t) => {
	const {args, out} = await folderWith(
		t,
		'campaign: failing\nattempts: 2\nbackoff: 1\nruns:\n  - {guest: bare, workload: sort, harts: 1, engine: qemu, work: 4}\n',
	)
	// No QEMU.
	const env = {...process.env, PATH: dirname(process.execPath)}
	for (const _ of [1, 2]) {
		const {exitCode, stderr} = await manyhart(args, {env})
		t.is(exitCode, 1)
		t.regex(stderr, /attempt 1 of 2: there is no qemu-system-riscv64 in PATH\n.*attempt 2 of 2: /)
		t.regex(stderr, /1 of 1 runs failed: see results\.jsonl in /)
		const results = await resultsIn(out)
		t.is(results.length, 1)
		t.like(results[0], {attempt: 2, outcome: {error: 'there is no qemu-system-riscv64 in PATH'}})
	}
})

const many = (work: number) =>
	`campaign: many\nruns:\n  - {workload: compute-integer, harts: 1, engine: native, work: ${work}, repeat: 12}\n`

test('Ctrl-C leaves what was measured, and the same command goes on', async (t) => {
	if (!(await hasCompiler(t))) return
	const {args, out} = await folderWith(t, many(5000))
	const {child, ended} = startManyhart(t, [...args, '--cores', '1'])
	await eventually(async () => (await resultsIn(out)).length >= 2, 'two results')
	child.kill('SIGINT')
	t.is(await ended, 130)
	const before = await resultsIn(out)
	t.true(before.length < 12)
	const {exitCode, stderr} = await manyhart([...args, '--json'])
	t.is(exitCode, 0, stderr)
	t.regex(stderr, new RegExp(`12 runs, ${before.length} of them done`))
	const after = await resultsIn(out)
	t.deepEqual(after.slice(0, before.length), before)
	t.is(new Set(after.map(({id}) => id)).size, 12)
	t.is(after.length, 12)
})

const onUnix = process.platform === 'win32' ? test.skip : test

onUnix('a file that cannot grow: the reason, and whole results, which the same command completes', async (t) => {
	if (!(await hasCompiler(t))) return
	const {args, out} = await folderWith(t, many(10))
	// As a full disk: files of at most 4 or 8 KiB, by the shell. The signal that comes with it is ignored.
	const limited = ['-c', 'trap "" XFSZ; ulimit -f 8; exec "$@"', 'sh', process.execPath, entry, ...args]
	const {exitCode, stderr} = await new Promise<Omit<Ended, 'stdout'>>((resolve) => {
		execFile('sh', limited, (error, _, text) => resolve({exitCode: Number(error?.code ?? 0), stderr: text}))
	})
	t.is(exitCode, 2)
	t.regex(stderr, /manyhart: Expected to write .*results\.jsonl, got EFBIG \(file too large\)\n$/)
	const before = await resultsIn(out)
	t.true(before.length > 0 && before.length < 12, `${before.length}`)
	t.is((await manyhart(args)).exitCode, 0)
	t.deepEqual((await resultsIn(out)).slice(0, before.length), before)
	t.is((await resultsIn(out)).length, 12)
})
