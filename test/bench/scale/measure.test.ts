import {chmod, mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {PassThrough} from 'node:stream'
import test, {type ExecutionContext} from 'ava'
import {beginMark, endMark} from '../../../src/bench/scale/console.ts'
import {carryOut, type MeasureOptions} from '../../../src/bench/scale/measure.ts'
import {keyOf, makePlan, type PlannedBoot} from '../../../src/bench/scale/plan.ts'
import {parseRecord, type Run, recordText, scalings, writeRecord} from '../../../src/bench/scale/record.ts'
import {makeImage, runGuest} from '../../../src/bench/scale/run-guest.ts'
import {chooseWorkloads, nativeId, type Subject} from '../../../src/bench/scale/subjects.ts'
import {scaleWorkloads} from '../../../src/bench/scale/workloads.ts'
import {fetchedGuest} from '../../boot/boot-guest.ts'
import {writtenText} from '../../main/command-line/written-text.ts'
import {manyhart} from '../../main/manyhart-process.ts'
import {faultsOf, readTrace} from '../../main/tracing/trace-checks.ts'
import {longPatience, margin} from '../../support/patience.ts'
import {fakeEngines, fakeRecord, fakeSubjects} from './fake-record.ts'

const onHost = process.platform === 'win32' ? test.skip : test

async function folderOf(t: ExecutionContext): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-scale-test-'))
	t.teardown(() => rm(folder, {recursive: true}))
	return folder
}

async function script(folder: string, name: string, text: string): Promise<string> {
	const path = join(folder, name)
	await writeFile(path, `#!/bin/sh\n${text}\n`)
	await chmod(path, 0o755)
	return path
}

/** Prints as the workloads do; `$1` is the workload, `$3` the threads, `$5` the work. */
const prints = 'echo scale $1 threads $3 operations $5 ns $((1000000000 / $3)) checksum 00000000000000$((10 + $5 % 7))'

/** Measures the host's own program, which is a script. */
async function carriedOut(
	t: ExecutionContext,
	program: string,
	change: Partial<MeasureOptions> & {repeat?: number} = {},
) {
	const folder = await folderOf(t)
	const engines = fakeEngines.filter(({kind}) => kind === 'native')
	const subjects = change.subjects ?? fakeSubjects
	const plan = makePlan({smp: [1, 2], repeat: change.repeat ?? 1, scalings, engines, subjects})
	const path = join(folder, 'scale.json')
	const stream = new PassThrough()
	const record = await carryOut({
		plan,
		subjects,
		engines,
		native: await script(folder, 'native', program),
		record: fakeRecord({engines: [...engines], state: 'running', boots: [], runs: [], breakdowns: []}),
		prepareLinux: () => t.fail() as never,
		signal: new AbortController().signal,
		stream: stream as unknown as NodeJS.WriteStream,
		...change,
		keep: async (kept) => {
			await writeRecord(path, kept)
			await change.keep?.(kept)
		},
	})
	t.deepEqual(parseRecord(await readFile(path, 'utf8'), path), record, 'the file is whole')
	return {record, said: writtenText(stream)}
}

const named = ({workload, scaling, harts}: Run) => `${workload} ${scaling} ${harts}`

onHost('each workload runs on each number of harts, and its figures are in the record', async (t) => {
	const costs = 'echo "scale: cost 750000000 ns, 2 voluntary, 3 involuntary."'
	const {record, said} = await carriedOut(t, `${costs}\n${prints}`)
	t.is(record.state, 'complete')
	t.deepEqual(record.runs.map(named), [
		'compute strong 1',
		'lock strong 1',
		'compute strong 2',
		'compute weak 2',
		'lock strong 2',
		'lock weak 2',
	])
	const [, , compute] = record.runs
	// The host does more than a guest, so that its time says something.
	t.like(compute, {engine: nativeId, boot: 1, operations: 10_000, seconds: 0.5, repetition: 0})
	t.is(compute!.error, undefined)
	// What it says of itself.
	t.like(compute, {cpuSeconds: 0.75, voluntarySwitches: 2, involuntarySwitches: 3})
	t.regex(said, /scale: 1 of 2, \d+ s left: native, 1 hart, repetition 1\n/)
})

