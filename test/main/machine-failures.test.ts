/** If a part of the emulator fails, the machine ends soon and says which. */
import {setTimeout as delay} from 'node:timers/promises'
import {setEnvironmentData} from 'node:worker_threads'
import test, {type ExecutionContext} from 'ava'
import {boardMap, virtioSlot} from '../../src/board/index.ts'
import {VcpuBlock} from '../../src/hart/index.ts'
import {threadEntries} from '../../src/main/artifacts.ts'
import type {ConsoleStream} from '../../src/main/console-stream.ts'
import {HelperPool} from '../../src/main/helper-pool.ts'
import {createMemory} from '../../src/main/machine-memory.ts'
import {SharedMemory, VcpuBlocks} from '../../src/memory/index.ts'
import {regimeCount, TlbState} from '../../src/tlb/index.ts'
import {guestBinary} from '../guests/guests.ts'
import {hartModule} from '../support/hart-module.ts'
import {chatter, loadByte, loadWord, readers, roles, stay} from './little-guest.ts'
import {beatByHand, createMachine, mebibyte, newWorkers, readConsole, until} from './test-machine.ts'

const entries: {vcpu: URL; helper: URL; io: URL} = threadEntries

/** Runs `body` with other entry modules for the machine's threads. */
async function withThreads<Result>(replaced: Partial<typeof entries>, body: () => Promise<Result>): Promise<Result> {
	const original = {...threadEntries}
	Object.assign(entries, replaced)
	try {
		return await body()
	} finally {
		Object.assign(entries, original)
	}
}

/** @returns what is written to the console as errors from now on. */
function errorLines(t: ExecutionContext): string[] {
	const lines: string[] = []
	const {error} = console
	console.error = (line: string) => void lines.push(line)
	t.teardown(() => {
		console.error = error
	})
	return lines
}

const what = ['fences the others', 'spins', 'waits for an interrupt', 'is stopped'] as const
for (const [hart, activity] of what.entries()) {
	test.serial(`a thread that ends while its hart ${activity} stops the machine`, async (t) => {
		newWorkers()
		// The others stop because of the death, not because a limit ends them.
		beatByHand(t)
		const machine = await createMachine(t, {kernel: roles(), smp: 4})
		const thread = newWorkers().find(({threadName}) => threadName === `vcpu ${hart}`)!
		const running = machine.run()
		await until(() => machine.statistics().tlbPool.remoteFlushes.count > 10, 'fences are under way')
		await thread.terminate()
		t.deepEqual(await running, {
			reason: 'error',
			exitCode: 70,
			message: `hart ${hart} died: its thread ended with code 1`,
		})
	})
}

test.serial('a thread that ends while the machine is paused is reported when it resumes', async (t) => {
	newWorkers()
	const machine = await createMachine(t, {kernel: roles(), smp: 4})
	const thread = newWorkers().find(({threadName}) => threadName === 'vcpu 2')!
	const running = machine.run()
	await until(() => machine.statistics().tlbPool.remoteFlushes.count > 10, 'fences are under way')
	await machine.pause()
	await thread.terminate()
	machine.resume()
	t.like(await running, {exitCode: 70, message: 'hart 2 died: its thread ended with code 1'})
})

test.serial('a thread that ends before it has started is reported', async (t) => {
	newWorkers()
	const machine = await createMachine(t, {kernel: stay, smp: 2})
	void newWorkers()
		.find(({threadName}) => threadName === 'vcpu 1')!
		.terminate()
	const {exitCode, message} = await machine.run()
	t.is(exitCode, 70)
	t.regex(message!, /^hart 1 died: its thread ended with code [01]$/)
})

/** The main thread uses the first three, too. In rtc and virtio, the thread dies holding the PLIC's lock, too. */
const lockedDevices = [
	{device: 'uart', register: boardMap.uart.base + 5, read: loadByte},
	{device: 'rtc', register: boardMap.rtc.base, read: loadWord},
	{device: 'plic', register: boardMap.plic.base + 4, read: loadWord},
	{device: 'virtio-mmio slot 0', register: virtioSlot(0).base + 0x70, read: loadWord},
] as const
const deaths = {exit: 'its thread ended with code 3', error: 'no more releasing'} as const
for (const {device, register, read} of lockedDevices) {
	for (const [death, why] of Object.entries(deaths)) {
		test.serial(`a thread that dies inside the lock of ${device} (${death}) stops the machine at once`, async (t) => {
			const vcpu = new URL('dying-vcpu.ts', import.meta.url)
			setEnvironmentData('death', death)
			// No watch of the locks helps, and no limit.
			beatByHand(t)
			const machine = await withThreads({vcpu}, () => createMachine(t, {kernel: readers(register, read), smp: 2}))
			// There is console input all the time.
			const typing = setInterval(() => machine.console.write('x'), 5)
			t.teardown(() => clearInterval(typing))
			t.deepEqual(await machine.run(), {reason: 'error', exitCode: 70, message: `hart 1 died: ${why}`})
		})
	}
}

