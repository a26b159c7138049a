/** The workloads compiled for this host: the same program, which finds the mistakes it looks for. */
import {execFile} from 'node:child_process'
import {cp, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import test, {type ExecutionContext} from 'ava'
import {fromRoot} from '../../../scripts/build/project.ts'
import {parseCost} from '../../../src/bench/scale/console.ts'
import {nativeSources, nativeWorkloads} from '../../../src/bench/scale/native.ts'
import {parseWorkloadResults, scaleWorkloads, workloadArguments} from '../../../src/bench/scale/workloads.ts'
import {guestProgram} from '../../guests/guests.ts'

const run = promisify(execFile)

async function temporaryFolder(t: ExecutionContext): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-scale-test-'))
	t.teardown(() => rm(folder, {recursive: true}))
	return folder
}

/** @returns the program; undefined, and says why, if this host cannot compile. */
async function compiled(t: ExecutionContext, sources?: string): Promise<string | undefined> {
	const native = await nativeWorkloads({cache: await temporaryFolder(t), ...(sources && {sources})})
	if (native.program !== undefined) return native.program
	t.pass()
	t.log(`skipped: ${native.reason}`)
	return undefined
}

test.serial('the guest and the host compile the same sources', (t) => {
	t.deepEqual([...nativeSources], [...guestProgram('scale-linux').sources])
})

test.serial('each workload passes its checks, with the same checksum for one thread and for three', async (t) => {
	t.timeout(240_000)
	const program = await compiled(t)
	if (!program) return
	for (const workload of scaleWorkloads) {
		const work = Math.max(workload.name.startsWith('read-') ? 2000 : 5, Math.round(workload.work.native / 10_000))
		const results = []
		for (const threads of [1, 3]) {
			const {stdout} = await run(program, workloadArguments(workload, threads, {work}))
			results.push(...parseWorkloadResults(stdout))
		}
		const [one, three] = results
		t.like(one, {name: workload.name, threads: 1, operations: work})
		t.like(three, {name: workload.name, threads: 3, operations: work})
		t.is(one!.checksum, three!.checksum, workload.name)
	}
})

test.serial('a program says what its measured part has cost, also in processes that it starts', async (t) => {
	const program = await compiled(t)
	if (!program) return
	for (const [name, kind, work] of [
		['compute-integer', 'threads', 3000],
		['compute-integer', 'processes', 3000],
		['fork-exec', 'processes', 40],
	] as const) {
		const {stdout} = await run(program, workloadArguments({name, kind}, 2, {work}))
		const cost = parseCost(stdout)!
		const [result] = parseWorkloadResults(stdout)
		t.true(cost.cpuSeconds > 0 && cost.cpuSeconds < 2.2 * (result!.nanoseconds / 1e9) + 0.05, stdout)
		const lines = stdout.split('\n')
		t.true(lines.indexOf('scale: measured part begins.') < lines.indexOf('scale: measured part ends.'))
		// Each waits for its child.
		if (name === 'fork-exec') t.true(cost.voluntary >= work / 2, stdout)
	}
})

test.serial('a time can end what has more work, whatever it does', async (t) => {
	const program = await compiled(t)
	if (!program) return
	for (const workload of scaleWorkloads) {
		const {stdout} = await run(program, workloadArguments(workload, 3, {work: 2 ** 40, most: 20}))
		const [result] = parseWorkloadResults(stdout)
		t.like(result, {name: workload.name, checksum: undefined}, stdout)
		t.true(result!.nanoseconds >= 20_000_000 && result!.operations > 0, stdout)
	}
})

test.serial('a program is compiled once for the same sources', async (t) => {
	const cache = await temporaryFolder(t)
	const first = await nativeWorkloads({cache})
	if (first.program === undefined) return t.pass()
	await writeFile(first.program, 'as it was')
	t.deepEqual(await nativeWorkloads({cache}), first)
	t.is(await readFile(first.program, 'utf8'), 'as it was')
	t.deepEqual(await readdir(cache), [first.program.slice(cache.length + 1)])
})

