/** The workloads of `manyhart scale` on bare metal: their checks pass, and they compute what they compute under QEMU and on the host. */
import {execFile} from 'node:child_process'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import test, {type ExecutionContext} from 'ava'
import {parseMark} from '../../src/bench/scale/console.ts'
import {nativeWorkloads} from '../../src/bench/scale/native.ts'
import {
	bareWorkloads,
	parseWorkloadResults,
	scaleWorkloads,
	workloadArguments,
} from '../../src/bench/scale/workloads.ts'
import {Machine} from '../../src/main/index.ts'
import {temporaryFile} from '../main/boot/boot-files.ts'
import {patience} from '../support/patience.ts'
import {testTranslation} from '../support/translation.ts'
import {expectedOutput, guestBinary, outputDifference} from './guests.ts'
import {withParameters} from './parameters.ts'

/** How the guest's first parameter is meant. */
const kinds = {work: 0, perThread: 1, milliseconds: 2} as const

async function run(kernel: string, smp: number): Promise<{console: string; exitCode: number | undefined}> {
	const signal = AbortSignal.timeout(patience)
	await using machine = await Machine.create({smp, memory: 2 ** 28, kernel, signal, ...testTranslation()})
	const running = machine.run()
	let console = ''
	for await (const bytes of machine.console) console += Buffer.from(bytes).toString('latin1')
	const outcome = await running
	return {console, exitCode: 'exitCode' in outcome ? outcome.exitCode : undefined}
}

async function runSome(t: ExecutionContext, words: readonly number[], names: string) {
	const rest = new TextEncoder().encode(`${names}\0`)
	return run(await temporaryFile(t, await withParameters('scale-bare', words, rest)), 3)
}

test.serial('all workloads do the same here as under QEMU', async (t) => {
	const {console, exitCode} = await run(guestBinary('scale-bare'), 4)
	t.is(outputDifference(console, await expectedOutput('scale-bare')), undefined, console)
	t.is(exitCode, 0)
})

test.serial('the registry says which of them there are', async (t) => {
	const names = (await expectedOutput('scale-bare')).flatMap((line) => /^scale (\S+) threads/.exec(line)?.[1] ?? [])
	const bare = scaleWorkloads.filter(({bareMetal}) => bareMetal)
	t.deepEqual(names.toSorted(), bare.map(({name}) => name).toSorted())
})

test.serial('the host computes what the machine does', async (t) => {
	const cache = await mkdtemp(join(tmpdir(), 'manyhart-scale-test-'))
	t.teardown(() => rm(cache, {recursive: true}))
	const {program, ...why} = await nativeWorkloads({cache})
	if (program === undefined) {
		t.log(why)
		return t.pass()
	}
	const results = parseWorkloadResults((await expectedOutput('scale-bare')).join('\n').replaceAll('#', '16'))
	for (const {name, operations, checksum} of results) {
		const args = workloadArguments({name, kind: 'threads'}, 3, {work: operations})
		const [native] = parseWorkloadResults((await promisify(execFile)(program, args)).stdout)
		t.is(native!.checksum, checksum, name)
	}
})

test.serial('the workloads, their work and the number of workers can be chosen', async (t) => {
	const {console, exitCode} = await runSome(t, [kinds.perThread, 30, 2], 'sort count-mcs shootdown')
	t.is(exitCode, 0)
	t.like(parseWorkloadResults(console), [
		{name: 'sort', threads: 2, operations: 60},
		{name: 'count-mcs', threads: 2, operations: 60},
		{name: 'shootdown', threads: 2, operations: 60},
	])
	const whole = await runSome(t, [kinds.work, 60, 0], 'sort shootdown')
	const checksums = (text: string) => new Map(parseWorkloadResults(text).map(({name, checksum}) => [name, checksum]))
	t.is(checksums(whole.console).get('sort'), checksums(console).get('sort'))
	t.is(checksums(whole.console).get('shootdown'), checksums(console).get('shootdown'))
})

test.serial('workloads can have amounts of their own, and are then marked', async (t) => {
	const names = 'bare/sort:strong:8:100000 count-mcs:weak:30:100000'
	const {console, exitCode} = await runSome(t, [kinds.work, 1, 0], names)
	t.is(exitCode, 0)
	t.like(parseWorkloadResults(console), [
		{name: 'sort', threads: 3, operations: 8},
		{name: 'count-mcs', threads: 3, operations: 90},
	])
	const marks = console.split(/\r?\n/).filter((line) => parseMark(line))
	t.deepEqual(marks, [
		'scale: begin bare/sort strong.',
		'scale: measured part begins.',
		'scale: measured part ends.',
		'scale: end bare/sort strong 0.',
		'scale: begin count-mcs weak.',
		'scale: measured part begins.',
		'scale: measured part ends.',
		'scale: end count-mcs weak 0.',
	])
	const withoutAmount = await runSome(t, [kinds.work, 1, 0], 'sort:strong')
	t.regex(withoutAmount.console, /scale: no amount, or no time for sort/)
	t.is(withoutAmount.exitCode, 2)
})

test.serial('a time can end each workload before its work is done', async (t) => {
	const names = bareWorkloads.map(({name}) => `${name}:strong:${2 ** 40}:20`)
	const {console, exitCode} = await runSome(t, [kinds.work, 1, 0], names.join(' '))
	t.is(exitCode, 0, console)
	const results = parseWorkloadResults(console)
	t.is(results.length, names.length)
	for (const {nanoseconds, operations, checksum} of results)
		t.true(nanoseconds >= 20_000_000 && operations > 0 && checksum === undefined, console)
})

test.serial('a time can be the limit', async (t) => {
	const {console, exitCode} = await runSome(t, [kinds.milliseconds, 20, 3], 'compute-integer barrier ring')
	t.is(exitCode, 0)
	const results = parseWorkloadResults(console)
	t.deepEqual(
		results.map(({name}) => name),
		['compute-integer', 'barrier', 'ring'],
	)
	for (const {nanoseconds, operations, checksum} of results)
		t.true(nanoseconds >= 20_000_000 && operations > 0 && checksum === undefined)
})

test.serial('a workload that there is not is refused', async (t) => {
	const {console, exitCode} = await runSome(t, [kinds.work, 1, 1], 'mmap')
	t.regex(console, /scale: no workload mmap/)
	t.is(exitCode, 2)
})
