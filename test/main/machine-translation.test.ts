/** Machines that translate: guests run correctly, changing code takes bounded memory, and nothing is left behind. */
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {threadEntries} from '../../src/main/artifacts.ts'
import type {TranslationOptions} from '../../src/main/index.ts'
import {expectedOutput, guestBinary, outputDifference} from '../guests/guests.ts'
import {changing} from './changing-guest.ts'
import {stay} from './little-guest.ts'
import {createMachine, mebibyte, readConsole, until} from './test-machine.ts'

const jit = {accel: 'jit', jitThreshold: 8} as const satisfies TranslationOptions

for (const [how, options] of [
	['by helpers', jit],
	['by each hart at once', {...jit, jitSynchronous: true}],
] as const) {
	test(`smp-demo passes while it is translated ${how}`, async (t) => {
		const machine = await createMachine(t, {kernel: guestBinary('smp-demo'), smp: 2, ...options})
		const console = readConsole(machine)
		t.deepEqual(await machine.run(), {reason: 'power-off', exitCode: 0})
		t.regex(await console, /smp-demo: passed/)
		const {harts, translation} = machine.statistics()
		if (how === 'by each hart at once') t.true(harts.every(({regionEntries}) => regionEntries > 0))
		const {modules, liveModules, droppedModules, regions, wasmBytes, liveWasmBytes, latency} = translation!
		t.is(modules, liveModules + droppedModules)
		t.true(regions >= modules && wasmBytes >= liveWasmBytes)
		// Helpers may be late for a guest as short as this one.
		if (how === 'by each hart at once') {
			t.true(modules > 0 && latency.maximum > 0)
			t.true(translation!.guestInstructions > regions && translation!.compileMilliseconds > 0)
		}
		for (const {regionEntries, regionReentries, regionExits, interpretedShare, chains, chainRate} of harts) {
			t.is(regionEntries, regionExits.jump + regionExits.safepoint + regionExits.trap + regionExits.across)
			t.true(regionReentries <= regionExits.jump)
			t.true(interpretedShare >= 0 && interpretedShare <= 1)
			t.is(chains, undefined)
			t.is(chainRate, undefined)
		}
	})
}

test.serial('programs come and go and compute what they should, however pages are looked up', async (t) => {
	for (const lookup of ['inline', 'outlined'] as const) {
		for (const lastPages of ['on', 'off'] as const) {
			// Each lookup is tested with each encoding.
			const encoding = (lookup === 'inline') === (lastPages === 'on') ? 'plus-one' : 'poison-zero'
			const options = {...jit, jitSynchronous: true, tlb: {lookup, lastPages, encoding}} as const
			const machine = await createMachine(t, {kernel: guestBinary('churn'), memory: 128 * mebibyte, ...options})
			const console = readConsole(machine)
			t.deepEqual(await machine.run(), {reason: 'power-off', exitCode: 0})
			t.is(outputDifference(await console, await expectedOutput('churn')), undefined)
			t.true(machine.statistics().harts[0]!.interpretedShare < 0.5)
		}
	}
})

test('if chains are counted, statistics have them, and the share that avoided the interpreter', async (t) => {
	const options = {...jit, jitSynchronous: true, countChains: true}
	const machine = await createMachine(t, {kernel: guestBinary('smp-demo'), smp: 2, ...options})
	t.deepEqual(await machine.run(), {reason: 'power-off', exitCode: 0})
	for (const {chains, chainRate, regionExits} of machine.statistics().harts) {
		const {callsUnwound, ...ways} = chains!
		t.true(ways.returnsTaken > 0)
		const chained = Object.values(ways).reduce((sum, count) => sum + count, 0)
		t.is(chainRate, chained / (chained + regionExits.jump))
		const calls = ways.directCalls + ways.slotCalls
		t.true(calls <= ways.returnsTaken + callsUnwound.jump + callsUnwound.safepoint + callsUnwound.trap)
	}
})

