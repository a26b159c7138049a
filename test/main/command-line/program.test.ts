import {existsSync} from 'node:fs'
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {PassThrough} from 'node:stream'
import test, {type ExecutionContext} from 'ava'
import {UserError} from '../../../src/errors.ts'
import type {GuestLibrary} from '../../../src/main/command-line/guest-library.ts'
import {runProgram} from '../../../src/main/command-line/program.ts'
import {Terminal} from '../../../src/main/command-line/terminal.ts'
import type {MachineOptions} from '../../../src/main/machine-interface.ts'
import {fakeMachine, forever, powerOff, type Script} from './fake-machine.ts'
import {writtenText} from './written-text.ts'

const guests: GuestLibrary = {
	listGuests: async () => [],
	fetchGuest: async () => {
		throw new Error('no network')
	},
	removeGuest: async () => ({folder: undefined, bytes: 0, layers: []}),
	withPackages: (name: string, packages: readonly string[]) => `${name}:${packages.join(',')}`,
	resolveGuest: async (name) => {
		if (name === 'smp-demo') return {kernel: '/demo.elf', append: 'quick'}
		throw new UserError(`Expected a guest that is fetched, got ${name}`)
	},
}

type Slow = Readonly<{fetchGuest?: GuestLibrary['fetchGuest']; creation?: Promise<void>; statistics?: object}>

/** Runs a command line with `script` as the guest. */
async function run(
	args: readonly string[],
	script: Script = () => powerOff,
	{fetchGuest = guests.fetchGuest, creation = Promise.resolve(), statistics}: Slow = {},
) {
	const stdin = new PassThrough()
	const stdout = new PassThrough()
	const stderr = new PassThrough()
	const created: MachineOptions[] = []
	const {exitCode} = await runProgram(args, {
		version: '0',
		guests: {...guests, fetchGuest},
		terminal: new Terminal({stdin, stdout, stderr}),
		createMachine: async (options) => {
			created.push(options)
			await creation
			const machine = fakeMachine(script, options)
			return statistics ? {...machine, statistics: () => statistics} : machine
		},
	})
	return {exitCode, created, stdout: writtenText(stdout), stderr: writtenText(stderr)}
}

async function folder(t: ExecutionContext): Promise<string> {
	const path = await mkdtemp(join(tmpdir(), 'manyhart-'))
	t.teardown(() => rm(path, {recursive: true}))
	return path
}

// Serial, because signal handlers belong to the process.
const serial = test.serial

serial('options reach the machine, in QEMU’s spelling too', async (t) => {
	const {created} = await run([
		'run',
		'-smp',
		'3',
		'-m',
		'256',
		'-kernel',
		'/k',
		'-append',
		'console=ttyS0 -x',
		'-nographic',
	])
	const [{signal: _, translationCache: _folder, ...options} = {} as MachineOptions] = created
	t.deepEqual(options, {smp: 3, memory: 256 * 2 ** 20, kernel: '/k', append: 'console=ttyS0 -x'})
})

serial('times and a trace are asked of the machine', async (t) => {
	const {created} = await run([
		'--kernel',
		'/k',
		'--smp',
		'1',
		'--times',
		'--trace',
		'/t.json',
		...['--trace-size', '1M', '--trace-rate', '5000'],
	])
	t.like(created[0], {times: true, trace: '/t.json', traceBytes: 2 ** 20, traceRate: 5000})
})

serial('each machine of a guest that reboots has a trace of its own', async (t) => {
	let boots = 0
	const script: Script = () => (boots++ < 2 ? {reason: 'reboot', exitCode: 0} : powerOff)
	const {created} = await run(['--kernel', '/k', '--trace', '/tmp/t.json'], script)
	t.deepEqual(
		created.map(({trace}) => trace),
		['/tmp/t.json', '/tmp/t-2.json', '/tmp/t-3.json'],
	)
})

serial('a network that no device shows is warned of, as by QEMU, and nothing else that no device shows', async (t) => {
	const netdevs = ['--netdev', 'user,id=n0', '--netdev', 'user,id=n1', '--object', 'filter-dump,id=f,netdev=n0,file=/f']
	const device = ['--device', 'virtio-net-device,netdev=n1']
	const {exitCode, stderr} = await run(['--kernel', '/k', ...netdevs, ...device])
	t.deepEqual([exitCode, stderr], [0, 'manyhart: warning: netdev n0 has no peer\n'])
	const others = ['--drive', 'file=/d,if=none,id=d', '--chardev', 'null,id=c', '--nic', 'user,id=n']
	t.is((await run(['--kernel', '/k', ...others])).stderr, '')
})

