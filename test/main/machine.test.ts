import {spawn} from 'node:child_process'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {setTimeout as delay} from 'node:timers/promises'
import test from 'ava'
import {UserError} from '../../src/errors.ts'
import {expectedOutput, guestBinary, outputDifference} from '../guests/guests.ts'
import {patience} from '../support/patience.ts'
import {temporaryFile} from './boot/boot-files.ts'
import {chatter, chatterCounts, knownRegisters, roles, stay} from './little-guest.ts'
import {beatByHand, createMachine, mebibyte, newWorkers, readConsole, until} from './test-machine.ts'

test('a guest runs to its end, and its console ends with it', async (t) => {
	const machine = await createMachine(t, {kernel: guestBinary('hello'), smp: 4})
	const [outcome, console] = await Promise.all([machine.run(), readConsole(machine)])
	t.deepEqual(outcome, {reason: 'power-off', exitCode: 0})
	t.is(outputDifference(console, await expectedOutput('hello')), undefined)
})

test('what was printed before there was a reader is kept', async (t) => {
	const machine = await createMachine(t, {kernel: guestBinary('hello'), smp: 4})
	await machine.run()
	t.is(outputDifference(await readConsole(machine), await expectedOutput('hello')), undefined)
})

test('the device tree is the one the guest gets, before and after the run', async (t) => {
	const machine = await createMachine(t, {kernel: guestBinary('hello'), smp: 3, append: 'a=b'})
	const tree = machine.deviceTree()
	t.is(Buffer.from(tree).readUInt32BE(), 0xd00dfeed)
	t.true(Buffer.from(tree).includes('a=b'))
	await machine.run()
	t.deepEqual(machine.deviceTree(), tree)
})

test('registers of a paused hart are what the guest put there', async (t) => {
	const machine = await createMachine(t, {kernel: knownRegisters})
	const running = machine.run()
	await until(() => machine.statistics().harts[0]!.instructions > 1000, 'the guest runs')
	await machine.pause()
	const {pc, privilege, x, f} = await machine.registers(0)
	t.is(privilege, 'S')
	t.is(pc, 0x8020_0000n + 32n * 4n)
	t.deepEqual(
		x,
		Array.from({length: 32}, (_, index) => 3n * BigInt(index)),
	)
	t.is(f[1], 15n)
	await t.throwsAsync(machine.registers(1), {instanceOf: RangeError, message: 'Expected a hart from 0 to 0, got 1'})
	machine.resume()
	await t.throwsAsync(
		until(async () => !(await machine.registers(0)), 'registers() refuses'),
		{instanceOf: UserError, message: /^Expected a paused machine/},
	)
	machine.stop()
	t.deepEqual(await running, {reason: 'stopped', exitCode: 0})
})

test('a paused machine stands still, and continues where it was', async (t) => {
	const machine = await createMachine(t, {kernel: stay})
	const running = machine.run()
	const instructions = () => machine.statistics().harts[0]!.instructions
	await until(() => instructions() > 0, 'the guest runs')
	await Promise.all([machine.pause(), machine.pause()])
	const before = instructions()
	await delay(50)
	t.is(instructions(), before)
	machine.resume()
	await until(() => instructions() > before, 'the guest goes on')
	machine.stop()
	await running
})

test('pause() before the harts have started parks them at once', async (t) => {
	const machine = await createMachine(t, {kernel: stay, smp: 2})
	await machine.pause()
	const running = machine.run()
	await machine.pause()
	t.is(machine.statistics().harts[0]!.instructions, 0)
	machine.resume()
	await until(() => machine.statistics().harts[0]!.instructions > 0, 'the guest runs')
	machine.stop()
	t.is((await running).reason, 'stopped')
})

