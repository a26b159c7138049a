/** The main thread's part in traces, over rings that the test fills. */
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {Activity, HartRegisters, VcpuBlock, vcpuRegions} from '../../../src/hart/index.ts'
import {MachineTimes, TraceFile} from '../../../src/main/tracing/index.ts'
import {Doorbell, layOut, pageBytes, SharedMemory, VcpuBlocks} from '../../../src/memory/index.ts'
import {ActivitySampler, EventKind, EventRing, HartTrace, ringsRegion, timesRegion} from '../../../src/trace/index.ts'
import {faultsOf, readTrace} from './trace-checks.ts'

const harts = 2
const origin = process.hrtime()
const naming = {symbol: (low: number) => `at "${low}" \\u`, deviceAt: () => 'uart'}

async function machine(
	t: ExecutionContext,
	{events, bytes = 2 ** 20, rate = 1e6}: {events: number; bytes?: number; rate?: number},
) {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-trace-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const path = join(folder, 'trace.json')
	const memory = SharedMemory.create(
		layOut([
			{name: vcpuRegions.blocks, size: harts * VcpuBlock.size, align: pageBytes},
			timesRegion(harts),
			ringsRegion(harts, events),
		]),
	)
	const blocks = new VcpuBlocks(memory, harts)
	const times = new MachineTimes(memory, {blocks, origin, file: await TraceFile.open(path, bytes), rate, naming})
	const end = async () => {
		times[Symbol.dispose]()
		const trace = await readTrace(path)
		t.deepEqual(faultsOf(trace), [])
		return trace
	}
	return {memory, times, end, ring: (index: number) => new EventRing(memory, {index, harts})}
}

test('places have whatever name their symbols have', async (t) => {
	const {end, ring} = await machine(t, {events: 8})
	const owner = ring(0)
	for (const kind of [Activity.guestCode, Activity.halt, Activity.sbiCall].toSorted((one, other) => one - other))
		owner.add(kind, 10 * kind, 1, 0, 0, 7, 0)
	const trace = await end()
	t.deepEqual(
		trace.flatMap(({ph, args}) => (ph === 'X' ? (args!.from ?? args!.at) : [])),
		['at "7" \\u', 'at "7" \\u', 'at "7" \\u'],
	)
})

test('events that found a ring full are counted in the trace', async (t) => {
	const {end, ring, times} = await machine(t, {events: 8})
	const owner = ring(1)
	for (let time = 0; time < 20; time++) owner.add(Activity.nap, time, 1)
	const trace = await end()
	t.is(trace.filter(({name}) => name === 'nap').length, 8)
	t.like(trace.at(-1), {name: 'end of trace', args: {dropped: 12, leftOut: 0, cut: 0, loose: 0}})
	t.is(times.statistics()!.dropped, 12)
})

test('where a thread had more events than its rate, the trace has a hole that says so', async (t) => {
	const {end, ring, times} = await machine(t, {events: 64, rate: 100})
	const owner = ring(0)
	for (let time = 1; time <= 15; time++) owner.add(Activity.nap, time, 0.5)
	owner.add(Activity.nap, 200_000, 1)
	const trace = await end()
	t.is(trace.filter(({name}) => name === 'nap').length, 11)
	const [begins, ends] = trace.filter(({name}) => name === 'events left out')
	t.like(begins, {ph: 'b', ts: 11.5, args: {events: 5}})
	t.like(ends, {ph: 'e', ts: 200_001})
	t.is(times.statistics()!.leftOut, 5)
})

test('a safepoint answers all fences before it, and one whose answer is missing has no arrow', async (t) => {
	const {end, ring} = await machine(t, {events: 64})
	const [initiator, target] = [ring(0), ring(1)]
	for (const fence of [1, 2, 3]) initiator.add(EventKind.fenceRings, fence * 10, 0, 1, fence)
	target.add(EventKind.fenceTaken, 25, 0, 0, 2)
	const trace = await end()
	const arrows = trace.filter(({name, ph}) => name === 'fence' && 'sf'.includes(ph))
	t.deepEqual(
		arrows.map(({ph, id, ts}) => [ph, id, ts]),
		[
			['s', '0 1 1', 10],
			['f', '0 1 1', 25],
			['s', '0 1 2', 20],
			['f', '0 1 2', 25],
		],
	)
	t.is(trace.at(-1)!.args!.loose, 1)
})

