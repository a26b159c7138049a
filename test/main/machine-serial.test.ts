/** Serial mode: runs of one seed end alike, on real threads; nothing waits for ever. */
import test, {type ExecutionContext} from 'ava'
import type {MachineOptions} from '../../src/main/index.ts'
import {expectedOutput, guestBinary, outputDifference} from '../guests/guests.ts'
import {binary, chatter, jump, roles, shortChatter, stay, wfi} from './little-guest.ts'
import {beatByHand, createMachine, newWorkers, readConsole, until} from './test-machine.ts'

const serial = (seed: number, options: Partial<MachineOptions> = {}) => ({serial: true, seed, ...options}) as const

async function demo(t: ExecutionContext, options: Partial<MachineOptions>) {
	const machine = await createMachine(t, {kernel: guestBinary('smp-demo'), smp: 3, ...options})
	const console = readConsole(machine)
	t.deepEqual(await machine.run(), {reason: 'power-off', exitCode: 0})
	t.regex(await console, /smp-demo: passed/)
	return {digest: await machine.digest(), instructions: machine.statistics().harts.map((hart) => hart.instructions)}
}

for (const accel of ['interp', 'jit'] as const) {
	test.serial(`two runs of one seed end alike, and those of another seed do not (${accel})`, async (t) => {
		const first = await demo(t, serial(7, {accel, jitThreshold: 50}))
		t.deepEqual(await demo(t, serial(7, {accel, jitThreshold: 50})), first)
		const other = await demo(t, serial(8, {accel, jitThreshold: 50}))
		t.not(other.digest, first.digest)
		t.notDeepEqual(other.instructions, first.instructions)
	})
}

test.serial('two runs of one seed end alike while tables are swapped and quarantined', async (t) => {
	const options = serial(3, {tlb: {policy: 'swap-pool', debug: 'on', size: 'qemu'}})
	const first = await demo(t, options)
	t.deepEqual(await demo(t, options), first)
})

test.serial(
	'programs that meet in atomics, change spaces and code, and set timers print by turns what they should',
	async (t) => {
		for (const guest of ['atomics', 'asids', 'self-modify', 'timer']) {
			const machine = await createMachine(t, {kernel: guestBinary(guest), smp: 3, memory: 2 ** 28, ...serial(11)})
			const console = readConsole(machine)
			t.deepEqual(await machine.run(), {reason: 'power-off', exitCode: 0}, guest)
			t.is(outputDifference(await console, await expectedOutput(guest)), undefined)
		}
	},
)

test('a machine in serial mode is paused, goes on, and is stopped', async (t) => {
	const machine = await createMachine(t, {kernel: roles(), smp: 4, ...serial(1)})
	const running = machine.run()
	await until(() => machine.statistics().tlbPool.remoteFlushes.count > 10, 'fences are under way')
	await machine.pause()
	const {count} = machine.statistics().tlbPool.remoteFlushes
	t.regex(await machine.digest(), /^[0-9a-f]{64}$/)
	machine.resume()
	await until(() => machine.statistics().tlbPool.remoteFlushes.count > count + 10, 'fences go on')
	machine.stop()
	t.like(await running, {reason: 'stopped'})
})

test('harts that wait for what cannot come execute nothing, and are stopped', async (t) => {
	const kernel = binary([wfi, jump(-4)])
	const machine = await createMachine(t, {kernel, smp: 2, ...serial(1)})
	const running = machine.run()
	await until(() => machine.statistics().harts[0]!.instructions > 0, 'it runs')
	await machine.pause()
	// It was woken by nothing but the pause.
	t.true(machine.statistics().harts[0]!.instructions < 10)
	machine.resume()
	machine.stop()
	t.like(await running, {reason: 'stopped'})
})

test('output that is read late holds the guest up, and none is lost', async (t) => {
	const machine = await createMachine(t, {kernel: chatter, ...serial(1)})
	const running = machine.run()
	let bytes = 0
	for await (const piece of machine.console) {
		bytes += piece.length
		if (bytes < 2 ** 22) continue
		machine.stop()
		break
	}
	t.like(await running, {reason: 'stopped'})
	t.true(Number((await machine.registers(0)).x[8]) >= bytes)
})

test('a console that is full accepts the same bytes each time', async (t) => {
	const accepted: bigint[] = []
	for (let run = 0; run < 3; run++) {
		const machine = await createMachine(t, {kernel: shortChatter, ...serial(2)})
		const console = readConsole(machine)
		t.deepEqual(await machine.run(), {reason: 'power-off', exitCode: 0})
		const bytes = (await machine.registers(0)).x[8]!
		t.is((await console).length, Number(bytes))
		accepted.push(bytes)
	}
	t.deepEqual(new Set(accepted).size, 1)
})

test.serial('a thread that ends while others wait for the turn stops the machine', async (t) => {
	newWorkers()
	// The others stop because of the death, not because a limit ends them.
	beatByHand(t)
	const machine = await createMachine(t, {kernel: stay, smp: 3, ...serial(1)})
	const thread = newWorkers().find(({threadName}) => threadName === 'vcpu 0')!
	const running = machine.run()
	await until(() => machine.statistics().harts[0]!.instructions > 1000, 'it runs')
	await thread.terminate()
	t.deepEqual(await running, {reason: 'error', exitCode: 70, message: 'hart 0 died: its thread ended with code 1'})
})

test('a seed without serial mode is refused', async (t) => {
	await t.throwsAsync(createMachine(t, {kernel: stay, seed: 3}), {message: /^Expected seed only with serial: true/})
})

test('a machine that runs has no digest yet', async (t) => {
	const machine = await createMachine(t, {kernel: stay})
	const running = machine.run()
	await until(() => machine.statistics().harts[0]!.instructions > 0, 'it runs')
	await t.throwsAsync(machine.digest(), {message: /^Expected a machine that is paused or over/})
	machine.stop()
	await running
})
