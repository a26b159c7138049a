import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {chooseSmp, defaultSmp, makePlan, type PlanOptions} from '../../../src/bench/scale/plan.ts'
import {scalings} from '../../../src/bench/scale/record.ts'
import {chooseEngines, chooseWorkloads} from '../../../src/bench/scale/subjects.ts'
import {bareWorkloads, nativeName, scaleWorkloads} from '../../../src/bench/scale/workloads.ts'
import {fakeEngines, fakeSubjects} from './fake-record.ts'

const options: PlanOptions = {smp: [1, 2], repeat: 3, scalings, engines: fakeEngines, subjects: fakeSubjects}
const [ours, qemu, native] = fakeEngines.map(({id}) => id)

test('engines take turns at each number of harts, and in each repetition another begins', (t) => {
	const plan = makePlan(options).filter(({times}) => !times)
	t.deepEqual(
		plan.filter(({harts}) => harts === 2).map(({engine}) => engine),
		[ours, qemu, native, qemu, native, ours, native, ours, qemu].map((each) => each!),
	)
	t.deepEqual(
		plan.filter(({repetition}) => repetition === 0).map(({harts}) => harts),
		[1, 1, 1, 2, 2, 2],
	)
})

test('at the end each number of harts once more shows where time goes, here only', (t) => {
	const looks = makePlan(options).slice(-2)
	t.deepEqual(
		looks.map(({engine, harts, times}) => [engine, harts, times]),
		[
			[ours!, 1, true],
			[ours!, 2, true],
		],
	)
	t.is(makePlan(options).filter(({times}) => times).length, 2)
	t.deepEqual(
		makePlan({...options, engines: fakeEngines.slice(1)}).filter(({times}) => times),
		[],
	)
})

test('weak scaling is measured where there is more than one hart, and of workloads that it says something of', (t) => {
	const plan = makePlan({...options, repeat: 1, subjects: [fakeSubjects[0]!, strongOnly]})
	const tasksOn = (count: number) =>
		plan.find(({harts}) => harts === count)!.tasks.map(({workload, scaling}) => `${workload} ${scaling}`)
	t.deepEqual(tasksOn(1), ['compute strong', 'count-amo strong'])
	t.deepEqual(tasksOn(2), ['compute strong', 'compute weak', 'count-amo strong'])
})
const counting = scaleWorkloads.find(({name}) => name === 'count-amo')!
const strongOnly = {kind: 'ours', system: 'linux', of: counting, name: counting.name, title: '', unit: ''} as const

test('what runs on bare metal has boots of its own, and one native run with what runs under Linux', async (t) => {
	const subjects = await chooseWorkloads(['ring', 'bare/ring', 'bare/shootdown'])
	const plan = makePlan({...options, smp: [2], repeat: 1, scalings: ['strong'], subjects})
	const said = plan.map(({engine, system, times, tasks}) => [
		engine,
		system,
		times,
		tasks.map(({workload}) => workload),
	])
	const bare = ['bare/ring', 'bare/shootdown']
	t.deepEqual(said, [
		[ours!, undefined, undefined, ['ring']],
		[ours!, 'bare', undefined, bare],
		[qemu!, undefined, undefined, ['ring']],
		[qemu!, 'bare', undefined, bare],
		[native!, undefined, undefined, ['ring']],
		[ours!, undefined, true, ['ring']],
		[ours!, 'bare', true, bare],
	])
	t.is(nativeName('bare/shootdown'), undefined, 'the host has no remote fences of its own')
	t.is(nativeName('shootdown'), 'shootdown')
})

test('a program of the user runs in guests only, once for each number of harts', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-scale-test-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const path = join(folder, 'own.elf')
	await writeFile(path, '\u007fELF and so on')
	const subjects = await chooseWorkloads([path])
	t.like(subjects, [{kind: 'own', name: 'own.elf', path}])
	const plan = makePlan({...options, repeat: 1, subjects})
	t.deepEqual(
		plan.filter(({times}) => !times).map(({engine}) => engine),
		[ours, qemu, ours, qemu].map((each) => each!),
	)
	for (const {tasks} of plan) t.deepEqual(tasks, [{workload: 'own.elf', scaling: 'strong'}])
})