test('pause and resume 50 times while harts fence one another', async (t) => {
	const machine = await createMachine(t, {kernel: roles(), smp: 4})
	const running = machine.run()
	for (let round = 0; round < 50; round++) {
		const before = machine.statistics().tlbPool.remoteFlushes.count
		await until(() => machine.statistics().tlbPool.remoteFlushes.count > before, `fences go on (round ${round})`)
		// Also a pause that is resumed at once.
		if (round % 5 === 0) {
			const parked = machine.pause()
			machine.resume()
			await parked
		}
		await machine.pause()
		const [spinning, waiting] = [await machine.registers(1), await machine.registers(2)]
		t.is(spinning.x[10], 1n)
		t.is(waiting.x[10], 2n)
		machine.resume()
	}
	machine.stop()
	t.deepEqual(await running, {reason: 'stopped', exitCode: 0})
})

test('smp-demo passes while it is paused again and again', async (t) => {
	const machine = await createMachine(t, {kernel: guestBinary('smp-demo'), smp: 3})
	let over = false
	const running = machine.run().finally(() => {
		over = true
	})
	const console = readConsole(machine)
	while (!over) {
		await machine.pause()
		machine.resume()
		await delay(20)
	}
	t.deepEqual(await running, {reason: 'power-off', exitCode: 0})
	t.regex(await console, /passed, every read saw the mapping that was published/)
})

test('a machine runs once, and not at all once it is disposed of', async (t) => {
	const machine = await createMachine(t, {kernel: guestBinary('hello'), smp: 4})
	const running = machine.run()
	await t.throwsAsync(machine.run(), {instanceOf: UserError, message: /^Expected a machine that has not run yet, got/})
	await running
	await t.throwsAsync(machine.run(), {instanceOf: UserError})
	const unused = await createMachine(t, {kernel: guestBinary('hello')})
	await unused[Symbol.asyncDispose]()
	await unused[Symbol.asyncDispose]()
	await t.throwsAsync(unused.run(), {message: 'Expected a machine that has not run yet, got one that is over'})
	await unused.pause()
	unused.resume()
	t.is(await readConsole(unused), '')
	t.true(unused.deviceTree().length > 0)
	t.is(unused.statistics().harts.length, 1)
})

test.serial('disposing of a machine at any time ends run() and every thread', async (t) => {
	// No limit ends what does not end by itself.
	beatByHand(t)
	for (const when of ['starting', 'running', 'paused', 'resumed', 'pausing'] as const) {
		newWorkers()
		const machine = await createMachine(t, {kernel: roles(), smp: 4})
		const threads = newWorkers()
		t.true(threads.length >= 4)
		const running = machine.run()
		if (when !== 'starting') await until(() => machine.statistics().harts[1]!.instructions > 0, 'hart 1 runs')
		if (when === 'paused' || when === 'resumed') await machine.pause()
		if (when === 'resumed') machine.resume()
		const pausing = when === 'pausing' ? machine.pause() : undefined
		await Promise.all([machine[Symbol.asyncDispose](), machine[Symbol.asyncDispose]()])
		t.deepEqual(await running, {reason: 'stopped', exitCode: 0}, when)
		await pausing
		await until(
			() => [...threads, ...newWorkers()].every(({threadId}) => threadId === -1),
			`${when}: no thread is left`,
		)
	}
})

test('an AbortSignal stops a machine, before it runs and while it does', async (t) => {
	const early = await createMachine(t, {kernel: stay, signal: AbortSignal.abort()})
	t.deepEqual(await early.run(), {reason: 'aborted', exitCode: 0})
	t.is(early.statistics().harts[0]!.instructions, 0)
	const controller = new AbortController()
	const machine = await createMachine(t, {kernel: stay, signal: controller.signal})
	const running = machine.run()
	await until(() => machine.statistics().harts[0]!.instructions > 0, 'the guest runs')
	controller.abort()
	t.deepEqual(await running, {reason: 'aborted', exitCode: 0})
})