onHost('a run that fails is recorded with what it said, and the others go on', async (t) => {
	const {record, said} = await carriedOut(t, `[ $1 = lock ] && { echo broken; exit 1; }\n${prints}`)
	const failed = record.runs.filter(({error}) => error !== undefined)
	t.deepEqual(
		failed.map(({workload, error}) => `${workload}: ${error}`),
		Array.from({length: 3}, () => 'lock: ended with 1: broken'),
	)
	t.is(record.runs.length, 6)
	t.is(record.state, 'complete')
	t.regex(said, /scale: native, 1 hart, repetition 1: lock, strong: ended with 1: broken\n/)
})

onHost('the same work must have the same checksum', async (t) => {
	const {record} = await carriedOut(t, 'echo scale $1 threads $3 operations 7 ns 5 checksum 000000000000000$3')
	const wrong = record.runs.filter(({error}) => error !== undefined)
	t.deepEqual([...new Set(wrong.map(({harts}) => harts))], [2])
	t.is(wrong[0]!.error, 'its checksum is 0000000000000002, and 0000000000000001 on native with 1 hart')
})

onHost('a run that came first is wrong, too, if a later one shows it', async (t) => {
	const engines = fakeEngines.filter(({kind}) => kind === 'native')
	const plan = makePlan({smp: [1, 2], repeat: 1, scalings: ['strong'], engines, subjects: fakeSubjects}).toReversed()
	const program = 'echo scale $1 threads $3 operations 7 ns 5 checksum 000000000000000$3'
	const {record, said} = await carriedOut(t, program, {plan})
	t.deepEqual(
		record.runs.map(({harts, error}) => [harts, error !== undefined]),
		[
			[2, true],
			[2, true],
			[1, false],
			[1, false],
		],
	)
	t.is(said.match(/native, 2 harts, repetition 1: compute, strong: its checksum is 0+2, and 0+1 on native/g)?.length, 1)
})

onHost('what was measured before an interruption is a valid record', async (t) => {
	const interruption = new AbortController()
	const {record} = await carriedOut(t, prints, {
		repeat: 2,
		signal: interruption.signal,
		keep: async ({boots}) => {
			if (boots.length === 1) interruption.abort(new Error('stopped'))
		},
	})
	t.is(record.state, 'interrupted')
	t.is(record.boots.length, 1)
	t.deepEqual(record.runs.map(named), ['compute strong 1', 'lock strong 1'])
	t.notThrows(() => parseRecord(recordText(record), 'it'))
})

const boot: PlannedBoot = {
	engine: 'QEMU 7.2.22',
	harts: 2,
	repetition: 0,
	tasks: [
		{workload: 'compute', scaling: 'strong'},
		{workload: 'lock', scaling: 'strong'},
	],
}
const [compute, lock] = boot.tasks
const line = (text: string) => `echo '${text}'`
const figure = (name: string) => line(`scale ${name} threads 2 operations 5 ns 250000000 checksum 00000000000000ab`)

/** A guest's console, by a script in QEMU's place. */
async function guestRun(
	t: ExecutionContext,
	console: readonly string[],
	{signal = new AbortController().signal, mostSilence}: {signal?: AbortSignal; mostSilence?: number} = {},
) {
	const folder = await folderOf(t)
	const file = await script(folder, 'qemu', console.join('\n'))
	const image = {boot: {kernel: '/k', harts: 2}, programs: []}
	const engine = {...fakeEngines[1]!, kind: 'qemu' as const, file, version: '0', id: ''}
	return await runGuest(engine, {boot, image, folder, signal, ...(mostSilence !== undefined && {mostSilence})})
}

const started = [
	line('bench: init on 6.12.0-test.'),
	line(beginMark(compute!)),
	figure('compute'),
	line(endMark(compute!, '0')),
]

