/** The rings of events, as their owner and the main thread use them. */
import test from 'ava'
import {layOut, SharedMemory} from '../../src/memory/index.ts'
import {EventKind, EventReader, EventRing, quotaPeriod, ringsRegion} from '../../src/trace/index.ts'

function rings(events: number, quota = 1000) {
	const memory = SharedMemory.create(layOut([ringsRegion(2, events)]))
	const reader = new EventReader(memory, {index: 1, harts: 2})
	reader.setQuota(quota)
	return {writer: new EventRing(memory, {index: 1, harts: 2}), reader, memory}
}

function takeAll(reader: EventReader) {
	const events: {kind: number; time: number; duration: number; details: number[]}[] = []
	reader.take(({kind, time, duration, details}) => events.push({kind, time, duration, details: [...details]}))
	return events
}

test('events come out once, in order, with all that they say', (t) => {
	const {writer, reader} = rings(4)
	writer.add(7, 1.5, 2.25, 1, -2, 3, 4)
	writer.add(8, 2.5, 0)
	t.deepEqual(takeAll(reader), [
		{kind: 7, time: 1.5, duration: 2.25, details: [1, -2, 3, 4]},
		{kind: 8, time: 2.5, duration: 0, details: [0, 0, 0, 0]},
	])
	t.deepEqual(takeAll(reader), [])
})

test('a full ring keeps what is in it, and counts what comes', (t) => {
	const {writer, reader} = rings(4)
	for (let time = 0; time < 7; time++) writer.add(1, time, 0)
	t.is(reader.lost, 3)
	t.deepEqual(
		takeAll(reader).map(({time}) => time),
		[0, 1, 2, 3],
	)
	writer.add(1, 7, 0)
	t.deepEqual(
		takeAll(reader).map(({time}) => time),
		[7],
	)
	t.is(reader.lost, 3)
})

test('counts may pass 2^32', (t) => {
	const {writer, reader, memory} = rings(4)
	t.deepEqual(takeAll(reader), [])
	// As after 2^32 - 2 events.
	const {offset, size} = memory.region('trace')
	const base = (offset + size / 3) >>> 2
	memory.i32[base] = -2
	memory.i32[base + 32] = -2
	const late = new EventRing(memory, {index: 1, harts: 2})
	for (let time = 0; time < 5; time++) late.add(1, time, 0)
	t.deepEqual(
		takeAll(reader).map(({time}) => time),
		[0, 1, 2, 3],
	)
	t.is(reader.lost, 1)
	t.is(writer === late, false)
})

test('events above the quota of a period are left out, and the next period says how many and since when', (t) => {
	const {writer, reader} = rings(64, 3)
	const added = [1, 2, 3, 4, 5].map((time) => writer.add(1, time, 0))
	t.deepEqual(added, [true, true, true, false, false])
	t.false(writer.isOpen)
	// What another thread's quota limits is added anyway.
	t.true(writer.addAnyway(2, 6, 0))
	t.true(writer.add(1, quotaPeriod + 1, 0))
	t.true(writer.isOpen)
	t.deepEqual(
		takeAll(reader).map(({kind, time, duration, details}) => [kind, time, duration, details[0]]),
		[
			[1, 1, 0, 0],
			[1, 2, 0, 0],
			[1, 3, 0, 0],
			[2, 6, 0, 0],
			[EventKind.leftOut, 4, quotaPeriod - 3, 2],
			[1, quotaPeriod + 1, 0, 0],
		],
	)
	t.is(reader.beyondQuota, 2)
	t.is(reader.lost, 0)
})

test('a ring is no neighbour', (t) => {
	const {writer, memory} = rings(4)
	for (let time = 0; time < 9; time++) writer.add(1, time, 0)
	for (const index of [0, 2]) t.deepEqual(takeAll(new EventReader(memory, {index, harts: 2})), [])
})

test('whether an event would find room is known before it, and one that was not noted is counted', (t) => {
	const {writer, reader} = rings(64, 2)
	t.true(writer.isOpenAt(1))
	writer.add(1, 1, 0)
	writer.add(1, 2, 0)
	t.false(writer.isOpenAt(3))
	writer.leaveOut(3)
	writer.leaveOut(4)
	t.false(writer.isOpenAt(quotaPeriod))
	t.true(writer.isOpenAt(quotaPeriod + 1))
	writer.add(1, quotaPeriod + 1, 0)
	t.deepEqual(
		takeAll(reader).map(({kind, time, duration, details}) => [kind, time, duration, details[0]]),
		[
			[1, 1, 0, 0],
			[1, 2, 0, 0],
			[EventKind.leftOut, 3, quotaPeriod - 2, 2],
			[1, quotaPeriod + 1, 0, 0],
		],
	)
	t.is(reader.beyondQuota, 2)
	// The next hole has only its own.
	writer.add(1, quotaPeriod + 2, 0)
	writer.add(1, quotaPeriod + 3, 0)
	writer.add(1, 3 * quotaPeriod, 0)
	t.is(takeAll(reader).find(({kind}) => kind === EventKind.leftOut)?.details[0], 1)
	// Who has no quota notes nothing.
	t.false(rings(4, 0).writer.isOpenAt(1e9))
})
