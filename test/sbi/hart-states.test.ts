import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import test from 'ava'
import {Doorbell, VcpuWords} from '../../src/memory/index.ts'
import {HsmState} from '../../src/sbi/index.ts'
import {margin, patience} from '../support/patience.ts'
import {FakeMachine} from './fake-machine.ts'
import type {StarterReport} from './starter.ts'

const rounds = 5000
const starterUrl = new URL('starter.ts', import.meta.url)

test('of two threads that start a hart one wins each time, and the hart sees the winner’s arguments', async (t) => {
	t.timeout(patience + margin)
	const {memory, blocks, states} = new FakeMachine({harts: 1})
	// No start can win until both threads are trying.
	states.set(0, HsmState.STOP_PENDING)
	const workers = [1, 2].map(
		(number) => new Worker(starterUrl, {workerData: {memory: memory.memory, map: memory.map, number}}),
	)
	await Promise.all(workers.map((worker) => once(worker, 'message')))
	const reports = Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0] as StarterReport))
	states.set(0, HsmState.STOPPED)
	const seen = [0, 0, 0]
	const doorbell = (blocks.base(0) + VcpuWords.offset.doorbell) >>> 2
	// This thread is the hart's, as far as a ringer can see. Pairs with VcpuBlocks.ring().
	Atomics.store(memory.i32, (blocks.base(0) + VcpuWords.offset.asleep) >>> 2, 1)
	for (let starts = 0; starts < rounds; ) {
		// Sleeps until a starter rings; the limit turns a lost doorbell into a failure. Pairs with VcpuBlocks.ring().
		const waiting = Atomics.waitAsync(memory.i32, doorbell, 0, patience)
		if (waiting.async && (await waiting.value) === 'timed-out') return t.fail(`no doorbell after start ${starts}`)
		if ((blocks.takeDoorbell(0) & Doorbell.hsm) === 0) continue
		const start = states.takeStart(0)
		if (!start) return t.fail('the doorbell rang without a start')
		// Each starter passes (its number, its attempt) in both arguments.
		t.is(start.opaque, start.address ^ 0xffff_ffff_ffff_ffffn)
		const starter = Number(start.address >> 32n)
		seen[starter] = (seen[starter] ?? 0) + 1
		starts++
		// After the last start no other can win, and the starters end.
		states.set(0, starts < rounds ? HsmState.STOPPED : HsmState.SUSPENDED)
	}
	const wins = (await reports).map((report) => report.wins)
	t.log(`wins: ${wins.join(', ')}`)
	t.deepEqual(wins, seen.slice(1))
})