onHost('a guest’s programs have their figures, and what they cost the host', async (t) => {
	const {runs, kernel, bootSeconds, error} = await guestRun(t, [
		...started,
		...[line(beginMark(lock!)), figure('lock'), line(endMark(lock!, '0')), line('bench: ended 0.'), 'exec sleep 100'],
	])
	t.is(error, undefined)
	t.is(kernel, '6.12.0-test')
	t.true(bootSeconds! > 0)
	t.deepEqual([...runs.keys()], [keyOf(compute!), keyOf(lock!)])
	t.like(runs.get(keyOf(compute!)), {operations: 5, seconds: 0.25, checksum: '00000000000000ab'})
	if (process.platform !== 'linux') return
	t.true(runs.get(keyOf(compute!))!.cpuSeconds! >= 0)
	t.true(runs.get(keyOf(compute!))!.voluntarySwitches! >= 0)
})

onHost('what a guest’s warm-up costs the host does not count', async (t) => {
	if (process.platform !== 'linux') return t.pass()
	const work = 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'
	const [begins, ends] = [line('scale: measured part begins.'), line('scale: measured part ends.')]
	const nap = 'sleep 0.2'
	const {runs} = await guestRun(t, [
		line('bench: init on 6.12.0-test.'),
		...[line(beginMark(compute!)), work, begins, nap, ends, nap, figure('compute'), line(endMark(compute!, '0'))],
		...[line(beginMark(lock!)), begins, nap, work, ends, nap, figure('lock'), line(endMark(lock!, '0'))],
		...[line('bench: ended 0.'), 'exec sleep 100'],
	])
	const [warm, measured] = [compute!, lock!].map((task) => runs.get(keyOf(task))!.cpuSeconds!)
	t.true(warm! < measured! / 4, `${warm} in the nap after the warm-up, ${measured} in the work`)
})

onHost('a guest that ends early leaves the figures that it had, and what its console ended with', async (t) => {
	const {runs, error} = await guestRun(t, [...started, line('Kernel panic'), 'exit 3'])
	t.deepEqual([...runs.keys()], [keyOf(compute!)])
	t.regex(error!, /^ended with 3 before the programs had; its console ended with: .* \| Kernel panic$/)
})

onHost('a guest that hangs, its Linux included, is given up long before its time is over', async (t) => {
	const {runs, error} = await guestRun(t, [...started, 'exec sleep 1000'], {mostSilence: 2})
	t.deepEqual([...runs.keys()], [keyOf(compute!)])
	t.regex(error!, /^said nothing for 2 s; its console ended with: /)
})

onHost('an interruption in the middle of a guest leaves the figures that it had', async (t) => {
	const interruption = new AbortController()
	const running = guestRun(t, [...started, 'kill -USR2 $PPID', 'exec sleep 100'], {signal: interruption.signal})
	const stop = () => setImmediate(() => interruption.abort(new Error('stopped')))
	process.once('SIGUSR2', stop)
	t.teardown(() => process.off('SIGUSR2', stop))
	const {runs} = await running
	// What it wrote before it asked to be stopped.
	t.deepEqual([...runs.keys()], [keyOf(compute!)])
	t.like(runs.get(keyOf(compute!)), {operations: 5, seconds: 0.25})
})

test('Debian runs a workload here: its figure, the instructions of each hart, and what it cost the host', async (t) => {
	t.timeout(longPatience + margin)
	if (!(await fetchedGuest(t, 'debian'))) return
	const folder = await folderOf(t)
	const {name, ...usual} = scaleWorkloads.find((each) => each.name === 'compute-integer')!
	const of = {...usual, name, work: {emulated: 50, native: 50}}
	const subjects: readonly Subject[] = [{kind: 'ours', system: 'linux', of, name, title: '', unit: ''}]
	const task = {workload: name, scaling: 'weak'} as const
	const planned: PlannedBoot = {engine: 'here', harts: 2, repetition: 0, times: true, tasks: [task]}
	await mkdir(join(folder, 'image'))
	const image = await makeImage(planned, {subjects, folder: join(folder, 'image')})
	const signal = AbortSignal.timeout(longPatience)
	const engine = {kind: 'manyhart', id: 'here', version: '0'} as const
	const {runs, error, kernel, times, latencies} = await runGuest(engine, {boot: planned, image, folder, signal})
	t.is(error, undefined)
	t.regex(kernel!, /^\d+\./)
	const run = runs.get(keyOf(task))!
	t.is(run.error, undefined)
	t.true(run.seconds! > 0)
	// On a busy host the time may be over before all are done.
	t.true(run.operations! >= 1 && run.operations! <= 100)
	// On a busy host both marks may be read at once, and nothing is between them.
	t.is(run.instructions!.length, 2)
	if (process.platform === 'linux') t.true(run.cpuSeconds! >= 0)
	const {spent} = times!.get(keyOf(task))!
	t.true(spent.translated! + spent.interpreted! >= 0)
	t.true(latencies!.doorbells!.length === 2 && latencies!.gracePeriods![0]!.count > 0)
})

