import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import test from 'ava'
import {runOptions} from '../../../src/main/command-line/grammar.ts'
import {qemuOptions} from '../../../src/main/command-line/qemu-options.ts'
import {withLongDashes} from '../../../src/main/command-line/qemu-spelling.ts'

const qemu = 'qemu-system-riscv64'
const help = await promisify(execFile)(qemu, ['-help']).then(
	({stdout}) => stdout,
	() => undefined,
)
const withQemu = help === undefined ? test.skip : test

test('QEMU’s single dashes become double', (t) => {
	t.deepEqual(withLongDashes(['run', '-smp', '4', '-m', '1G', '-kernel', 'Image', '-nographic']), [
		'run',
		'--smp',
		'4',
		'-m',
		'1G',
		'--kernel',
		'Image',
		'--nographic',
	])
})

test('a value is passed on even if it looks like an option', (t) => {
	t.deepEqual(withLongDashes(['-append', '-smp', '--append', '-kernel']), ['--append', '-smp', '--append', '-kernel'])
})

test('a value behind an equals sign stays there', (t) => {
	t.deepEqual(withLongDashes(['-smp=cpus=4', '--kernel=a b']), ['--smp=cpus=4', '--kernel=a b'])
})

test('other words stay as they are, and so do those of other commands', (t) => {
	t.deepEqual(withLongDashes(['bogus', '--expect', '-s', '-x', '-', '--', '-smp']), [
		'bogus',
		'--expect',
		'-s',
		'-x',
		'-',
		'--',
		'-smp',
	])
	t.deepEqual(withLongDashes(['guest', 'fetch', 'debian', '-s']), ['guest', 'fetch', 'debian', '-s'])
})

const taken: readonly (readonly string[])[] = [
	['-monitor', 'none'],
	['-serial', 'mon:stdio'],
	['-cpu', 'rv64'],
	['-display', 'none'],
	['-rtc', 'base=utc'],
	['-name', 'a guest'],
	['-nodefaults'],
	['-no-user-config'],
]
for (const option of taken) {
	test(`${option.join(' ')} is taken without effect`, (t) => {
		t.deepEqual(withLongDashes([...option, '-smp', '2']), ['--smp', '2'])
	})
}

const refused: readonly (readonly [option: readonly string[], message: string])[] = [
	[['-monitor', 'stdio'], 'Expected -monitor none or null, got stdio: there is no monitor'],
	[['-display', 'gtk'], 'Expected -display none, got gtk: there are no graphics and no sound'],
	[['-cpu', 'rv64,v=true'], "Expected -cpu rv64 or max or any, got rv64,v=true: a hart's extensions cannot be chosen"],
	[['-cpu'], 'Expected a value after -cpu, got none'],
	[['-cdrom', 'a.img'], 'Expected an option that --help names, got -cdrom: disks are given by --drive or -hda'],
	[['-s'], 'Expected an option that --help names, got -s: there is no gdb server yet; it will come'],
	[['-S'], 'Expected an option that --help names, got -S: there is no gdb server yet; it will come'],
	[['-loadvm', 'x'], 'Expected an option that --help names, got -loadvm: there are no snapshots yet; they will come'],
]
for (const [option, message] of refused) {
	test(`${option.join(' ')} is refused with its reason`, (t) => {
		t.throws(() => withLongDashes(option), {name: 'UserError', message})
	})
}

withQemu('every option of QEMU is one of ours, or is taken or refused', (t) => {
	const names = new Set(
		help!
			.split('\n')
			.flatMap((line) => /^(?<words>-\S+)/.exec(line)?.groups?.words?.split('/') ?? [])
			.map((word) => word.replace(/^-+/, '')),
	)
	t.true(names.size > 100)
	const ours = Object.values(runOptions())
		.flat()
		.flatMap((option) => option.names)
	const known = new Set([...ours, ...qemuOptions.flatMap((option) => option.names), 'h', 'version'])
	t.deepEqual(
		[...names].filter((name) => !known.has(name)),
		[],
	)
})