serial('traces of a guest that reboots again and again have one limit', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-traces-'))
	t.teardown(() => rm(folder, {recursive: true}))
	let boots = 0
	const script: Script = async (_, {trace}) => {
		if (trace !== undefined) await writeFile(trace, new Uint8Array(100 * 1024))
		return boots++ < 4 ? {reason: 'reboot', exitCode: 0} : powerOff
	}
	const path = join(folder, 't.json')
	const {created, stderr} = await run(
		['--kernel', '/k', '--trace', path, '--trace-size', '256k', '--trace-rate', '5000'],
		script,
	)
	t.deepEqual(
		created.map(({trace, traceBytes, traceRate}) => [trace, traceBytes, traceRate]),
		[
			[path, 256 * 1024, 5000],
			[join(folder, 't-2.json'), 156 * 1024, 5000],
			...Array.from({length: 3}, () => [undefined, undefined, undefined]),
		],
	)
	t.is(stderr, 'manyhart: after this reboot there are no more traces: --trace-size is for all of them\n')
})

serial('a trace that lacks events says so', async (t) => {
	const lacking = (trace: object) => run(['--kernel', '/k', '--trace', 't.json'], () => powerOff, {statistics: {trace}})
	t.is((await lacking({dropped: 0, leftOut: 0, cut: 0})).stderr, '')
	t.is(
		(await lacking({dropped: 3, leftOut: 2, cut: 4})).stderr,
		'manyhart: --trace t.json lacks 2 events above --trace-rate, 4 events above --trace-size, 3 events that this machine was too busy to write\n',
	)
	t.is(
		(await lacking({dropped: 0, leftOut: 0, cut: 4, failure: 'ENOSPC (no space left on device)'})).stderr,
		'manyhart: --trace t.json is not whole: ENOSPC (no space left on device)\n',
	)
})

serial('a command line of QEMU runs as it is', async (t) => {
	const {created} = await run([
		...['-machine', 'virt,accel=tcg', '-cpu', 'rv64', '-smp', '2', '-m', '256', '-nographic', '-display', 'none'],
		...['-bios', 'default', '-kernel', '/k', '-monitor', 'none', '-serial', 'stdio', '-nodefaults', '-name', 'x'],
		...['-rtc', 'base=utc', '-no-reboot', '-append', 'quiet', '-global', 'virtio-mmio.force-legacy=false'],
	])
	const [{signal: _, translationCache: _folder, ...options} = {} as MachineOptions] = created
	const expected = {smp: 2, memory: 256 * 2 ** 20, kernel: '/k', append: 'quiet', accel: 'jit', virtioMmioVersion: 2}
	t.deepEqual(options, expected as MachineOptions)
})

serial('the transport of virtio devices is chosen as in QEMU, and legacy unless chosen', async (t) => {
	const version = async (...words: string[]) => (await run(['--kernel', '/k', ...words])).created[0]?.virtioMmioVersion
	t.is(await version(), undefined)
	t.is(await version('-global', 'virtio-mmio.force-legacy=false'), 2)
	t.is(await version('--global', 'virtio-mmio.force-legacy=off'), 2)
	t.is(await version('-global', 'virtio-mmio.force-legacy=true'), 1)
	for (const property of ['virtio-mmio.force-legacy', 'virtio-mmio.force-legacy=2', 'virtio-blk-device.x=on']) {
		await t.throwsAsync(run(['--kernel', '/k', '-global', property]), {
			message: /^Expected --global virtio-mmio.force-legacy=on or off, the only property, got/,
		})
	}
})

serial('switches of translation reach the machine, and those not given are its own to choose', async (t) => {
	const {created, stderr} = await run([
		...['run', '--guest', 'smp-demo', '-accel', 'jit', '--jit-threshold', '1', '--tlb', 'lookup=outlined'],
		...['--tlb', 'last-pages=off,encoding=plus-one', '--count-chains', '--dump-wasm', '/d', '--perf-map'],
	])
	t.like(created[0], {accel: 'jit', jitThreshold: 1, tlb: {lookup: 'outlined', lastPages: 'off', encoding: 'plus-one'}})
	t.like(created[0], {countChains: true, dumpWasm: '/d', perfMap: true})
	t.regex(stderr, /^manyhart: perf map in \/tmp\/perf-\d+\.map\n$/)
})

serial('parts of a guest can be replaced', async (t) => {
	const {created} = await run(['run', '--guest', 'smp-demo', '--append', 'slow'])
	t.is(created[0]?.kernel, '/demo.elf')
	t.is(created[0]?.append, 'slow')
})

serial('the main job falls back to the demonstration, and says why', async (t) => {
	const {created, stderr} = await run([])
	t.is(created[0]?.kernel, '/demo.elf')
	t.is(stderr, 'manyhart: debian is not available (no network); starting smp-demo instead\n')
})

serial('the console goes to stdout, and the guest’s code is the exit code', async (t) => {
	const result = await run(['--kernel', '/k'], ({print}) => {
		print('hello')
		return {reason: 'exit', exitCode: 5}
	})
	t.like(result, {exitCode: 5, stdout: 'hello', stderr: ''})
})