test('workloads are chosen by name, each once; all are all, under Linux and on bare metal', async (t) => {
	const names = async (...chosen: readonly string[]) => (await chooseWorkloads(chosen)).map(({name}) => name)
	const [linux, bare] = [scaleWorkloads, bareWorkloads].map((workloads) => workloads.map(({name}) => name))
	t.deepEqual(await names('all'), [...linux!, ...bare!])
	t.deepEqual(await names('linux'), linux)
	t.deepEqual(await names('bare', 'bare/ring'), bare)
	t.deepEqual(await names('bare/sort', 'sort'), ['bare/sort', 'sort'])
	t.deepEqual(await names('ring', 'sort', 'ring'), ['ring', 'sort'])
})

test('a workload that there is not is refused, with those that there are', async (t) => {
	await t.throwsAsync(chooseWorkloads(['rings']), {
		name: 'UserError',
		message:
			/^Expected --workload all, linux, bare, the file of a static Linux ELF, or names among compute-integer, .*batch, bare\/compute-integer, .*, got rings$/,
	})
	await t.throwsAsync(chooseWorkloads(['']), {message: /got ""$/})
	await t.throwsAsync(chooseWorkloads(['bare/mmap']), {message: /got bare\/mmap$/})
	await t.throwsAsync(chooseWorkloads(['./nowhere.elf']), {
		message: /^Expected --workload to be a readable file, got ENOENT/,
	})
	await t.throwsAsync(chooseWorkloads([import.meta.filename]), {
		message: /^Expected --workload to be an ELF file, got /,
	})
})

test('a QEMU that is none is refused', async (t) => {
	const choices = [{kind: 'qemu', file: '/nowhere/qemu'}] as const
	await t.throwsAsync(chooseEngines(choices, {version: '0', compiler: undefined}), {
		name: 'UserError',
		message: /^Expected --engine qemu=PATH to be a qemu-system-riscv64, got /,
	})
	t.deepEqual(await chooseEngines([{kind: 'manyhart'}], {version: '0', compiler: 'cc 1'}), [
		{id: 'Manyhart 0', kind: 'manyhart', version: '0'},
		{id: 'native', kind: 'native', compiler: 'cc 1'},
	])
})

test('by default harts are powers of two up to the cores, the cores, and twice the cores', (t) => {
	t.deepEqual(defaultSmp(64, 1), [1, 2])
	t.deepEqual(defaultSmp(64, 2), [1, 2, 4])
	t.deepEqual(defaultSmp(64, 6), [1, 2, 4, 6, 12])
	t.deepEqual(defaultSmp(64, 48), [1, 2, 4, 8, 16, 32, 48])
})

test('traces are made at the very end, of each workload on each number of harts, here only', (t) => {
	const [own] = fakeSubjects
	const bare = {...own!, name: 'bare/compute', system: 'bare'} as typeof own & object
	const traced = makePlan({...options, subjects: [own!, bare], trace: 'traces'})
	const untraced = makePlan({...options, subjects: [own!, bare]})
	t.deepEqual(traced.slice(0, untraced.length), untraced)
	t.deepEqual(
		traced
			.slice(untraced.length)
			.map(({engine, harts, system, tasks, times, trace}) => [engine, harts, system, tasks, times, trace]),
		[1, 2].flatMap((harts) => [
			[ours, harts, undefined, [{workload: 'compute', scaling: 'strong'}], undefined, `traces/compute-${harts}.json`],
			[
				ours,
				harts,
				'bare',
				[{workload: 'bare/compute', scaling: 'strong'}],
				undefined,
				`traces/bare-compute-${harts}.json`,
			],
		]),
	)
})

test('a quick look is at no more harts than cores: others are refused', (t) => {
	const choose = (smp: readonly number[] | undefined, quick = true) => chooseSmp({smp, quick, mostHarts: 64}, 2)
	t.deepEqual(choose(undefined), [1, 2])
	t.deepEqual(choose(undefined, false), [1, 2, 4])
	t.deepEqual(choose([2]), [2])
	t.deepEqual(choose([4, 8], false), [4, 8])
	t.throws(() => choose([4, 8]), {
		name: 'UserError',
		message: 'Expected --quick with --smp of no more harts than the 2 cores that there are, got 4,8',
	})
})
