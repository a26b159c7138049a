/** What bells do to the times of a hart. */
import test from 'ava'
import {Activity, VcpuBlock} from '../../src/hart/index.ts'
import {Doorbell, layOut, SharedMemory} from '../../src/memory/index.ts'
import {TimedNote} from '../../src/trace/timed-note.ts'
import {HartTimes, timesRegion, traceRegions} from '../../src/trace/trace-layout.ts'
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