test.serial('a thread that hangs inside the lock of a device is reported with the device, and ended', async (t) => {
	const vcpu = new URL('dying-vcpu.ts', import.meta.url)
	setEnvironmentData('death', 'hang')
	const kernel = readers(boardMap.rtc.base, loadWord)
	// It waits for the lock, too, and is let go when the hart is ended.
	const io = new URL('locking-io.ts', import.meta.url)
	const machine = await withThreads({vcpu, io}, () => createMachine(t, {kernel, smp: 2, networks: ['user']}))
	const lines = errorLines(t)
	const {message, ...outcome} = await machine.run()
	t.false(lines.some((line) => line.includes('I/O worker')))
	t.regex(lines.join('\n'), /hart 1 does not stop: in an access to the device at 0x101000 \(rtc\)/)
	t.deepEqual(outcome, {reason: 'error', exitCode: 70})
	t.regex(
		message!,
		/^hart 1 does not release the lock of rtc: in an access to the device at 0x101000 \(rtc\), in guest code since pc 0x80[0-9a-f]{6}$/,
	)
})

test.serial('an I/O worker that does not end is reported, and given up after five minutes of heartbeats', async (t) => {
	const beat = beatByHand(t)
	const lines = errorLines(t)
	const io = new URL('deaf-io.ts', import.meta.url)
	const machine = await withThreads({io}, () => createMachine(t, {kernel: stay, networks: ['user']}))
	const running = machine.run()
	const ended = Promise.race([running.then(() => true), delay(0, false)])
	machine.stop()
	t.false(await ended)
	await until(() => {
		beat()
		return lines.length > 0
	}, 'it is reported')
	t.deepEqual(lines, ['I/O worker 2 has not brought all to the disks yet'])
	for (let beats = 0; beats < 300; beats++) beat()
	t.deepEqual(await running, {
		reason: 'error',
		exitCode: 70,
		message: 'I/O worker 2 does not end: what the guest wrote last may be lost',
	})
})

test.serial('a vCPU thread that does not start fails create(), and no other thread is left', async (t) => {
	const {vcpu} = threadEntries
	let starts = 0
	// A URL that Worker refuses, for the third hart.
	Object.defineProperty(entries, 'vcpu', {get: () => (++starts === 3 ? new URL('http://localhost/') : vcpu)})
	t.teardown(() => Object.defineProperty(entries, 'vcpu', {value: vcpu, writable: true}))
	newWorkers()
	await t.throwsAsync(createMachine(t, {kernel: stay, smp: 4, accel: 'jit'}), {code: 'ERR_INVALID_URL_SCHEME'})
	t.is(starts, 3)
	const threads = newWorkers()
	// Two harts and at least two helpers.
	t.true(threads.length >= 4)
	t.true(threads.every(({threadId}) => threadId === -1))
})

test.serial('an interpreter that traps stops the machine and names the hart', async (t) => {
	const create = SharedMemory.create
	let memory: SharedMemory | undefined
	SharedMemory.create = (map) => {
		memory = create(map)
		return memory
	}
	const machine = await createMachine(t, {kernel: stay, smp: 2})
	SharedMemory.create = create
	const running = machine.run()
	await until(() => machine.statistics().harts[0]!.instructions > 0, 'the guest runs')
	await machine.pause()
	// Table addresses far beyond the end of the memory.
	const state = new VcpuBlocks(memory!, 2).base(0) + VcpuBlock.offset.tlb
	memory!.i32.fill(
		0xf000_000c | 0,
		(state + TlbState.offset.descriptor) >> 2,
		(state + TlbState.offset.descriptor) / 4 + regimeCount,
	)
	machine.resume()
	t.deepEqual(await running, {reason: 'error', exitCode: 70, message: 'hart 0 died: memory access out of bounds'})
})

test.serial('a helper that fails stops the machine', async (t) => {
	const helper = new URL('throwing-helper.ts', import.meta.url)
	// A guest of some seconds: it does not end before the helper does.
	const kernel = guestBinary('asids')
	const machine = await withThreads({helper}, () =>
		createMachine(t, {kernel, smp: 4, memory: 128 * mebibyte, tlb: {policy: 'swap-pool'}}),
	)
	t.deepEqual(await machine.run(), {
		reason: 'error',
		exitCode: 70,
		message: 'the helper pool failed: no more clearing',
	})
})