test('a hot loop is translated, and statistics say so', async (t) => {
	const machine = await createMachine(t, {kernel: stay, smp: 2, ...jit})
	const running = machine.run()
	await until(
		() => machine.statistics().harts.some(({instructionsTranslated}) => instructionsTranslated > 1e6),
		'it runs',
	)
	await machine.pause()
	const {translation, harts} = machine.statistics()
	t.like(translation, {failures: 0, rejected: 0, modules: 1, liveModules: 1, regions: 1})
	t.is(translation!.latency.count, 1)
	for (const {instructions, instructionsTranslated} of harts) t.true(instructionsTranslated <= instructions)
	machine.resume()
	machine.stop()
	t.like(await running, {reason: 'stopped'})
})

test('code that keeps changing takes bounded memory', async (t) => {
	const jitBytes = 4096
	const machine = await createMachine(t, {kernel: changing(30), ...jit, jitBytes})
	const running = machine.run()
	await until(() => (machine.statistics().translation?.droppedModules ?? 0) > 3, 'modules are dropped')
	await machine.pause()
	const {translation} = machine.statistics()
	// The newest module is kept, whatever its size.
	t.true(translation!.liveWasmBytes <= jitBytes || translation!.liveModules === 1)
	t.is(translation!.failures, 0)
	t.is(translation!.liveModules + translation!.droppedModules, translation!.modules)
	machine.resume()
	await until(() => machine.statistics().translation!.retiredModules === 0, 'grace periods elapse')
	machine.stop()
	t.like(await running, {reason: 'stopped'})
})

test('machines are stopped and given back while helpers translate', async (t) => {
	for (let round = 0; round < 3; round++) {
		const machine = await createMachine(t, {kernel: changing(20), ...jit})
		const running = machine.run()
		await until(() => (machine.statistics().translation?.requests ?? 0) > round, 'regions are asked for')
		await machine[Symbol.asyncDispose]()
		t.like(await running, {reason: 'stopped'})
	}
})

test.serial('a translator that fails is reported, and the guest is interpreted', async (t) => {
	const entries: {vcpu: URL; helper: URL} = threadEntries
	const {helper} = entries
	const said: unknown[] = []
	const {error} = console
	entries.helper = new URL('untranslating-helper.ts', import.meta.url)
	console.error = (line) => void said.push(line)
	try {
		const machine = await createMachine(t, {kernel: stay, smp: 2, ...jit})
		const running = machine.run()
		await until(() => machine.statistics().translation!.failures > 0, 'a translation fails')
		const {instructions} = machine.statistics().harts[0]!
		await until(() => machine.statistics().harts[0]!.instructions > instructions, 'the guest goes on')
		t.is(machine.statistics().harts[0]!.instructionsTranslated, 0)
		machine.stop()
		t.like(await running, {reason: 'stopped'})
	} finally {
		entries.helper = helper
		console.error = error
	}
	t.deepEqual(said, ['manyhart: a translation failed, and its guest code is interpreted: no more translating'])
})

for (const [how, options, pattern] of [
	['helpers', jit, /^\d{4}\.wasm$/],
	['harts', {...jit, jitSynchronous: true}, /^[01]-\d{4}\.wasm$/],
] as const) {
	test(`each module that ${how} make is written to the folder that dumpWasm names`, async (t) => {
		const parent = await mkdtemp(join(tmpdir(), 'manyhart-'))
		t.teardown(() => rm(parent, {recursive: true}))
		const dumpWasm = join(parent, 'modules')
		// It runs until there is a module, since helpers let harts go first.
		const machine = await createMachine(t, {kernel: stay, smp: 2, ...options, dumpWasm})
		const running = machine.run()
		await until(() => machine.statistics().translation!.modules > 0, 'a module is made')
		machine.stop()
		await running
		const files = await readdir(dumpWasm)
		t.true(files.length > 0 && files.length >= machine.statistics().translation!.modules)
		for (const file of files) {
			t.regex(file, pattern)
			t.true(WebAssembly.validate(await readFile(join(dumpWasm, file))))
		}
	})
}