serial('a failed machine says why, and its code is at least not 0', async (t) => {
	const outcome = {reason: 'error', exitCode: 70, message: 'hart 1: worker died'} as const
	t.like(await run(['--kernel', '/k'], () => outcome), {exitCode: 70, stderr: 'manyhart: hart 1: worker died\n'})
})

serial('--expect ends with 0 when pieces of the console match', async (t) => {
	const script: Script = async (guest) => {
		guest.print('log')
		guest.print('in: ')
		return forever(guest)
	}
	t.like(await run(['--kernel', '/k', '--expect', '^login:', '--timeout', '150'], script), {
		exitCode: 0,
		stdout: 'login: ',
	})
})

serial('--expect fails when the guest ends without a match', async (t) => {
	const {exitCode, stderr} = await run(['--kernel', '/k', '--expect', 'login:'])
	t.is(exitCode, 1)
	t.is(stderr, 'manyhart: Expected the console to match /login:/m, got none before the guest ended (power-off)\n')
})

serial('--timeout ends with 124', async (t) => {
	const {exitCode, stderr} = await run(['--kernel', '/k', '--expect', 'x', '--timeout', '0.1'], forever)
	t.is(exitCode, 124)
	t.is(stderr, 'manyhart: Expected the console to match /x/m, got no match in 0.1 seconds\n')
})

const endless: GuestLibrary['fetchGuest'] = (_name, {signal} = {}) => {
	const {promise, reject} = Promise.withResolvers<void>()
	signal?.addEventListener('abort', () => reject(signal.reason))
	return promise
}

serial('--timeout ends a fetch, too, and a machine that is not created', async (t) => {
	const stopped = {exitCode: 124, stderr: 'manyhart: stopped after 0.1 seconds\n', stdout: ''}
	t.like(await run(['--timeout', '0.1'], forever, {fetchGuest: endless}), {...stopped, created: []})
	const creation = new Promise<void>(() => {})
	t.like(await run(['--kernel', '/k', '--timeout', '0.1'], forever, {creation}), stopped)
})

serial('a signal ends a fetch, too', async (t) => {
	const fetchGuest: GuestLibrary['fetchGuest'] = (name, options) => {
		process.kill(process.pid, 'SIGTERM')
		return endless(name, options)
	}
	await t.throwsAsync(run([], forever, {fetchGuest}), {name: 'SignalReceived', message: 'stopped by SIGTERM'})
})

serial('--input is typed at the prompt', async (t) => {
	const script: Script = async ({print, typed}) => {
		print('# ')
		print(`got ${await typed()}`)
		return powerOff
	}
	const {stdout} = await run(['--kernel', '/k', '--input', String.raw`uname\n`, '--timeout', '150'], script)
	t.is(stdout, '# got uname\n')
})

serial('what the guest asks a terminal is not in piped output, and does not stand behind a prompt', async (t) => {
	const script: Script = async (guest) => {
		guest.print('~ # \u001b[6n')
		return forever(guest)
	}
	const {exitCode, stdout} = await run(['--kernel', '/k', '--expect', '# $', '--timeout', '20'], script)
	t.like({exitCode, stdout}, {exitCode: 0, stdout: '~ # '})
})

serial('a reboot starts again, unless --no-reboot', async (t) => {
	let boots = 0
	const script: Script = () => (boots++ === 0 ? {reason: 'reboot', exitCode: 0} : powerOff)
	t.is((await run(['--kernel', '/k'], script)).created.length, 2)
	boots = 0
	t.is((await run(['--kernel', '/k', '--no-reboot'], script)).created.length, 1)
})

serial('a signal from outside ends the run with 128 and its number', async (t) => {
	const script: Script = (guest) => {
		process.kill(process.pid, 'SIGTERM')
		return forever(guest)
	}
	t.is((await run(['--kernel', '/k'], script)).exitCode, 143)
})

serial('--stats writes what the machine counted', async (t) => {
	const path = join(await folder(t), 'stats.json')
	await run(['--kernel', '/k', '--smp', '2', '--stats', path])
	t.like(JSON.parse(await readFile(path, 'utf8')), {
		smp: 2,
		ending: {kind: 'machine', outcome: powerOff},
		statistics: {instructions: 12, smp: 2},
	})
})

serial(
	'--stats-at adds what the machine had counted at each line that matches, also one that came in pieces',
	async (t) => {
		const path = join(await folder(t), 'stats.json')
		const script: Script = ({print}) => {
			for (const piece of ['mark o', 'ne\r\nother\nmark two\n', 'mark without an end']) print(piece)
			return powerOff
		}
		await run(['--kernel', '/k', '--smp', '2', '--stats', path, '--stats-at', '^mark'], script)
		const {marks} = JSON.parse(await readFile(path, 'utf8'))
		t.deepEqual(
			marks.map(({line}: {line: string}) => line),
			['mark one', 'mark two'],
		)
		t.like(marks[0], {statistics: {instructions: 12}})
		await t.throwsAsync(run(['--kernel', '/k', '--stats-at', 'x']), {
			message: 'Expected --stats-at with --stats, got --stats-at alone',
		})
	},
)