test('harts alone run workloads: their figures, and that their checks passed', async (t) => {
	t.timeout(longPatience + margin)
	const folder = await folderOf(t)
	const [sort, shootdown] = (await chooseWorkloads(['bare/sort', 'bare/shootdown'])).map((subject): Subject => {
		if (subject.kind !== 'ours') throw new Error('Expected one of ours')
		return {...subject, of: {...subject.of, work: {emulated: 6, native: 6}}}
	})
	const [sorting, fencing] = [
		{workload: 'bare/sort', scaling: 'strong'},
		{workload: 'bare/shootdown', scaling: 'weak'},
	] as const
	const about = {engine: 'here', harts: 2, repetition: 0, system: 'bare', times: true} as const
	const planned: PlannedBoot = {...about, tasks: [sorting, fencing]}
	const image = await makeImage(planned, {subjects: [sort!, shootdown!], folder})
	const signal = AbortSignal.timeout(longPatience)
	const engine = {kind: 'manyhart', id: 'here', version: '0'} as const
	const {runs, error, kernel, times, taskLatencies, latencies, bootSeconds} = await runGuest(engine, {
		...{boot: planned, image, folder, signal},
	})
	t.is(error, undefined)
	t.is(kernel, undefined)
	t.true(bootSeconds! > 0)
	t.is(runs.get(keyOf(sorting))!.error, undefined)
	const {operations, error: broken} = runs.get(keyOf(fencing))!
	t.is(broken, undefined)
	// On a busy host the time may be over before.
	t.true(operations! >= 1 && operations! <= 12)
	t.is(runs.get(keyOf(sorting))!.instructions!.length, 2)
	t.true(times!.has(keyOf(fencing)))
	t.truthy(taskLatencies!.get(keyOf(fencing))!.remoteFlushes)
	// Of the whole boot: each operation is a fence of the other hart.
	t.true(latencies!.remoteFlushes![0]!.count >= operations!)
})

test('--trace makes a trace of each workload after all else, which is in no figures', async (t) => {
	t.timeout(longPatience + margin)
	const folder = await folderOf(t)
	const [out, traces] = [join(folder, 'out'), join(folder, 'traces')]
	const {exitCode, stderr} = await manyhart([
		...[
			'scale',
			'--quick',
			'--smp',
			'1',
			'--workload',
			'bare/sort,bare/barrier',
			'--engine',
			'manyhart',
			'--no-native',
		],
		...['--out', out, '--trace', traces],
	])
	t.is(exitCode, 0, stderr)
	for (const name of ['bare-sort-1', 'bare-barrier-1']) {
		const events = await readTrace(join(traces, `${name}.json`))
		t.deepEqual(faultsOf(events), [])
		t.true(events.some((event) => event.name === 'guest'))
	}
	const {planned, boots, runs, breakdowns} = parseRecord(await readFile(join(out, 'scale.json'), 'utf8'), 'it')
	t.deepEqual([planned, boots.length, runs.length, breakdowns.length], [2, 2, 2, 2])
	t.regex(stderr, /scale: 4 of 4, .*: Manyhart .*, 1 hart, bare metal, trace .*bare-barrier-1\.json\n/)
})
