/** Bad input on the command line fails soon, with one line and the correct exit code. As a process, from dist. */
import {spawn} from 'node:child_process'
import {chmod, readFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {text} from 'node:stream/consumers'
import test, {type ExecutionContext} from 'ava'
import {guestBinary} from '../guests/guests.ts'
import {patience} from '../support/patience.ts'
import {makeElf, makeImage, program, temporaryFile} from './boot/boot-files.ts'
import {chatter} from './little-guest.ts'

const entry = join(import.meta.dirname, '../../dist/manyhart.js')
const hello = guestBinary('hello')

async function manyhart(args: readonly string[]) {
	const began = performance.now()
	const child = spawn(process.execPath, [entry, ...args], {stdio: ['ignore', 'pipe', 'pipe'], timeout: patience})
	const [exit, stdout, stderr] = await Promise.all([
		new Promise<number | string | null>((resolve) => child.on('close', (code, signal) => resolve(signal ?? code))),
		text(child.stdout),
		text(child.stderr),
	])
	return {exit, stdout, stderr, seconds: (performance.now() - began) / 1000}
}

/** Within five seconds; on a loaded host, within twenty times what the shortest run takes there. */
async function isSoon(t: ExecutionContext, seconds: number): Promise<void> {
	if (seconds < 5) return
	const shortest = (await manyhart(['--version'])).seconds
	t.true(seconds < 20 * shortest, `${seconds} s, and ${shortest} s for --version`)
}

type Files = Readonly<{file: (bytes: Uint8Array | string) => Promise<string>}>
type BadInput = Readonly<{
	what: string
	args: (files: Files) => readonly string[] | Promise<readonly string[]>
	/** Matches the message after `manyhart: Expected `. */
	says: RegExp
}>

const truncatedElf = makeElf({segments: [{gpa: 0x8000_0000, bytes: new Uint8Array(5000)}]}).subarray(0, 3000)
const kernel = (bytes: Uint8Array | string): BadInput['args'] => {
	return async ({file}) => ['--kernel', await file(bytes)]
}

const table: readonly BadInput[] = [
	{what: 'no such kernel', args: () => ['--kernel', '/no/such'], says: /a readable file for --kernel, got ENOENT/},
	{what: 'a kernel that is a folder', args: () => ['--kernel', '/'], says: /a readable file for --kernel, got EISDIR/},
	{what: 'an empty kernel', args: kernel(''), says: /a file with contents for --kernel, got an empty one/},
	{what: 'an ELF cut in its header', args: kernel(makeElf().subarray(0, 30)), says: /got/},
	{what: 'an ELF cut in its contents', args: kernel(truncatedElf), says: /got/},
	{what: 'an Image cut short', args: kernel(makeImage({pe: {end: 4096}})), says: /got/},
	{what: 'an ELF for x86-64', args: kernel(makeElf({machine: 62})), says: /RISC-V.*got/},
	{what: 'a 32-bit ELF', args: kernel(makeElf({bits: 32})), says: /64-bit.*got/},
	{what: 'a big-endian ELF', args: kernel(makeElf({endian: 'big'})), says: /little-endian.*got/},
	{
		what: 'an ELF that lies outside memory',
		args: kernel(makeElf({segments: [{gpa: 0x1000_0000, bytes: program}], entry: 0x1000_0000})),
		says: /got/,
	},
	{
		what: 'a kernel larger than memory',
		args: async ({file}) => ['--memory', '1M', '--kernel', await file(new Uint8Array(2 ** 21))],
		says: /--kernel of at most 1048576 bytes.*got 2097152 bytes/,
	},
	{
		what: 'an initrd larger than memory',
		args: async ({file}) => ['--memory', '8M', '--kernel', hello, '--initrd', await file(new Uint8Array(2 ** 23))],
		says: /--initrd of at most \d+ bytes \(the memory between kernel and device tree\), got 8388608 bytes/,
	},
	{what: 'no such initrd', args: () => ['--kernel', hello, '--initrd', '/no/such'], says: /--initrd, got ENOENT/},
	{what: 'no such firmware', args: () => ['--bios', '/no/such'], says: /--bios, got ENOENT/},
	{what: 'no harts', args: () => ['--kernel', hello, '--smp', '0'], says: /--smp from 1 to 64, got 0/},
	{what: '65 harts', args: () => ['--kernel', hello, '--smp', '65'], says: /--smp from 1 to 64, got 65/},
	{what: 'abc harts', args: () => ['--kernel', hello, '--smp', 'abc'], says: /--smp from 1 to 64, got abc/},
	{what: 'no memory', args: () => ['--kernel', hello, '--memory', '0'], says: /--memory to be a size.*, got 0/},
	{
		what: 'a tebibyte of memory',
		args: () => ['--kernel', hello, '--smp', '2', '--memory', '1T'],
		says: /--memory of at most \d{4}M with 2 harts, got 1048576M/,
	},
	{
		what: '5 GiB of memory',
		args: () => ['--kernel', hello, '--smp', '2', '--memory', '5G'],
		says: /--memory of at most \d{4}M with 2 harts, got 5120M/,
	},
	{
		what: 'too little memory for the kernel',
		args: () => ['--kernel', hello, '--memory', '64K'],
		says: /got/,
	},
	{
		what: 'a device tree of garbage',
		args: async ({file}) => ['--kernel', hello, '--dtb', await file('garbage')],
		says: /in --dtb .* a flattened device tree, got other bytes/,
	},
	{
		what: 'a device tree that is too big',
		args: async ({file}) => ['--kernel', hello, '--dtb', await file(new Uint8Array(2 ** 20 + 1))],
		says: /--dtb of at most 1048576 bytes.*got 1048577 bytes/,
	},
	{what: 'an unknown guest', args: () => ['--guest', 'plan9'], says: /a guest \(.*debian.*smp-demo.*\), got plan9/},
	{what: 'an unknown option', args: () => ['--frobnicate'], says: /an option that --help names, got --frobnicate/},
	{what: 'an option without its value', args: () => ['--kernel'], says: /a value after .*--kernel.*, got none/},
	{
		what: 'a bad --expect',
		args: () => ['--kernel', hello, '--expect', '('],
		says: /--expect to be a regular expression, got .*\(/,
	},
	{
		what: 'a bad --timeout',
		args: () => ['--kernel', hello, '--timeout', 'soon'],
		says: /--timeout to be a number of seconds above 0, 2147483 at most, got soon/,
	},
	{
		what: 'an --input with an unknown escape',
		args: () => ['--kernel', hello, '--input', String.raw`\q`],
		says: /--input to escape with .*got \\q/,
	},
	{what: 'another board', args: () => ['--kernel', hello, '-M', 'spike'], says: /--machine virt.*, got spike/},
]

async function isRefused(t: ExecutionContext, {args, says}: BadInput): Promise<void> {
	const file = (bytes: Uint8Array | string) => temporaryFile(t, bytes)
	const {exit, stdout, stderr, seconds} = await manyhart(['run', ...(await args({file}))])
	t.deepEqual({exit, stdout}, {exit: 2, stdout: ''}, stderr)
	t.regex(stderr, /^manyhart: Expected .+, got .+\n$/)
	t.regex(stderr, says)
	await isSoon(t, seconds)
}

// Serial, because each has a time limit.
for (const badInput of table) test.serial(`${badInput.what} is refused in one line`, isRefused, badInput)

test.serial('a device tree that is cut short is refused in one line', async (t) => {
	const dtb = await temporaryFile(t, '')
	t.is((await manyhart(['run', '--kernel', hello, '--dumpdtb', dtb])).exit, 0)
	const whole = await readFile(dtb)
	t.is((await manyhart(['run', '--kernel', hello, '--dtb', dtb])).exit, 0)
	for (const length of [20, 200, whole.length - 1]) {
		const says = /got/
		await isRefused(t, {
			what: '',
			says,
			args: async ({file}) => ['--kernel', hello, '--dtb', await file(whole.subarray(0, length))],
		})
	}
})

test.serial('the device tree of the machine alone needs no kernel, as in QEMU', async (t) => {
	const dtb = await temporaryFile(t, '')
	const {exit, stderr} = await manyhart(['run', '--smp', '2', '--dumpdtb', dtb])
	t.deepEqual({exit, stderr}, {exit: 0, stderr: ''})
	const tree = await readFile(dtb)
	t.is(tree.readUInt32BE(), 0xd00dfeed)
	t.false(tree.includes('quick'))
})

const isRoot = process.getuid?.() === 0
;(isRoot ? test.serial.skip : test.serial)('a file without permission is refused in one line', async (t) => {
	const path = await temporaryFile(t, 'kernel')
	await chmod(path, 0)
	t.teardown(() => chmod(dirname(path), 0o700))
	await isRefused(t, {what: '', args: () => ['--kernel', path], says: /--kernel, got EACCES/})
})

test.serial('a guest that jumps to nowhere ends with 71, pc and cause', async (t) => {
	const {exit, stdout, stderr, seconds} = await manyhart(['run', '--kernel', guestBinary('wild-jump'), '--smp', '2'])
	t.is(exit, 71)
	t.is(stdout.trim(), 'Jumping to 0x10')
	t.regex(stderr, /^manyhart: hart 0 can execute nothing: first pc 0x10, cause 1 \(instruction access fault\).*\n$/)
	await isSoon(t, seconds)
})

test.serial('--timeout ends a guest that prints without end to a reader that does not read', async (t) => {
	const kernel = await temporaryFile(t, chatter)
	const args = [entry, 'run', '--kernel', kernel, '--smp', '1', '--timeout', '1']
	const child = spawn(process.execPath, args, {stdio: ['ignore', 'pipe', 'pipe'], timeout: patience})
	child.stdout.pause()
	const exit = await new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code)))
	child.stdout.destroy()
	t.is(exit, 124)
})
