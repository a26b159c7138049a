/** The options of a machine: each is checked, by its own name, and no others are taken. */
import {spawn} from 'node:child_process'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {pathToFileURL} from 'node:url'
import test from 'ava'
import {Machine, type MachineOptions, UserError} from '../../src/main/index.ts'
import {checkMachineOptions} from '../../src/main/machine-options.ts'
import {tlbKeys} from '../../src/tlb/index.ts'
import {guestBinary} from '../guests/guests.ts'
import {patience} from '../support/patience.ts'
import {temporaryFile} from './boot/boot-files.ts'
import {mebibyte, newWorkers} from './test-machine.ts'

const good = {smp: 1, memory: 64 * mebibyte, kernel: guestBinary('hello')} as const satisfies MachineOptions

const tlbFields = Object.keys(tlbKeys).join(', ')
const memory = 'Expected memory in bytes, a multiple of 4096, got'
const refused: readonly (readonly [given: object, message: string | RegExp])[] = [
	[{smp: 0}, 'Expected smp from 1 to 64, got 0'],
	[{smp: 65}, 'Expected smp from 1 to 64, got 65'],
	[{smp: 1.5}, 'Expected smp from 1 to 64, got 1.5'],
	[{smp: Number.NaN}, 'Expected smp from 1 to 64, got NaN'],
	[{smp: '2'}, "Expected smp from 1 to 64, got '2'"],
	[{smp: undefined}, 'Expected smp from 1 to 64, got undefined'],
	[{memory: '256M'}, `${memory} '256M'`],
	[{memory: 2 ** 28 + 0.5}, `${memory} 268435456.5`],
	[{memory: 2 ** 28 + 1}, `${memory} 268435457`],
	[{memory: 2n ** 28n}, `${memory} 268435456n`],
	[{memory: undefined}, `${memory} undefined`],
	[{memory: 0}, `${memory} 0`],
	[{memory: -4096}, `${memory} -4096`],
	[{memory: Number.POSITIVE_INFINITY}, `${memory} Infinity`],
	[{memory: 5 * 2 ** 30}, /^Expected memory of at most \d+M with 1 harts, got 5120M$/],
	[{kernel: undefined}, 'Expected kernel or a firmware for bios, got neither'],
	[{kernel: 5}, 'Expected kernel to be the path of a file, got 5'],
	[{kernel: ''}, "Expected kernel to be the path of a file, got ''"],
	[
		{kernel: '/no/--kernel'},
		'Expected a readable file for kernel, got ENOENT (no such file or directory): /no/--kernel',
	],
	[{initrd: {}}, 'Expected initrd to be the path of a file, got {}'],
	[{append: 5}, 'Expected append to be a string, got 5'],
	[{virtioMmioVersion: 3}, 'Expected virtioMmioVersion 1 or 2, got 3'],
	[{signal: {}}, 'Expected signal to be an AbortSignal, got {}'],
	[{signal: null}, 'Expected signal to be an AbortSignal, got null'],
	[{assets: 5}, 'Expected assets to be the path or the file URL of a folder, got 5'],
	[{assets: '/no/such'}, /^Expected .*, got ENOENT: .*'\/no\/such\/vcpu-worker\.mjs'$/],
	[{accel: 'kvm'}, "Expected accel to be interp or jit, got 'kvm'"],
	[{jitThreshold: 0}, 'Expected jitThreshold from 1 to 65535, got 0'],
	[{jitThreshold: 1.5}, 'Expected jitThreshold from 1 to 65535, got 1.5'],
	[{jitSynchronous: 1}, 'Expected jitSynchronous to be true or false, got 1'],
	[{jitBytes: 0}, 'Expected jitBytes to be a whole number above 0, got 0'],
	[{countChains: 'yes'}, "Expected countChains to be true or false, got 'yes'"],
	[{perfMap: 'no'}, "Expected perfMap to be true or false, got 'no'"],
	[{tlb: 5}, `Expected an object for a field of tlb (${tlbFields}), got 5`],
	[{tlb: {lookup: 'hash'}}, "Expected tlb.lookup to be inline or outlined, got 'hash'"],
	[{tlb: {colour: 'red'}}, `Expected a field of tlb (${tlbFields}), got 'colour'`],
	[{lastPages: 'off'}, "Expected tlb: {lastPages: …} in the machine's options, got lastPages"],
	[{memroy: 5}, /^Expected one of the machine's options \(smp, memory, .*\), got 'memroy'$/],
	[{trace: ''}, "Expected trace to be the path of a file, got ''"],
	[{trace: '/proc/none/t.json'}, 'Expected to open trace /proc/none/t.json, got ENOENT (no such file or directory)'],
	[{trace: 't.json', traceBytes: 5}, 'Expected traceBytes of at least 65536, got 5'],
	[{traceRate: 500}, /^Expected traceRate only with trace, got /],
	[{trace: 't.json', traceRate: 5}, 'Expected traceRate of at least 100, got 5'],
	[{traceBytes: 2 ** 20}, /^Expected traceBytes only with trace, got /],
	[{times: true, serial: true}, 'Expected times and trace without serial, whose time is virtual, got both'],
	[{dumpWasm: '/proc/none'}, 'Expected dumpWasm to be a folder that can be written, got /proc/none (ENOENT)'],
	[{dumpWasm: '/dev/null'}, 'Expected dumpWasm to be a folder that can be written, got /dev/null (ENOTDIR)'],
]

test.serial('wrong options are refused by their own names, before anything starts', async (t) => {
	newWorkers()
	for (const [given, message] of refused) {
		// biome-ignore lint/suspicious/noExplicitAny: types would refuse most of them
		await t.throwsAsync(Machine.create({...good, ...given} as any), {instanceOf: UserError, message})
	}
	for (const given of [undefined, null, 5, 'smp'])
		await t.throwsAsync(Machine.create(given as never), {
			message: /^Expected an object with the machine's options, got /,
		})
	t.deepEqual(newWorkers(), [])
})

test('an option that is undefined is one that was not given', (t) => {
	t.deepEqual(checkMachineOptions({...good, append: undefined, tlb: undefined, signal: undefined}), good)
})

test('all options are taken together', (t) => {
	const all: Required<MachineOptions> = {
		...good,
		initrd: 'initrd',
		bios: 'none',
		dtb: 'dtb',
		append: '',
		drives: [
			{file: 'a', format: 'raw', readOnly: true, snapshot: false, serial: 's', discard: 'unmap', cache: 'unsafe'},
		],
		networks: ['user,hostfwd=tcp::0-:22'],
		shares: [{path: 'a', tag: 'b', readOnly: true, securityModel: 'none', multidevs: 'forbid'}],
		agent: 'alone',
		ports: [{name: 'p', socket: 's', file: 'f'}],
		balloon: {freePageReporting: true, deflateOnOom: false},
		virtioMmioVersion: 2,
		serial: true,
		seed: 7,
		times: true,
		trace: 'trace.json',
		traceBytes: 2 ** 20,
		traceRate: 1000,
		signal: new AbortController().signal,
		assets: pathToFileURL('/assets'),
		accel: 'jit',
		jitThreshold: 65_535,
		jitSynchronous: true,
		jitBytes: 1,
		tlb: {encoding: 'plus-one', lookup: 'inline', lastPages: 'off'},
		countChains: true,
		dumpWasm: 'wasm',
		perfMap: false,
		translationCache: 'translations',
	}
	t.deepEqual(checkMachineOptions(all), all)
})

const library = JSON.stringify(join(import.meta.dirname, '../../dist/index.js'))

const renamed: readonly (readonly [given: object, message: RegExp])[] = [
	[{networks: ['tap']}, /^Expected networks user or none, got tap/],
	[{networks: ['user,hostfwd=x']}, /^Expected hostfwd to be like/],
	[{networks: Array(9).fill('user')}, /^Expected at most 7 network devices/],
	[{serial: true, networks: ['user']}, /^Expected networks without serial, /],
	[{serial: true, shares: [{path: '.'}]}, /^Expected shares without serial, /],
	[{serial: true, agent: 'alone'}, /^Expected agent without serial, /],
	[{serial: true, ports: [{name: 'a'}]}, /^Expected ports without serial, /],
	[{trace: '/no/such'}, /^Expected to open trace \/no\/such, got ENOENT/],
	[{initrd: '/no/such'}, /^Expected a readable file for initrd, got ENOENT/],
]

for (const [given, message] of renamed) {
	test(`${JSON.stringify(given)} is refused by the names that were given`, async (t) => {
		await t.throwsAsync(Machine.create({...good, ...given}), {name: 'UserError', message})
	})
}

test('a process whose options are bad ends by itself', async (t) => {
	const script = `
		import {Machine} from ${library}
		for (const bad of [{signal: {}}, {memory: '256M'}, {assets: '/no/such'}]) {
			const options = {smp: 1, memory: 2 ** 26, kernel: ${JSON.stringify(good.kernel)}, ...bad}
			await Machine.create(options).then((machine) => machine.run()).catch(({message}) => console.log(message))
		}`
	const file = await temporaryFile(t, script, 'script.mjs')
	const child = spawn(process.execPath, [file], {stdio: ['ignore', 'pipe', 'pipe'], timeout: patience})
	const [exit, stdout, stderr] = await Promise.all([
		new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code))),
		text(child.stdout),
		text(child.stderr),
	])
	t.is(stderr, '')
	t.is(exit, 0)
	const [signal, memory, assets, ...rest] = stdout.split('\n')
	t.is(signal, 'Expected signal to be an AbortSignal, got {}')
	t.is(memory, "Expected memory in bytes, a multiple of 4096, got '256M'")
	t.regex(assets!, /^Expected the files that assetPaths\(\) names in the folder assets, got ENOENT/)
	t.deepEqual(rest, [''])
})