test('an answer may be read before its fence', async (t) => {
	const {end, ring, times} = await machine(t, {events: 64})
	// The rings are read by number: the target's comes first.
	ring(0).add(EventKind.fenceTaken, 12, 0, 1, 1)
	times.stop()
	ring(1).add(EventKind.fenceRings, 10, 0, 0, 1)
	const trace = await end()
	t.is(trace.filter(({ph}) => ph === 's' || ph === 'f').length, 2)
	t.is(trace.at(-1)!.args!.loose, 0)
})

test('a file at its limit keeps both ends of what it began', async (t) => {
	const {end, ring} = await machine(t, {events: 4096, bytes: 2 ** 16})
	const owner = ring(0)
	for (let period = 1; period < 1000; period++) owner.add(EventKind.gracePeriod, period, 0.5, 2 * period + 1, 0)
	const trace = await end()
	const {cut} = trace.at(-1)!.args!
	const begun = trace.filter(({ph}) => ph === 'b').length
	t.true(begun > 100)
	// The main thread's counters, and its slice of writing, may be left out as well.
	const others = Number(cut) - 2 * (999 - begun)
	t.true(others >= 0 && others <= 3, `${others}`)
})

test('a bell is timed from its first ring by another thread until the hart takes it', async (t) => {
	const {memory, times} = await machine(t, {events: 64})
	const [first, second] = [0, 1].map((hart) => HartTrace.of(memory, {hart, harts, origin})!)
	second!.blocks.ring(1, Doorbell.interrupt)
	second!.blocks.takeDoorbell(1)
	t.is(times.timeOf(1).doorbells.count, 0, 'its own bell')
	first!.blocks.ring(1, Doorbell.interrupt)
	first!.blocks.ring(1, Doorbell.message)
	second!.blocks.takeDoorbell(1)
	second!.blocks.takeDoorbell(1)
	t.is(times.timeOf(1).doorbells.count, 1)
	t.is(times.timeOf(0).doorbells.count, 0)
	// A bell that is silenced waits no longer.
	first!.blocks.ring(1, Doorbell.pause)
	first!.blocks.silence(1, Doorbell.pause)
	second!.blocks.ring(1, Doorbell.interrupt)
	second!.blocks.takeDoorbell(1)
	t.is(times.timeOf(1).doorbells.count, 1)
	times[Symbol.dispose]()
})

test('times are of the innermost activity, and a sleep belongs to what sleeps', async (t) => {
	const {memory, times} = await machine(t, {events: 64})
	const {note} = HartTrace.of(memory, {hart: 0, harts, origin})!
	const spend = (milliseconds: number) => {
		const end = performance.now() + milliseconds
		while (performance.now() < end);
	}
	note.begin(Activity.runLoop)
	const beforeCall = note.begin(Activity.sbiCall)
	spend(2)
	note.end(beforeCall)
	// A call that fences is a fence from its beginning to its end.
	const beforeFencingCall = note.begin(Activity.sbiCall)
	const beforeFence = note.begin(Activity.fence)
	spend(4)
	note.end(beforeFence)
	note.end(beforeFencingCall)
	const beforeHalt = note.begin(Activity.halt)
	const beforeSleep = note.begin(Activity.sleep)
	spend(3)
	note.end(beforeSleep)
	note.end(beforeHalt)
	const {sbi, fence, wfi, stuck, guest, ...rest} = {guest: 0, ...times.timeOf(0)}
	t.true(sbi >= 2 && fence >= 4 && wfi >= 3)
	t.is(stuck + guest + rest.device + rest.translated + rest.interpreted, 0)
	times[Symbol.dispose]()
})

test('a look finds translated code by its entries and exits, and page walks by the note', async (t) => {
	const {memory, times} = await machine(t, {events: 64})
	const {note} = HartTrace.of(memory, {hart: 0, harts, origin})!
	const sampler = new ActivitySampler(new VcpuBlocks(memory, harts))
	const registers = new HartRegisters(memory, new VcpuBlocks(memory, harts).base(0))
	sampler.look()
	note.begin(Activity.runLoop)
	const before = note.begin(Activity.guestCode)
	registers.set('regionEntries', 7n)
	registers.set('regionExits', 4n, 0)
	registers.set('regionExits', 3n, 2)
	sampler.look()
	registers.set('regionEntries', 8n)
	sampler.look()
	sampler.look()
	registers.setWord('activity', Activity.pageWalk)
	sampler.look()
	note.end(before)
	sampler.look()
	t.deepEqual(sampler.samples[0], {translated: 2, interpreted: 1, pageWalk: 1})
	t.deepEqual(sampler.samples[1], {translated: 0, interpreted: 0, pageWalk: 0})
	times[Symbol.dispose]()
})