test.serial('a helper whose thread ends in the middle of a job fails its caller', async (t) => {
	const helper = new URL('failing-helper.ts', import.meta.url)
	setEnvironmentData('failure', 'exit')
	const tlb = {vcpus: 1}
	const memory = createMemory({harts: 1, ramBytes: mebibyte, tlb})
	const pool = await withThreads(
		{helper},
		async () => new HelperPool(memory, {entry: threadEntries.helper, tlb, hartModule}),
	)
	// The thread alone does not keep the process alive.
	const awake = setInterval(() => {}, 1000)
	t.teardown(() => clearInterval(awake))
	await t.throwsAsync(pool.clearTables(), {message: 'worker exited with code: 3'})
	await pool[Symbol.asyncDispose]()
})

test.serial('a helper that hangs does not keep the machine from ending', async (t) => {
	const helper = new URL('failing-helper.ts', import.meta.url)
	setEnvironmentData('failure', 'hang')
	const kernel = guestBinary('smp-demo')
	const machine = await withThreads({helper}, () => createMachine(t, {kernel, smp: 4, accel: 'interp'}))
	const reading = readConsole(machine)
	t.deepEqual(await machine.run(), {reason: 'power-off', exitCode: 0})
	await reading
})

for (const during of ['start', 'reset', 'run']) {
	test.serial(`an uncaught error in a vCPU's thread (${during}) stops the machine`, async (t) => {
		const vcpu = new URL('erring-vcpu.ts', import.meta.url)
		setEnvironmentData('during', during)
		const machine = await withThreads({vcpu}, () => createMachine(t, {kernel: stay, smp: 1}))
		const reading = readConsole(machine)
		t.deepEqual(await machine.run(), {reason: 'error', exitCode: 70, message: 'hart 0 died: nobody catches this'})
		await reading
	})
}

test.serial('a console that breaks stops the machine, and ends', async (t) => {
	const machine = await createMachine(t, {kernel: chatter, smp: 1})
	const stream = machine.console as ConsoleStream
	stream.push = () => {
		throw new Error('no more printing')
	}
	const reading = readConsole(machine)
	t.like(await machine.run(), {exitCode: 70, message: 'the console failed: no more printing'})
	await reading
})

test.serial('a hart that does not stop is ended after a few heartbeats', async (t) => {
	const beat = beatByHand(t)
	const vcpu = new URL('deaf-vcpu.ts', import.meta.url)
	newWorkers()
	const machine = await withThreads({vcpu}, () => createMachine(t, {kernel: stay, smp: 2}))
	const threads = newWorkers().filter(({threadName}) => threadName?.startsWith('vcpu'))
	const deaf = threads.map(
		(thread) => new Promise<void>((resolve) => thread.on('message', (message) => message === 'deaf' && resolve())),
	)
	const lines = errorLines(t)
	const running = machine.run()
	await Promise.all(deaf)
	machine.stop()
	const over = running.then(() => 'over')
	for (let beats = 0; beats < 5; beats++) {
		beat()
		t.is(await Promise.race([over, delay(20, 'goes on')]), 'goes on')
	}
	beat()
	t.deepEqual(await running, {reason: 'stopped', exitCode: 0})
	const pc = 'pc 0x80[0-9a-f]{6}'
	t.is(lines.length, 1)
	t.regex(
		lines[0]!,
		new RegExp(`^hart 0 does not stop: in guest code since ${pc}; hart 1 does not stop: in guest code since ${pc}$`),
	)
})

test.serial('a hart that passes no quiescent state is reported as a stall, and counted', async (t) => {
	const beat = beatByHand(t)
	const vcpu = new URL('stuck-vcpu.ts', import.meta.url)
	const machine = await withThreads({vcpu}, () => createMachine(t, {kernel: stay, smp: 2}))
	const lines = errorLines(t)
	const running = machine.run()
	await until(() => {
		beat()
		return machine.statistics().rcu.stalls > 0
	}, 'a stall is reported')
	machine.stop()
	t.deepEqual(await running, {reason: 'stopped', exitCode: 0})
	const {stalls, lastStall} = machine.statistics().rcu
	t.is(stalls, 1)
	t.is(lastStall!.reader, 1)
	t.is(lastStall!.milliseconds, 5000)
	t.is(lines.length, 1)
	t.regex(
		lines[0]!,
		/^RCU stall: hart 1 has passed no quiescent state for 5\.0 s \(grace period \d+\): in an SBI call, at pc 0x80[0-9a-f]{6}$/,
	)
})

test.serial('a guest that jumps to nowhere is reported with pc and cause', async (t) => {
	const machine = await createMachine(t, {kernel: guestBinary('wild-jump'), smp: 2})
	const [outcome, printed] = await Promise.all([machine.run(), readConsole(machine)])
	t.is(printed.trim(), 'Jumping to 0x10')
	t.deepEqual(outcome, {
		reason: 'error',
		exitCode: 71,
		message:
			'hart 0 can execute nothing: first pc 0x10, cause 1 (instruction access fault); ' +
			'its S-mode trap handler then pc 0x0, cause 1 (instruction access fault)',
	})
})
