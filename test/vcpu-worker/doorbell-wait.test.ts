import {Worker} from 'node:worker_threads'
import test from 'ava'
import {ActivityNote, HartRegisters} from '../../src/hart/index.ts'
import {createMemory} from '../../src/main/machine-memory.ts'
import {Doorbell, VcpuBlocks, VcpuWords} from '../../src/memory/index.ts'
import {Rcu} from '../../src/rcu/index.ts'
import {DoorbellWait} from '../../src/vcpu-worker/doorbell-wait.ts'
import {HostCores} from '../../src/vcpu-worker/host-cores.ts'
import {margin, patience} from '../support/patience.ts'

/** A hart on one core, and the thread of another hart. */
function hart(options: {isSerial?: boolean} = {}) {
	const memory = createMemory({harts: 2, ramBytes: 4096, tlb: {vcpus: 2, design: {size: '256'}}})
	const blocks = new VcpuBlocks(memory, 2)
	const rcu = new Rcu(memory, 2)
	const reader = rcu.reader(0)
	const delay = {waited: 0, slices: 0, read: () => {}}
	const [cores, other] = [0, 1].map(() => new HostCores(blocks, {cores: 1, delay})) as [HostCores, HostCores]
	const registers = new HartRegisters(memory, blocks.base(0))
	const note = new ActivityNote(memory, blocks.base(0))
	const wait = new DoorbellWait({vcpu: 0, blocks, reader, note, registers, cores: options.isSerial ? undefined : cores})
	reader.online()
	cores.enter()
	const counted = () => {
		const [halts, polled, naps, given] = (['halts', 'haltsPolled', 'naps', 'waysGiven'] as const).map((name) =>
			registers.word(name),
		)
		return {halts, polled, naps, given}
	}
	const timers = {check: () => Number.POSITIVE_INFINITY}
	/** The run loop between two safepoints. */
	const afterSafepoint = (bells = 0) => wait.givesCore(bells, timers)
	/** Milliseconds of each time that the thread sleeps. */
	const slept: number[] = []
	const {sleepOnDoorbell} = blocks
	blocks.sleepOnDoorbell = (vcpu, milliseconds) => {
		slept.push(milliseconds)
		sleepOnDoorbell.call(blocks, vcpu, milliseconds)
	}
	return {memory, blocks, rcu, wait, cores, other, counted, timers, afterSafepoint, slept}
}

test('a halt ends when a bell rings on another thread, and was a quiescent state', async (t) => {
	t.timeout(patience + margin)
	const {memory, blocks, rcu, wait} = hart()
	const gracePeriod = rcu.startPoll()
	t.false(rcu.poll(gracePeriod))
	const ringer = new Worker(new URL('ringing-thread.ts', import.meta.url), {
		workerData: {memory: memory.memory, map: memory.map, vcpu: 0},
	})
	const ended = new Promise((resolve) => ringer.on('exit', resolve))
	const began = performance.now()
	wait.halt(patience)
	t.true(performance.now() - began < patience, 'the bell ended it')
	t.true(rcu.poll(gracePeriod))
	t.is(blocks.takeDoorbell(0), Doorbell.interrupt)
	await ended
})

test('a halt whose bell has rung already does not sleep, and one without a bell ends after its time', (t) => {
	const {memory, blocks, wait, counted} = hart()
	blocks.ring(0, Doorbell.hsm)
	wait.halt(Number.POSITIVE_INFINITY)
	t.is(blocks.takeDoorbell(0), Doorbell.hsm)
	wait.halt(0.001)
	t.is(counted().halts, 2)
	t.is(memory.i32[(blocks.base(0) + VcpuWords.offset.asleep) >> 2], 0, 'nobody needs to wake it any more')
})

test('after short halts the thread looks before it sleeps, if cores are free', (t) => {
	const {blocks, wait, other, counted} = hart()
	const isPolled = () => {
		const {polled} = counted()
		blocks.ring(0, Doorbell.interrupt)
		wait.halt(1)
		blocks.takeDoorbell(0)
		return counted().polled !== polled
	}
	t.false(isPolled(), 'never before it has waited')
	// The host may take its time once, not for ever.
	let tries = 0
	while (!isPolled() && tries++ < 10_000) wait.halt(0.001)
	t.true(tries < 10_000, 'it looks, in the end')
	other.enter()
	t.true(isPolled(), 'a bell that has rung is seen at once')
	t.is(counted().naps, 0)
})

