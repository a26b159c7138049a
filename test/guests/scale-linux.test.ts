/** The workloads of `manyhart scale` in Debian's kernel: their checks pass, and their checksums do not depend on the number of threads. */
import {execFile} from 'node:child_process'
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import test, {type ExecutionContext} from 'ava'
import {nativeWorkloads} from '../../src/bench/scale/native.ts'
import {
	parseWorkloadResults,
	type ScaleWorkload,
	scaleWorkloads,
	type WorkloadResult,
	workloadArguments,
} from '../../src/bench/scale/workloads.ts'
import {packCpio} from '../../src/main/guests/index.ts'
import {Machine} from '../../src/main/index.ts'
import {fetchedGuest, trouble} from '../boot/boot-guest.ts'
import {temporaryFile} from '../main/boot/boot-files.ts'
import {longPatience, margin} from '../support/patience.ts'
import {testTranslation} from '../support/translation.ts'
import {guestBinary} from './guests.ts'

/** Some milliseconds, or some operations at least, so that each of three threads has one; and a change of the record. */
const littleWork = ({name, work}: ScaleWorkload) =>
	Math.max(name.startsWith('read-') ? 2000 : 5, Math.round(work.emulated / 1000))
const command = (workload: ScaleWorkload, threads: number) =>
	`/bin/scale ${workloadArguments(workload, threads, {work: littleWork(workload)}).join(' ')}`

/** Odd cases: processes that share memory, work for each, time as the limit, one thread more than harts. */
const others = [
	'count-futex --threads 3 --work 1000 --processes',
	'read-rcu --threads 3 --per-thread 1000 --processes',
	'sort --threads 3 --milliseconds 20 --processes',
	'ring --threads 4 --milliseconds 20',
	'compute-integer --threads 3 --milliseconds 20',
	'compute-integer --threads 2 --per-thread 3',
	'compute-integer --threads 3 --work 6',
	'fork-exec --threads 3 --work 1000000 --at-most 20 --processes',
	'mmap --threads 3 --per-thread 1000000 --at-most 20',
	'compute-integer --threads 3 --work 6 --at-most 100000',
]
const init = (commands: readonly string[]) => `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
${commands.join('\n')}
/bin/scale nothing-such --threads 1 --work 1
echo "exit code $?"
/bin/busybox poweroff -f
`

test('each workload passes its checks on three harts, with the same checksum for one thread and for three', async (t) => {
	t.timeout(longPatience + margin)
	const guest = await fetchedGuest(t, 'debian')
	if (!guest) return
	const commands = [...scaleWorkloads.flatMap((each) => [command(each, 1), command(each, 3)])]
	const shortened = scaleWorkloads.map(
		(each) => `/bin/scale ${workloadArguments(each, 3, {perThread: 2 ** 40, most: 5}).join(' ')}`,
	)
	const archive = Buffer.concat([
		await readFile(guest.initrd!),
		packCpio([
			{kind: 'file', name: 'bin/scale', mode: 0o755, data: await readFile(guestBinary('scale-linux'))},
			{
				kind: 'file',
				name: 'scale-init',
				mode: 0o755,
				data: init([...commands, ...others.map((each) => `/bin/scale ${each}`), ...shortened]),
			},
		]),
	])
	const initrd = await temporaryFile(t, archive)
	const append = `${guest.append} quiet loglevel=1 rdinit=/scale-init`
	const signal = AbortSignal.timeout(longPatience)
	await using machine = await Machine.create({
		...{smp: 3, memory: 2 ** 29, kernel: guest.kernel, initrd, append, signal},
		...testTranslation(),
	})
	const running = machine.run()
	let console = ''
	for await (const bytes of machine.console) console += Buffer.from(bytes).toString('latin1')
	t.deepEqual(await running, {reason: 'power-off', exitCode: 0}, console)
	t.notRegex(console, trouble)
	const results = parseWorkloadResults(console)
	t.is(results.length, commands.length + others.length + shortened.length, console)
	for (const [index, workload] of scaleWorkloads.entries()) {
		const [one, three] = results.slice(2 * index)
		const operations = littleWork(workload)
		t.like(one, {name: workload.name, threads: 1, operations}, console)
		t.like(three, {name: workload.name, threads: 3, operations}, console)
		t.is(one!.checksum, three!.checksum, workload.name)
		t.true(one!.nanoseconds > 0 && three!.nanoseconds > 0)
	}
	await comparesWithHost(t, results)
	const [futex, rcu, sort, ring, timed, each, inAll, forks, maps, quick] = results.slice(commands.length)
	t.is(futex!.operations, 1000)
	t.is(rcu!.operations, 3000)
	for (const result of [sort, ring, timed, forks, maps])
		t.true(result!.checksum === undefined && result!.nanoseconds >= 20_000_000)
	t.like(each, {operations: 6, checksum: inAll!.checksum!})
	t.like(quick, {operations: 6, checksum: inAll!.checksum!})
	t.regex(console, /NAME is one of compute-integer [\s\S]*exit code 2/)
})

/** Where there is a compiler: the host computes what the guest does. */
async function comparesWithHost(t: ExecutionContext, results: readonly WorkloadResult[]): Promise<void> {
	const cache = await mkdtemp(join(tmpdir(), 'manyhart-scale-test-'))
	t.teardown(() => rm(cache, {recursive: true}))
	const {program} = await nativeWorkloads({cache})
	if (program === undefined) return
	for (const [index, workload] of scaleWorkloads.entries()) {
		const args = workloadArguments(workload, 2, {work: littleWork(workload)})
		const [native] = parseWorkloadResults((await promisify(execFile)(program, args)).stdout)
		t.is(native!.checksum, results[2 * index]!.checksum, workload.name)
	}
}

test('the registry lists the workloads of the guest', async (t) => {
	const common = await readFile(new URL('scale/common.h', import.meta.url), 'utf8')
	const linux = await readFile(new URL('scale-linux/workloads.c', import.meta.url), 'utf8')
	const names = (text: string) => [...text.matchAll(/(?:\{|COUNT\w+\()"(.+?)"/g)].map(([, name]) => name!)
	t.deepEqual(scaleWorkloads.map(({name}) => name).toSorted(), [...names(common), ...names(linux)].toSorted())
})
