/** What bells do to the times of a hart. */
import test from 'ava'
import {Activity, VcpuBlock} from '../../src/hart/index.ts'
import {Doorbell, layOut, Mip, SharedMemory} from '../../src/memory/index.ts'
import {EventReader, EventRing} from '../../src/trace/event-ring.ts'
import {TimedNote} from '../../src/trace/timed-note.ts'
import {EventKind, HartTimes, ringsRegion, timesRegion, traceRegions} from '../../src/trace/trace-layout.ts'
import {TracedBlocks} from '../../src/trace/traced-blocks.ts'

test('a safepoint that takes bells of fences twice is one answer, and the run loop goes on after it', (t) => {
	const memory = SharedMemory.create(
		layOut([{name: 'vcpu', size: VcpuBlock.size, align: VcpuBlock.align}, timesRegion(1)]),
	)
	let time = 0
	const now = () => time
	const blocks = new TracedBlocks(memory, 1, {self: 0, now, ring: undefined})
	const times = memory.region(traceRegions.times).offset
	const note = new TimedNote(memory, blocks.base(0), {times, now, ring: undefined})
	blocks.note = note
	const spent = (activity: Activity) => new Float64Array(memory.i32.buffer, times + HartTimes.offset.spent)[activity]
	note.begin(Activity.runLoop)
	for (let bell = 0; bell < 2; bell++) {
		blocks.ring(0, Doorbell.flush)
		t.is(blocks.takeDoorbell(0), Doorbell.flush)
		time += 10
	}
	blocks.answered()
	time += 5
	note.begin(Activity.parked)
	t.is(spent(Activity.flush), 20)
	t.is(spent(Activity.runLoop), 5)
})

test('an answer to a fence is noted behind its beginning, however late that is', (t) => {
	const memory = SharedMemory.create(
		layOut([{name: 'vcpu', size: 2 * VcpuBlock.size, align: VcpuBlock.align}, timesRegion(2), ringsRegion(2, 16)]),
	)
	let time = 0
	const side = (self: number, now: () => number) => {
		const reader = new EventReader(memory, {index: self, harts: 2})
		reader.setQuota(100)
		const ring = new EventRing(memory, {index: self, harts: 2})
		// Its first period begins.
		ring.add(EventKind.ipi, time, 0)
		const blocks = new TracedBlocks(memory, 2, {self, now, ring})
		blocks.note = new TimedNote(memory, blocks.base(self), {
			times: memory.region(traceRegions.times).offset + self * HartTimes.size,
			now,
			ring,
		})
		return {blocks, reader}
	}
	const initiator = side(0, () => ++time)
	function fence() {
		initiator.blocks.note!.begin(Activity.fence)
		initiator.blocks.fenceRings(1)
		initiator.blocks.ring(1, Doorbell.flush)
	}
	let fenceIsDue = false
	const target = side(1, () => {
		time++
		if (!fenceIsDue) return time
		// Right after the target has read its clock.
		const read = time
		fenceIsDue = false
		fence()
		return read
	})
	fence()
	t.is(target.blocks.takeDoorbell(1), Doorbell.flush)
	fence()
	// The second of two takes, in the same answer.
	t.is(target.blocks.takeDoorbell(1), Doorbell.flush)
	target.blocks.answered()
	fence()
	fenceIsDue = true
	t.is(target.blocks.takeDoorbell(1), Doorbell.flush)
	target.blocks.takeDoorbell(1)
	const times = ({reader}: typeof target, wanted: number) => {
		const found: [fence: number, time: number][] = []
		reader.take(({kind, time: at, details}) => {
			if (kind === wanted) found.push([details[1]!, at])
		})
		return found
	}
	const began = new Map(times(initiator, EventKind.fenceRings))
	const answered = times(target, EventKind.fenceTaken)
	t.deepEqual([...began.keys()], [1, 2, 3, 4])
	t.deepEqual(
		answered.map(([number]) => number),
		[1, 2, 3, 4],
	)
	for (const [number, at] of answered) t.true(at > began.get(number)!, `fence ${number}`)
})

test('a software interrupt of another hart’s is numbered before its bell, and taken with it; one that is raised already has no number', (t) => {
	const memory = SharedMemory.create(
		layOut([{name: 'vcpu', size: 2 * VcpuBlock.size, align: VcpuBlock.align}, timesRegion(2), ringsRegion(2, 64)]),
	)
	let time = 0
	const now = () => ++time
	const [first, second] = [0, 1].map((self) => {
		const reader = new EventReader(memory, {index: self, harts: 2})
		reader.setQuota(100)
		const blocks = new TracedBlocks(memory, 2, {self, now, ring: new EventRing(memory, {index: self, harts: 2})})
		const events = () => {
			const found: number[][] = []
			reader.take(({kind, details}) => found.push([kind, ...details.subarray(0, 3)]))
			return found
		}
		return {blocks, events}
	})
	const {ipi, ipiTaken, interrupt} = EventKind
	first!.blocks.raise(1, Mip.SSIP)
	first!.blocks.raise(1, Mip.SSIP)
	// Neither another interrupt nor one's own is one.
	first!.blocks.raise(1, Mip.SEIP)
	second!.blocks.raise(1, Mip.MSIP)
	t.deepEqual(first!.events(), [
		[ipi, 1, Mip.SSIP, 1],
		[ipi, 1, Mip.SSIP, 0],
	])
	t.is(second!.blocks.takeDoorbell(1), Doorbell.interrupt)
	t.deepEqual(second!.events(), [
		[interrupt, Mip.SSIP | Mip.SEIP | Mip.MSIP, 0, 0],
		[ipiTaken, 0, 1, 0],
	])
	// The next one has a number of its own.
	first!.blocks.lower(1, Mip.SSIP)
	first!.blocks.raise(1, Mip.SSIP)
	t.deepEqual(first!.events(), [[ipi, 1, Mip.SSIP, 2]])
	// Bells of other kinds take none.
	second!.blocks.takeDoorbell(1)
	t.deepEqual(second!.events().slice(1), [[ipiTaken, 0, 2, 0]])
	first!.blocks.ring(1, Doorbell.message)
	second!.blocks.takeDoorbell(1)
	t.deepEqual(second!.events(), [])
})