test('a deadline that passes while the thread looks ends the halt: it does not sleep as long again', (t) => {
	const {wait, cores} = hart()
	const {leave} = cores
	let sleeps = 0
	cores.leave = () => {
		sleeps++
		leave.call(cores)
	}
	const sleepsIn = (milliseconds: number) => {
		const before = sleeps
		wait.halt(milliseconds)
		return sleeps - before
	}
	// Once it looks for longer than that, it need not sleep at all.
	let tries = 0
	while (sleepsIn(0.05) > 0 && tries++ < 10_000);
	t.true(tries < 10_000)
})

const {spin, giveWay, interrupt, flush, codeMade} = Doorbell

test('a hart that spins naps only while another thread needs its core, and so does one that is to give way', (t) => {
	const {rcu, other, counted, afterSafepoint} = hart()
	t.true(afterSafepoint(spin | giveWay), 'another safepoint comes before guest code')
	t.like(counted(), {naps: 0, given: 0})
	other.enter()
	const gracePeriod = rcu.startPoll()
	t.false(rcu.poll(gracePeriod))
	t.true(afterSafepoint(spin))
	t.true(rcu.poll(gracePeriod), 'no fence waits for a hart that naps')
	t.like(counted(), {naps: 1, given: 0})
	other.beginSleep([])
	other.enter()
	t.true(afterSafepoint(giveWay))
	t.like(counted(), {naps: 1, given: 1})
	other.leave()
	other.endSleep()
	t.true(afterSafepoint(giveWay), 'it was asked')
	t.like(counted(), {naps: 1, given: 1}, 'the fence is over')
	other.leave()
	afterSafepoint(spin)
	t.like(counted(), {naps: 1, given: 1})
})

test('naps grow to five times the first while the hart only spins, and begin anew once it does not', (t) => {
	const {other, afterSafepoint, slept} = hart()
	other.enter()
	const spinOnce = () => {
		t.true(afterSafepoint(spin))
		t.false(afterSafepoint(), 'then it runs')
	}
	for (let time = 0; time < 5; time++) spinOnce()
	t.deepEqual(slept, [0.02, 0.04, 0.08, 0.1, 0.1])
	t.false(afterSafepoint(), 'a slice without spinning')
	spinOnce()
	t.is(slept[5], 0.02)
})

test('a hart that spins does not nap if what it may wait for has come with the same bells, nor beyond a deadline', (t) => {
	const {other, afterSafepoint, slept, timers} = hart()
	other.enter()
	t.false(afterSafepoint(spin | interrupt))
	t.deepEqual(slept, [])
	t.true(afterSafepoint(spin | flush | codeMade), 'these are answered')
	t.deepEqual(slept, [0.02])
	timers.check = () => 0.03
	afterSafepoint(spin)
	afterSafepoint(spin)
	t.deepEqual(slept, [0.02, 0.03, 0.03])
	timers.check = () => 0
	afterSafepoint(spin)
	t.is(slept.length, 3)
})

test('a thread that has woken another gives way once, unless it has slept since', (t) => {
	const {blocks, wait, cores, other, counted, afterSafepoint} = hart()
	other.enter()
	other.beginSleep([])
	other.enter()
	cores.woke()
	t.true(afterSafepoint(giveWay))
	t.false(afterSafepoint(), 'for both reasons at once')
	t.is(counted().given, 1)
	cores.woke()
	blocks.ring(0, interrupt)
	wait.halt(patience)
	blocks.takeDoorbell(0)
	t.false(afterSafepoint(interrupt))
	t.is(counted().given, 1)
})

test('a thread that looks at its doorbell looks on when a fence rings, which does not wait for it', (t) => {
	const {memory, blocks, wait, counted} = hart()
	const doorbell = (blocks.base(0) + VcpuWords.offset.doorbell) >> 2
	// Until it looks for long.
	for (let times = 0; times < 100_000 && counted().polled === 0; times++) {
		blocks.ring(0, interrupt)
		wait.halt(1)
		blocks.takeDoorbell(0)
	}
	t.true(counted().polled! > 0)
	const {polled} = counted()
	Atomics.or(memory.i32, doorbell, flush)
	wait.halt(0.001)
	t.is(counted().polled, polled)
	t.is(blocks.takeDoorbell(0), flush, 'it is there for the next safepoint')
})

test('by turns nothing depends on the host: no naps, no looks', (t) => {
	const {blocks, wait, other, counted, afterSafepoint} = hart({isSerial: true})
	other.enter()
	t.true(afterSafepoint(spin | giveWay))
	blocks.ring(0, Doorbell.interrupt)
	wait.halt(1)
	t.deepEqual(counted(), {halts: 0, polled: 0, naps: 0, given: 0})
})