test('two machines run side by side in one process', async (t) => {
	const machines = await Promise.all([1, 2].map(() => createMachine(t, {kernel: guestBinary('hello'), smp: 4})))
	const outcomes = await Promise.all(machines.map((machine) => Promise.all([machine.run(), readConsole(machine)])))
	for (const [outcome, console] of outcomes) {
		t.deepEqual(outcome, {reason: 'power-off', exitCode: 0})
		t.is(outputDifference(console, await expectedOutput('hello')), undefined)
	}
})

test('a guest whose console nobody reads runs on; the newest output is kept', async (t) => {
	const machine = await createMachine(t, {kernel: chatter})
	const running = machine.run()
	const printed = async () => {
		await machine.pause()
		const {x} = await machine.registers(0)
		machine.resume()
		return Number(x[8])
	}
	await until(async () => (await printed()) > 3 * mebibyte, 'the guest prints three mebibytes')
	machine.stop()
	await running
	const {length} = await readConsole(machine)
	t.true(length >= mebibyte * 0.9 && length < mebibyte * 1.2, `${length}`)
})

test.serial(
	'a reader that falls behind holds the guest up, loses nothing, and keeps nobody from stopping',
	async (t) => {
		// No limit ends what does not stop.
		beatByHand(t)
		const machine = await createMachine(t, {kernel: chatter})
		const reader = machine.console[Symbol.asyncIterator]()
		const running = machine.run()
		let bytes = (await reader.next()).value!.length
		const instructions = () => machine.statistics().harts[0]!.instructions
		let before = -1
		const standsStill = async () => {
			before = instructions()
			await delay(300)
			return instructions() === before
		}
		await until(standsStill, 'the guest waits for room')
		while (bytes < 3 * mebibyte) bytes += (await reader.next()).value!.length
		t.true(instructions() > before)
		await until(standsStill, 'the guest waits for room once more')
		machine.stop()
		t.deepEqual(await running, {reason: 'stopped', exitCode: 0})
		for await (const rest of {[Symbol.asyncIterator]: () => reader}) bytes += rest.length
		const {pc, x} = await machine.registers(0)
		// The guest may not have counted the bytes of its last call yet.
		t.is(BigInt(bytes), x[8]! + (pc === chatterCounts ? x[11]! : 0n))
	},
)

test('a write waits until the guest has read enough, and ends with the machine', async (t) => {
	const machine = await createMachine(t, {kernel: stay})
	// The UART takes some bytes although nobody reads them.
	t.true(await machine.console.write('x'))
	const much = machine.console.write(new Uint8Array(mebibyte))
	const running = machine.run()
	t.is(await Promise.race([much, Promise.resolve('waits')]), 'waits')
	machine.stop()
	await running
	t.false(await much)
	t.false(await machine.console.write('y'))
})

const library = JSON.stringify(join(import.meta.dirname, '../../dist/index.js'))
const hello = JSON.stringify(guestBinary('hello'))

const scripts = {
	'uses a machine and is done': `
		await using machine = await Machine.create({smp: 4, memory: 2 ** 26, kernel: ${hello}})
		const {exitCode} = await machine.run()
		console.log('exit code', exitCode)`,
	'forgets to dispose of its machine': `
		const machine = await Machine.create({smp: 4, memory: 2 ** 26, kernel: ${hello}})
		const {exitCode} = await machine.run()
		console.log('exit code', exitCode)`,
	'never runs its machine': `
		await Machine.create({smp: 4, memory: 2 ** 26, kernel: ${hello}})
		console.log('exit code 0')`,
}
for (const [what, script] of Object.entries(scripts)) {
	test(`a process that ${what} ends by itself`, async (t) => {
		const file = await temporaryFile(t, `import {Machine} from ${library}\n${script}\n`, 'script.mjs')
		const child = spawn(process.execPath, [file], {stdio: ['ignore', 'pipe', 'pipe'], timeout: patience})
		const [exit, stdout, stderr] = await Promise.all([
			new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code))),
			text(child.stdout),
			text(child.stderr),
		])
		t.deepEqual({exit, stdout, stderr}, {exit: 0, stdout: 'exit code 0\n', stderr: ''})
	})
}
