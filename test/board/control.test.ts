import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import test from 'ava'
import {Control, MainDoorbell, StopReason} from '../../src/board/index.ts'
import {Doorbell} from '../../src/memory/index.ts'
import {patience} from '../support/patience.ts'
import {createBoard} from './support.ts'

test('the first stop wins, and rings every vCPU and the main thread', (t) => {
	const {board, doorbell} = createBoard({harts: 3})
	const {control} = board
	t.is(control.stop(), undefined)
	t.true(control.requestStop({reason: StopReason.exitCode, exitCode: 42, hart: 1}))
	t.false(control.requestStop({reason: StopReason.powerOff}))
	t.deepEqual(control.stop(), {reason: StopReason.exitCode, exitCode: 42, hart: 1})
	for (const hart of [0, 1, 2]) t.is(doorbell(hart), Doorbell.pause)
	t.is(control.takeMain(), MainDoorbell.stop)
	t.is(control.takeMain(), 0)
	control.reset()
	t.is(control.stop(), undefined)
})

test('a thread that dies while it stops the machine does not keep others from stopping it', async (t) => {
	for (let operations = 1, code = 3; code === 3; operations++) {
		const {board, doorbell, memory} = createBoard({harts: 3})
		const stopper = new Worker(new URL('dying-stopper.ts', import.meta.url), {
			workerData: {memory: memory.memory, map: memory.map, operations},
		})
		;[code] = await once(stopper, 'exit')
		board.control.requestStop({reason: StopReason.error, exitCode: 70, hart: 1})
		t.deepEqual(board.control.stop(), {reason: StopReason.exitCode, exitCode: 42, hart: 1}, `after ${operations}`)
		for (const hart of [0, 1, 2]) t.is(doorbell(hart), Doorbell.pause, `after ${operations}`)
		t.is(board.control.takeMain(), MainDoorbell.stop, `after ${operations}`)
	}
})

test('a stop keeps what it is told', (t) => {
	const {control} = createBoard().board
	for (const reason of Object.values(StopReason)) {
		for (const exitCode of [0, 1, 0xffff]) {
			for (const hart of [-1, 0, 63]) {
				t.true(control.requestStop({reason, exitCode, hart}))
				t.deepEqual(control.stop(), {reason, exitCode, hart})
				control.reset()
			}
		}
	}
})

test('mainWait gives what was rung before, what is rung meanwhile, and 0 at the timeout', async (t) => {
	const {control} = createBoard().board
	control.ringMain(MainDoorbell.message)
	control.ringMain(MainDoorbell.tlbPool)
	t.is(await control.mainWait(10_000), MainDoorbell.message | MainDoorbell.tlbPool)
	setTimeout(() => control.ringMain(MainDoorbell.stop), 10)
	t.is(await control.mainWait(10_000), MainDoorbell.stop)
	const keepAlive = setTimeout(() => {}, 10_000)
	t.is(await control.mainWait(5), 0)
	clearTimeout(keepAlive)
})

test('wakeMain wakes the main thread for a bell whose ringer died before it notified, and not without a bell', async (t) => {
	const {board, memory} = createBoard()
	const {control} = board
	const word = (memory.region('devices').offset + Control.offset.mainDoorbell) >> 2
	const waits = control.mainWait(Number.POSITIVE_INFINITY)
	control.wakeMain()
	t.is(Atomics.load(memory.i32, word), 0)
	const keepAlive = setTimeout(() => {}, patience)
	Atomics.or(memory.i32, word, MainDoorbell.stop)
	control.wakeMain()
	t.is(await waits, MainDoorbell.stop)
	clearTimeout(keepAlive)
})
