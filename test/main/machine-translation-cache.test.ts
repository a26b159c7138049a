/** What a machine has translated is there for the next one that boots the same guest, and changes nothing but its speed. */
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {basename, join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {threadEntries} from '../../src/main/artifacts.ts'
import type {Machine, MachineOptions} from '../../src/main/index.ts'
import {expectedOutput, guestBinary, outputDifference} from '../guests/guests.ts'
import {changing} from './changing-guest.ts'
import {a0, addi, binary, jump, stay} from './little-guest.ts'
import {beatByHand, createMachine, mebibyte, readConsole, until} from './test-machine.ts'

const jit = {accel: 'jit', jitThreshold: 8, jitSynchronous: false} as const satisfies Partial<MachineOptions>

async function emptyFolder(t: ExecutionContext): Promise<string> {
	const parent = await mkdtemp(join(tmpdir(), 'manyhart-'))
	t.teardown(() => rm(parent, {recursive: true, force: true}))
	return join(parent, 'translations')
}

/** Machines that are created from now on translate nothing themselves. */
function onlyRemember(t: ExecutionContext): void {
	const entries: {helper: URL} = threadEntries
	const {helper} = entries
	entries.helper = new URL('remembering-helper.ts', import.meta.url)
	t.teardown(() => {
		entries.helper = helper
	})
}

const translated = (machine: Machine) => machine.statistics().harts[0]!.instructionsTranslated

/** Runs until its loop is translated. */
async function translate(t: ExecutionContext, options: Parameters<typeof createMachine>[1]): Promise<Machine> {
	const machine = await createMachine(t, {...jit, ...options})
	const running = machine.run()
	await until(() => translated(machine) > 1e6, 'the loop is translated')
	machine.stop()
	t.like(await running, {reason: 'stopped'})
	return machine
}

test.serial(
	'the next run of a guest has the regions of the one before, with more harts and other memory, too',
	async (t) => {
		const translationCache = await emptyFolder(t)
		const first = await translate(t, {kernel: stay, translationCache, smp: 2})
		t.is(first.statistics().translationCache!.kept, 1)
		t.like(first.statistics().translation, {knownModules: 0, modules: 1})
		t.is((await readdir(translationCache)).length, 1)
		onlyRemember(t)
		// On a busy host the helper may take longer than harts wait.
		beatByHand(t)
		for (const options of [{smp: 2}, {smp: 3, memory: 128 * mebibyte}]) {
			const next = await translate(t, {kernel: stay, translationCache, ...options})
			t.like(
				next.statistics().translation,
				{knownModules: 1, knownRegions: 1, modules: 0, requests: 0},
				'harts start when it is there, and ask for nothing',
			)
			t.deepEqual(next.statistics().translationCache, {kept: 0})
		}
		t.is((await readdir(translationCache)).length, 1)
	},
)

test.serial('code for one hart is not that for several, nor that for another design of the TLB', async (t) => {
	const translationCache = await emptyFolder(t)
	const designs = [
		{smp: 1},
		{smp: 2},
		{smp: 2, tlb: {encoding: 'plus-one'}},
		{smp: 2, tlb: {lookup: 'inline'}},
	] as const
	for (const [index, options] of designs.entries()) {
		const machine = await translate(t, {kernel: stay, translationCache, ...options})
		t.like(machine.statistics().translation, {knownModules: 0, modules: 1})
		t.is((await readdir(translationCache)).length, index + 1)
	}
	onlyRemember(t)
	for (const options of designs) {
		const machine = await translate(t, {kernel: stay, translationCache, ...options})
		t.like(machine.statistics().translation, {knownModules: 1, modules: 0})
	}
})

/** Its loop is not among the samples by which a guest is known. */
const loopOf = (constant: number) => {
	const words = new Int32Array(4096)
	words.set([jump(4096)])
	words.set(new Int32Array(binary([addi(a0, 0, constant), jump(-4)]).buffer), 1024)
	return new Uint8Array(words.buffer)
}

test.serial('a guest whose code differs in one byte runs its own', async (t) => {
	const translationCache = await emptyFolder(t)
	await translate(t, {kernel: loopOf(1), translationCache})
	await translate(t, {kernel: loopOf(2), translationCache})
	t.is((await readdir(translationCache)).length, 1, 'it is taken for the same guest')
	onlyRemember(t)
	for (const constant of [1, 2]) {
		const machine = await translate(t, {kernel: loopOf(constant), translationCache})
		t.is((await machine.registers(0)).x[a0], BigInt(constant))
	}
	const other = await createMachine(t, {...jit, kernel: loopOf(3), translationCache})
	const running = other.run()
	await until(() => other.statistics().translation!.rejected > 0, 'it asks for its loop, which is not known')
	t.is(translated(other), 0)
	other.stop()
	await running
	t.is((await other.registers(0)).x[a0], 3n)
})

test.serial(
	'programs that come and go, and code that changes, compute what they should the second time, too',
	async (t) => {
		const translationCache = await emptyFolder(t)
		for (const run of ['first', 'second', 'third']) {
			const options = {memory: 128 * mebibyte, ...jit, translationCache}
			const machine = await createMachine(t, {kernel: guestBinary('churn'), ...options})
			const console = readConsole(machine)
			t.deepEqual(await machine.run(), {reason: 'power-off', exitCode: 0}, run)
			t.is(outputDifference(await console, await expectedOutput('churn')), undefined, run)
		}
		for (const run of ['first', 'second']) {
			const machine = await createMachine(t, {kernel: guestBinary('smp-demo'), smp: 2, ...jit, translationCache})
			const console = readConsole(machine)
			t.deepEqual(await machine.run(), {reason: 'power-off', exitCode: 0}, run)
			t.regex(await console, /smp-demo: passed/, run)
		}
		for (const run of ['first', 'second']) {
			const machine = await createMachine(t, {kernel: changing(4), ...jit, translationCache})
			const running = machine.run()
			await until(() => machine.statistics().translation!.requests > 8, `${run}: code changes`)
			machine.stop()
			t.like(await running, {reason: 'stopped'})
		}
	},
)

test.serial('a run that is killed has kept what it had translated some heartbeats before', async (t) => {
	const translationCache = await emptyFolder(t)
	const machine = await createMachine(t, {...jit, kernel: stay, translationCache})
	const running = machine.run()
	await until(() => machine.statistics().translationCache!.kept === 1, 'it is written while the guest runs')
	t.is((await readdir(translationCache)).length, 1)
	machine.stop()
	await running
})

test('a folder that cannot be used is told in statistics, and costs nothing else', async (t) => {
	const parent = await emptyFolder(t)
	await writeFile(parent, 'a file')
	const machine = await translate(t, {kernel: stay, translationCache: join(parent, 'below')})
	t.regex(machine.statistics().translationCache!.problem!, /^ENOTDIR/)
})

test.serial('a file that is damaged is replaced, and the guest runs as ever', async (t) => {
	const translationCache = await emptyFolder(t)
	await translate(t, {kernel: stay, translationCache})
	const path = join(translationCache, (await readdir(translationCache))[0]!)
	const bytes = await readFile(path)
	for (const damaged of [bytes.with(-1, bytes.at(-1)! ^ 1), bytes.subarray(0, 50), Buffer.alloc(0)]) {
		await writeFile(path, damaged)
		const machine = await translate(t, {kernel: stay, translationCache})
		t.like(machine.statistics().translation, {knownModules: 0, modules: 1})
		t.deepEqual(machine.statistics().translationCache, {kept: 1})
		t.deepEqual(await readdir(translationCache), [basename(path)])
	}
	onlyRemember(t)
	await translate(t, {kernel: stay, translationCache})
})

test('without the option, and where each hart translates by itself or nothing is translated, nothing is kept', async (t) => {
	const translationCache = await emptyFolder(t)
	for (const options of [
		{jitSynchronous: true, translationCache},
		{dumpWasm: await emptyFolder(t), translationCache},
		{},
	]) {
		const machine = await translate(t, {kernel: stay, ...options})
		t.is(machine.statistics().translationCache, undefined)
	}
	const interpreted = await createMachine(t, {kernel: stay, accel: 'interp', translationCache})
	t.is(interpreted.statistics().translationCache, undefined)
	const serial = await createMachine(t, {kernel: stay, serial: true, translationCache})
	t.is(serial.statistics().translationCache, undefined)
	await t.throwsAsync(readdir(translationCache), {code: 'ENOENT'})
})
