/** Traces of machines, from the options to the file. */
import {mkdtemp, readFile, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import type {MachineOptions} from '../../../src/main/index.ts'
import {FlushCause, Regime} from '../../../src/tlb/index.ts'
import {guestBinary} from '../../guests/guests.ts'
import {temporaryFile} from '../boot/boot-files.ts'
import {withSymbols} from '../boot/elf-symbols.ts'
import {createMachine} from '../test-machine.ts'
import {type Event, endOf, faultsOf, readTrace} from './trace-checks.ts'

async function traced(t: ExecutionContext, kernel: string, options: Partial<MachineOptions> = {}) {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-trace-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const trace = join(folder, 'trace.json')
	const machine = await createMachine(t, {kernel, smp: 2, trace, traceRate: 1e6, ...options})
	const outcome = await machine.run()
	await machine[Symbol.asyncDispose]()
	return {machine, outcome, path: trace, events: await readTrace(trace)}
}

const named = (events: readonly Event[], name: string) => events.filter((event) => event.name === name)

test('a trace of harts that fence each other is well formed, and has its threads, waits, calls and grace periods', async (t) => {
	const {events, machine, outcome} = await traced(t, guestBinary('smp-demo'), {smp: 3})
	t.is(outcome.reason, 'power-off')
	t.deepEqual(faultsOf(events), [])
	t.deepEqual(
		named(events, 'thread_name').map(({args}) => args!.name),
		['hart 0', 'hart 1', 'hart 2', 'main', 'helpers'],
	)
	const names = new Set(events.map(({name}) => name))
	for (const name of ['guest', 'wfi', 'fence', 'answer fence', 'flush', 'grace period', 'sbi RFENCE remote_sfence_vma'])
		t.true(names.has(name), name)
	const {trace, harts} = machine.statistics()
	t.like(trace, {events: events.length, dropped: 0, leftOut: 0, cut: 0})
	for (const {time} of harts) t.true(time!.fence > 0 && time!.sbi > 0 && time!.flush > 0)
})

test('an arrow leads from a fence of the initiator to where its target has answered', async (t) => {
	const {events} = await traced(t, guestBinary('smp-demo'))
	const slices = events.filter(({ph}) => ph === 'X')
	const around = (event: Event, name: string) =>
		slices.some(
			(slice) =>
				slice.name === name && slice.tid === event.tid && slice.ts! <= event.ts! && event.ts! <= endOf(slice) + 0.002,
		)
	const starts = events.filter(({ph}) => ph === 's')
	const ends = new Map(events.filter(({ph}) => ph === 'f').map((event) => [event.id, event]))
	t.true(starts.length > 10)
	for (const start of starts) {
		const end = ends.get(start.id)!
		const [initiator, target] = start.id!.split(' ').map(Number)
		t.is(start.tid, initiator! + 1)
		t.is(end.tid, target! + 1)
		t.true(around(start, 'fence'), JSON.stringify(start))
		t.true(around(end, 'answer fence'), JSON.stringify(end))
		t.is(end.bp, 'e')
	}
})

test('an arrow leads from a software interrupt of one hart to where another took it', async (t) => {
	const {events} = await traced(t, guestBinary('timer'), {smp: 3})
	const starts = events.filter(({name, ph}) => name === 'ipi' && ph === 's')
	const ends = new Map(events.filter(({name, ph}) => name === 'ipi' && ph === 'f').map((event) => [event.id, event]))
	const of = (kind: string) => new Set(named(events, kind).map(({tid, ts}) => `${tid} ${ts}`))
	const [raised, taken] = [of('ipi'), of('interrupt')]
	t.true(starts.length > 0)
	for (const start of starts) {
		const end = ends.get(start.id)!
		const [raiser, hart] = start.id!.split(' ').map(Number)
		t.deepEqual([start.tid, end.tid], [raiser! + 1, hart! + 1])
		t.not(raiser, hart)
		t.true(raised.has(`${start.tid} ${start.ts}`), JSON.stringify(start))
		t.true(taken.has(`${end.tid} ${end.ts}`), JSON.stringify(end))
		// The next slice of the hart.
		t.is(end.bp, undefined)
	}
})

test('every swap is in the trace, with its hart, its regime, its cause and its number', async (t) => {
	const {events, machine} = await traced(t, guestBinary('smp-demo'), {tlb: {policy: 'swap-pool'}})
	const swaps = named(events, 'swap')
	t.true(swaps.length > 0)
	for (const [hart, {tlb}] of machine.statistics().harts.entries()) {
		const own = swaps.filter(({args}) => args!.hart === hart)
		t.is(own.length, tlb.swaps)
		for (const [name, regime] of Object.entries(Regime)) {
			const numbers = own.filter(({args}) => args!.regime === name).map(({args}) => Number(args!.number))
			t.deepEqual(
				numbers.toSorted((left, right) => left - right),
				Array.from({length: tlb.epochs[regime]! - 1}, (_, index) => index + 2),
			)
		}
	}
	const causes = new Set(swaps.map(({args}) => args!.cause))
	t.true(causes.has('remoteAll') && causes.isSubsetOf(new Set(Object.keys(FlushCause))), [...causes].join())
})

test('a table that begins a generation is in the trace', async (t) => {
	const {events, machine} = await traced(t, guestBinary('smp-demo'), {tlb: {policy: 'epoch-tag'}})
	const generations = named(events, 'generation')
	const counted = machine.statistics().harts.reduce((sum, {tlb}) => sum + tlb.generations, 0)
	// Two threads may begin one at once: both count it, one traces it.
	t.true(generations.length > 0 && generations.length <= counted, `${generations.length} of ${counted}`)
	for (const {args} of generations) t.true(Number(args!.number) > 0 && Number(args!.number) < 128)
})

test('places in the guest have the names of its symbols', async (t) => {
	const bytes = await readFile(guestBinary('smp-demo'))
	const symbols = [
		{name: 'first', address: 0x8020_0000},
		{name: 'second', address: 0x8020_0070},
	]
	const kernel = await temporaryFile(t, withSymbols(bytes, symbols))
	const {events} = await traced(t, kernel)
	const places = named(events, 'sbi RFENCE remote_sfence_vma').map(({args}) => args!.at)
	// The address behind the ecall, by the program's listing.
	t.deepEqual([...new Set(places)], ['second+0x6'])
})

test('a file at its limit is still a whole trace, and says how much it lacks', async (t) => {
	const {events, machine, path} = await traced(t, guestBinary('smp-demo'), {traceBytes: 2 ** 16})
	t.deepEqual(faultsOf(events), [])
	const {cut} = machine.statistics().trace!
	t.true(cut > 0)
	t.is(events.at(-1)!.name, 'end of trace')
	t.is(events.at(-1)!.args!.cut, cut)
	t.true((await stat(path)).size <= 2 ** 16)
})

test('a machine that is stopped in the middle leaves a whole trace', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-trace-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const trace = join(folder, 'trace.json')
	const machine = await createMachine(t, {kernel: guestBinary('busy'), smp: 1, trace})
	const running = machine.run()
	for await (const _ of machine.console) break
	machine.stop()
	await running
	await machine[Symbol.asyncDispose]()
	t.deepEqual(faultsOf(await readTrace(trace)), [])
})

test('without times and a trace there are neither', async (t) => {
	const machine = await createMachine(t, {kernel: guestBinary('hello')})
	await machine.run()
	const {harts, trace} = machine.statistics()
	t.is(trace, undefined)
	t.false('time' in harts[0]!)
})

test('times add up to the time of the run', async (t) => {
	const began = performance.now()
	const machine = await createMachine(t, {kernel: guestBinary('smp-demo'), smp: 2, times: true})
	await machine.run()
	const took = performance.now() - began
	const {harts} = machine.statistics()
	for (const {time} of harts) {
		const {samples, descheduled = 0, doorbells, locks, ...spent} = time!
		const sum = Object.values(spent).reduce((all, each) => all + each, 0)
		t.true(sum > 0 && sum <= took, `${sum} of ${took}`)
		t.true(samples >= 0 && descheduled >= 0 && doorbells.count >= 0 && locks.count >= 0)
		for (const [name, each] of Object.entries(spent)) t.true(each >= 0, name)
	}
})