/** What a workload does wrong, and what it says then. */
const mistakes = [
	['scale/ring.c', 'ring->items[ring->sent % PLACES] = more', 'if (ring->sent != 3) $&', 'ring', /ring/],
	['scale/sort.c', '? one[i++]', '? one[i++] & ~1u', 'sort', /sorted numbers are not/],
	['shared/locks.h', '++*counter;', '*counter += 2;', 'count-ticket', /lost a count/],
	[
		'scale/scale.c',
		'parts / threads * number + parts % threads * number / threads',
		'parts / threads * number',
		'padded',
		/not all units were done/,
	],
	[
		'scale-linux/read-mostly.c',
		'write_record(new, ++shared->changes);',
		'$& new->words[3]++;',
		'read-rcu',
		/while it was changed/,
	],
	['linux/mappings.c', 'pages[i * PAGE] = value;', '$& pages[0] = 0;', 'mmap', /lost its byte/],
] as const

for (const [file, statement, wrong, workload, says] of mistakes)
	test.serial(`a mistake of ${workload} is noticed: it ends with 1, and says what is wrong`, async (t) => {
		const sources = await temporaryFolder(t)
		for (const folder of nativeSources)
			await cp(fromRoot('test/guests', folder), join(sources, folder), {recursive: true})
		const text = await readFile(join(sources, file), 'utf8')
		const changed = text.replace(statement, wrong)
		t.not(changed, text)
		await writeFile(join(sources, file), changed)
		const program = await compiled(t, sources)
		if (!program) return
		// Not divisible by three; a sort is long.
		const work = workload === 'sort' ? '20' : '2002'
		const failed = run(program, [workload, '--threads', '3', '--work', work])
		const {code, stdout, stderr} = await t.throwsAsync<Error & {code: number; stdout: string; stderr: string}>(failed)
		t.is(code, 1)
		t.deepEqual(parseWorkloadResults(stdout), [])
		t.regex(stderr, says)
	})

test.serial('a wrong command line ends with 2 and lists the workloads', async (t) => {
	const program = await compiled(t)
	if (!program) return
	const wrong = [
		['sort', '--threads', '65', '--work', '1'],
		['sort', '--threads', '1'],
		['sort', '--threads', '1', '--work', '1', '--milliseconds', '1'],
		['sort', '--threads', '1', '--work', '-1'],
		['sorted', '--threads', '1', '--work', '1'],
	]
	for (const args of wrong) {
		const {code, stderr} = await t.throwsAsync<Error & {code: number; stderr: string}>(run(program, args))
		t.is(code, 2, args.join(' '))
		t.regex(stderr, /^scale NAME --threads N .*\nNAME is one of compute-integer /)
	}
})

test.serial('two compilations at once, in one process, do not write the same file', async (t) => {
	const cache = await temporaryFolder(t)
	const [compiler, log] = [join(cache, 'cc'), join(cache, 'log')]
	// Each waits until both have begun.
	const body = `for out; do :; done; echo "$out" >> ${log}; while [ $(wc -l < ${log}) -lt 2 ]; do sleep 0.02; done; echo whole > "$out"`
	await writeFile(compiler, `#!/bin/sh\n[ "$1" = --version ] && { echo fake; exit; }\n${body}\n`, {mode: 0o755})
	const options = {cache, compilers: [compiler], platform: 'linux', arch: 'x64'} as const
	const [one, other] = await Promise.all([nativeWorkloads(options), nativeWorkloads(options)])
	t.deepEqual(one, other)
	t.is(await readFile(one!.program!, 'utf8'), 'whole\n')
	const drafts = (await readFile(log, 'utf8')).trim().split('\n')
	t.is(new Set(drafts).size, 2, drafts.join())
})

test.serial('without a compiler, or on another system, there is a reason', async (t) => {
	const cache = await temporaryFolder(t)
	t.deepEqual(await nativeWorkloads({cache, platform: 'linux', arch: 'x64', compilers: ['no-such-cc', 'nor-this']}), {
		reason: 'No C compiler in PATH (no-such-cc, nor-this)',
	})
	t.deepEqual(await nativeWorkloads({cache, platform: 'darwin'}), {
		reason: 'The workloads are for Linux, and this host runs darwin',
	})
	t.deepEqual(await nativeWorkloads({cache, platform: 'linux', arch: 's390x'}), {
		reason: 'The workloads are not written for s390x',
	})
	const broken = await nativeWorkloads({cache, sources: cache})
	if (broken.program === undefined)
		t.regex(broken.reason, /No sources of the workloads|No C compiler|not written|are for Linux/)
	t.deepEqual(await readdir(cache), [])
})