serial('a file that cannot be written is named before the guest runs', async (t) => {
	const noGuest = () => t.fail() as never
	const path = join(await folder(t), 'missing', 'file')
	for (const option of ['--stats', '--dumpdtb']) {
		await t.throwsAsync(run(['--kernel', '/k', option, path], noGuest), {
			name: 'UserError',
			message: `Expected to open ${option} ${path}, got ENOENT (no such file or directory)`,
		})
	}
})

const withFullDisk = existsSync('/dev/full') ? serial : serial.skip

withFullDisk('a file whose disk is full is named', async (t) => {
	for (const option of ['--stats', '--dumpdtb']) {
		await t.throwsAsync(run(['--kernel', '/k', option, '/dev/full']), {
			name: 'UserError',
			message: `Expected to write ${option} /dev/full, got ENOSPC (no space left on device)`,
		})
	}
})

serial('--dumpdtb writes the device tree and runs nothing', async (t) => {
	const path = join(await folder(t), 'virt.dtb')
	const {exitCode, created} = await run(['--dumpdtb', path], () => t.fail() as never)
	t.is(exitCode, 0)
	t.is(await readFile(path, 'utf8'), 'device tree')
	// A machine is not made without a program, and the command line of one is not the machine's.
	t.deepEqual([created[0]!.kernel, created[0]!.append], ['/demo.elf', undefined])
})

const mistakes: readonly (readonly [args: readonly string[], message: RegExp])[] = [
	[['--smp', '0'], /^Expected --smp from 1 to 64, got 0$/],
	[['--smp', '65'], /^Expected --smp from 1 to 64, got 65$/],
	[['--lookup', 'inline'], /^Expected --tlb lookup=VALUE, got --lookup$/],
	[['--last-pages=off'], /^Expected --tlb last-pages=VALUE, got --last-pages=off$/],
	[['--tlb-encoding', 'plus-one'], /^Expected --tlb encoding=VALUE, got --tlb-encoding$/],
	[['--times'], /^Expected --times with --stats, got --times alone$/],
	[['--kernel', ''], /^Expected --kernel to be the path of a file, got ""$/],
	[['-hda', ''], /^Expected --hda to be the path of a file, got ""$/],
	[['--device', 'virtio-net-pci,netdev=n'], /, got virtio-net-pci,netdev=n: the board has no PCI bus$/],
	[['campaign', '-smp', '2'], /^Expected an option that --help names, got -smp$/],
	[['campaign', 'worker'], /^Expected --queue <address>, got none$/],
	[['completion', 'tcsh'], /^Expected zsh, bash, fish, powershell, got tcsh$/],
	[['--frob'], /^Expected an option that --help names, got --frob$/],
	[['--kernel'], /^Expected a value after --kernel <file>, got none$/],
	[['frob'], /^Expected a command or an option that --help names, got frob$/],
	[['run', 'frob'], /^Expected a command or an option that --help names, got frob$/],
	[['run', '/'], /^Expected .*, got \/: a kernel is given by --kernel, a disk by --drive$/],
	[['guest', 'list', 'frob'], /^Expected no more words after list, got some$/],
	[['guest', 'frob'], /^Expected a command that --help names, got frob$/],
	[['guest', 'fetch'], /^Expected <name>, got none$/],
	[['-machine', 'spike'], /^Expected --machine virt, the only board, got spike$/],
	[['--guest', 'plan9'], /^Expected a guest that is fetched, got plan9$/],
	[['--trace-size', '1M'], /^Expected --trace-size with --trace, got --trace-size alone$/],
	[['--trace', 't.json', '--trace-size', '1k'], /^Expected --trace-size of at least 64k, got 1k$/],
	[['--trace-rate', '500'], /^Expected --trace-rate with --trace, got --trace-rate alone$/],
	[
		['--trace', 't.json', '--trace-rate', '9'],
		/^Expected --trace-rate to be a number of events from 100 to 1073741824, got 9$/,
	],
	[['--times', '--serial'], /^Expected --times and --trace without --serial, whose time is virtual, got both$/],
	[['--timeout', 'soon'], /^Expected --timeout to be a number of seconds above 0, 2147483 at most, got soon$/],
]
for (const [args, message] of mistakes) {
	serial(`${args.map((arg) => arg || '""').join(' ')} is refused in one line`, async (t) => {
		await t.throwsAsync(run(args), {name: 'UserError', message})
	})
}
