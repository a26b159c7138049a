/** Reports of harts that hold others up, and what the run loop's parts note for them. */
import test from 'ava'
import {boardMap} from '../../src/board/index.ts'
import {Activity, ActivityNote, fieldOffset, HartRegisters} from '../../src/hart/index.ts'
import {activityOf, reportStall} from '../../src/vcpu-worker/index.ts'
import {createSbiContext, type SbiMachine} from '../../src/vcpu-worker/sbi-machine.ts'
import {createBoard} from '../board/support.ts'

function create() {
	const {memory, blocks, board} = createBoard()
	const registers = new HartRegisters(memory, blocks.base(1))
	registers.set('pc', 0x8020_0000n)
	const note = new ActivityNote(memory, blocks.base(1))
	return {memory, blocks, board, registers, note, activity: () => registers.word('activity') as Activity}
}

test.serial('a stall is reported with the hart, its pc, and the device that it is at', (t) => {
	const {memory, blocks, board, note} = create()
	note.begin(Activity.device)
	memory.u64[(blocks.base(1) + fieldOffset.activityAt) / 8] = BigInt(boardMap.plic.base + 4)
	const lines: string[] = []
	const {error} = console
	console.error = (line: string) => void lines.push(line)
	t.teardown(() => {
		console.error = error
	})
	reportStall({blocks, board}, {reader: 1, milliseconds: 5000, gracePeriod: 33})
	t.deepEqual(lines, [
		'RCU stall: hart 1 has passed no quiescent state for 5.0 s (grace period 33): ' +
			'in an access to the device at 0xc000004 (plic), in guest code since pc 0x80200000',
	])
	t.is(activityOf({blocks, board}, 0), 'parked, at pc 0x0')
})

test('a hart that waits for a fence, or for room in the console, says so', (t) => {
	const {blocks, board, note, activity} = create()
	const seen: Activity[] = []
	const look = () => void seen.push(activity())
	const full = {putConsole: () => (seen.length < 3 ? 0 : 1), waitForRoom: look}
	const context = createSbiContext({
		...{blocks, note, config: {vcpu: 1}},
		board: {...board, uart: full},
		tlb: {flushRemote: look},
		engine: {fenceI: look},
		reader: {offline: () => {}, online: () => {}},
	} as unknown as SbiMachine)
	note.begin(Activity.sbiCall)
	context.remoteFence({kind: 'sfence.vma', targets: [0], range: 'all'})
	context.remoteFence({kind: 'fence.i', targets: [0]})
	context.console.write(new Uint8Array(1))
	t.deepEqual(seen, [Activity.fence, Activity.fence, Activity.console])
	t.is(activity(), Activity.sbiCall)
})
