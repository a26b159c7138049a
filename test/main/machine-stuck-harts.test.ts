/** One hart that can execute nothing is not the end of the machine: another may rescue it, or go on without it. */
import test, {type ExecutionContext} from 'ava'
import {SharedMemory, VcpuBlocks, VcpuWords} from '../../src/memory/index.ts'
import {fencesAll, harts, isStuck, rescue, spins, waits, waitsForTimer, waitsForUart} from './stuck-guests.ts'
import {createMachine, until} from './test-machine.ts'

/** Creates a machine. @returns it, and how often in a row a hart has looked whether it can execute something. */
async function create(t: ExecutionContext, options: Parameters<typeof createMachine>[1]) {
	const create = SharedMemory.create
	let memory: SharedMemory | undefined
	SharedMemory.create = (map) => {
		memory = create(map)
		return memory
	}
	const machine = await createMachine(t, options)
	SharedMemory.create = create
	const blocks = new VcpuBlocks(memory!, machine.harts)
	const looks = (hart: number) => Atomics.load(memory!.i32, (blocks.base(hart) + VcpuWords.offset.stuckLooks) >> 2)
	return {machine, looks, untilStuck: (hart: number) => until(() => looks(hart) > 3, `hart ${hart} is stuck`)}
}

for (const accel of ['jit', 'interp'] as const) {
	test.serial(`a stuck hart goes on when another hart has rescued it (${accel})`, async (t) => {
		const {machine, untilStuck} = await create(t, {kernel: rescue, smp: 2, accel})
		const running = machine.run()
		await untilStuck(1)
		machine.console.write('x')
		t.deepEqual(await running, {reason: 'power-off', exitCode: 0})
	})
}

const trouble =
	'can execute nothing: first pc 0x[0-9a-f]+, cause 2 \\(illegal instruction\\); ' +
	'its S-mode trap handler then pc 0x0, cause 1 \\(instruction access fault\\)'

const standstills = [
	[
		'every hart is stuck',
		harts(isStuck, isStuck, isStuck),
		3,
		`^hart 0 ${trouble}; hart 1 ${trouble}; hart 2 ${trouble}$`,
	],
	['one hart is stuck and the others wait for ever', harts(waits, isStuck, waits), 3, `^hart 1 ${trouble}$`],
	['one hart is stuck and the others are stopped', harts(isStuck), 3, `^hart 0 ${trouble}$`],
] as const
for (const [when, kernel, smp, message] of standstills) {
	test.serial(`the machine stops with 71 and names the stuck harts if ${when}`, async (t) => {
		const machine = await createMachine(t, {kernel, smp})
		const {message: got = '', ...outcome} = await machine.run()
		t.deepEqual(outcome, {reason: 'error', exitCode: 71})
		t.regex(got, new RegExp(message))
	})
}

test.serial('a machine with a stuck hart goes on until the timer that another hart waits for', async (t) => {
	const machine = await createMachine(t, {kernel: harts(isStuck, waitsForTimer), smp: 2})
	t.deepEqual(await machine.run(), {reason: 'power-off', exitCode: 0})
})

test.serial('a machine with a stuck hart goes on while another hart waits for a device', async (t) => {
	const {machine, untilStuck} = await create(t, {kernel: harts(isStuck, waitsForUart), smp: 2})
	const running = machine.run()
	await untilStuck(0)
	machine.console.write('x')
	t.deepEqual(await running, {reason: 'power-off', exitCode: 0})
})

async function run(t: ExecutionContext, kernel: Uint8Array) {
	const {machine, looks, untilStuck} = await create(t, {kernel, smp: 2})
	const running = machine.run()
	await untilStuck(0)
	return {machine, running, looks}
}

test.serial('a stuck hart answers pauses and stops', async (t) => {
	const {machine, running} = await run(t, harts(isStuck, spins))
	for (let round = 0; round < 5; round++) {
		await machine.pause()
		t.is((await machine.registers(0)).pc, 0n)
		machine.resume()
	}
	machine.stop()
	t.deepEqual(await running, {reason: 'stopped', exitCode: 0})
})

test.serial('a stuck hart answers remote fences', async (t) => {
	const {machine, running} = await run(t, harts(isStuck, fencesAll))
	const fences = () => machine.statistics().tlbPool.remoteFlushes.count
	const before = fences()
	await until(() => fences() > before + 100, 'fences end')
	machine.stop()
	t.deepEqual(await running, {reason: 'stopped', exitCode: 0})
})

test.serial('a stuck hart sleeps between its looks', async (t) => {
	const {machine, running, looks} = await run(t, harts(isStuck, spins))
	const [began, before] = [performance.now(), looks(0)]
	await until(() => looks(0) >= before + 20, 'hart 0 has looked 20 times')
	const milliseconds = performance.now() - began
	// A busy host makes it look more seldom, never more often. The naps grow to 16 ms.
	t.true(looks(0) - before < milliseconds / 16 + 10, `${looks(0) - before} looks in ${milliseconds} ms`)
	machine.stop()
	await running
})

test.serial('a hart that is stuck for long is reported once while the others go on', async (t) => {
	const lines: string[] = []
	const {error} = console
	console.error = (line: string) => void lines.push(line)
	t.teardown(() => {
		console.error = error
	})
	const {machine, running} = await run(t, harts(isStuck, spins))
	await until(() => lines.length > 0, 'a report')
	t.regex(lines[0]!, new RegExp(`^The others go on, but hart 0 ${trouble}$`))
	machine.stop()
	t.deepEqual(await running, {reason: 'stopped', exitCode: 0})
	t.is(lines.length, 1)
})
