/** What a hart's note says in a trace, and when it reads the clock. */
import test from 'ava'
import {Activity, HartRegisters, VcpuBlock} from '../../src/hart/index.ts'
import {layOut, SharedMemory, VcpuBlocks} from '../../src/memory/index.ts'
import {EventReader, EventRing, ringsRegion, timesRegion} from '../../src/trace/index.ts'
import {TimedNote} from '../../src/trace/timed-note.ts'
import {HartTimes, traceRegions} from '../../src/trace/trace-layout.ts'

function noted(quota: number) {
	const memory = SharedMemory.create(
		layOut([{name: 'vcpu', size: VcpuBlock.size, align: VcpuBlock.align}, timesRegion(1), ringsRegion(1, 64)]),
	)
	const clock = {time: 0, reads: 0}
	const now = () => {
		clock.reads++
		return clock.time
	}
	const reader = new EventReader(memory, {index: 0, harts: 1})
	reader.setQuota(quota)
	const block = new VcpuBlocks(memory, 1).base(0)
	const times = memory.region(traceRegions.times).offset
	const note = new TimedNote(memory, block, {times, now, ring: new EventRing(memory, {index: 0, harts: 1})})
	const take = () => {
		const events: number[][] = []
		reader.take(({kind, time, duration, details}) => events.push([kind, time, duration, ...details]))
		return events
	}
	const spent = (activity: Activity) => new Float64Array(memory.i32.buffer, times + HartTimes.offset.spent)[activity]
	return {clock, note, take, spent, reader, registers: new HartRegisters(memory, block)}
}

test('a slice of guest code says where it began, and how many instructions it retired', (t) => {
	const {clock, note, take, registers} = noted(100)
	registers.set('pc', 0xffff_ffff_8020_0004n)
	registers.set('instret', 0xffff_fff0n)
	registers.setWord('budget', 4)
	registers.setWord('reserve', 2)
	clock.time = 10
	const before = note.begin(Activity.guestCode)
	registers.set('pc', 8n)
	registers.set('instret', 0x1_0000_0010n)
	registers.setWord('budget', 1)
	registers.setWord('reserve', 0)
	clock.time = 17
	note.end(before)
	t.deepEqual(take(), [[Activity.guestCode, 10, 7, 37, 0, 0x8020_0004 | 0, -1]])
})

test('a call that fences begins with the fence and ends with it: the clock is read once', (t) => {
	const {clock, note, take, spent} = noted(100)
	clock.time = 5
	const beforeGuest = note.begin(Activity.guestCode)
	clock.time = 10
	note.end(beforeGuest)
	take()
	clock.reads = 0
	clock.time = 11
	const beforeCall = note.begin(Activity.sbiCall)
	const beforeFence = note.begin(Activity.fence)
	clock.time = 14
	note.end(beforeFence)
	clock.time = 15
	note.end(beforeCall)
	t.is(clock.reads, 1)
	t.deepEqual(
		take().map(([kind, time, duration]) => [kind, time, duration]),
		[
			[Activity.fence, 10, 4],
			[Activity.sbiCall, 10, 4],
		],
	)
	t.deepEqual([spent(Activity.fence), spent(Activity.sbiCall)], [4, 0])
	// Another call, which does something else in the end, takes as long as it takes.
	clock.time = 20
	const before = note.begin(Activity.sbiCall)
	const beforeConsole = note.begin(Activity.console)
	clock.time = 23
	note.end(beforeConsole)
	clock.time = 25
	note.end(before)
	t.deepEqual(take()[1]?.slice(0, 3), [Activity.sbiCall, 14, 11])
})

test('an activity has the time that it contains no other', (t) => {
	const {clock, note, spent} = noted(100)
	const before = note.begin(Activity.guestCode)
	clock.time = 3
	const beforeFlush = note.begin(Activity.flush)
	clock.time = 4
	note.end(beforeFlush)
	clock.time = 9
	note.end(before)
	t.deepEqual([spent(Activity.guestCode), spent(Activity.flush)], [8, 1])
})

test('short flushes without a new table, and short accesses to devices, are counted as time, but not traced', (t) => {
	const {clock, note, take, spent} = noted(100)
	for (const activity of [Activity.flush, Activity.device, Activity.compilation]) {
		const begin = () => note.begin(activity)
		let before = begin()
		clock.time += 0.9
		note.end(before)
		before = begin()
		clock.time += 1.5
		note.end(before)
		t.deepEqual(
			take().map(([kind, , duration]) => [kind, Math.round(duration! * 10)]),
			[[activity, 15]],
		)
		t.is(Math.round(spent(activity)! * 10), 24)
	}
})

test('what begins while the quota is used up is left out, even if it ends in the next period', (t) => {
	const {clock, note, take, reader} = noted(1)
	const lasting = (time: number) => {
		const before = note.begin(Activity.halt)
		clock.time += time
		note.end(before)
	}
	lasting(10)
	lasting(10)
	lasting(200_000)
	t.deepEqual(
		take().map(([kind, , duration]) => [kind, duration]),
		[[Activity.halt, 10]],
	)
	t.is(reader.beyondQuota, 2)
	lasting(10)
	t.is(take().length, 2)
})
