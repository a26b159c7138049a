/** Disks of a machine whose guest does not use them: files, locks, threads. test/boot/disks.test.ts has a guest that does. */
import {readdir, readlink, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {testFolder} from '../disk/images.ts'
import {hasQemuImg, qemuImg} from '../disk/qemu-img.ts'
import {stay} from './little-guest.ts'
import {createMachine, mebibyte, newWorkers} from './test-machine.ts'

const withQemuImg = hasQemuImg || process.env.CI ? test : test.skip

async function rawImage(t: ExecutionContext, name = 'disk.raw'): Promise<string> {
	const file = join(await testFolder(t), name)
	await writeFile(file, Buffer.alloc(mebibyte))
	return file
}

/** @returns what this process has open under a folder, and its temporary files. */
async function openFiles(folder: string): Promise<string[]> {
	const links = (await readdir('/proc/self/fd')).map((fd) => readlink(join('/proc/self/fd', fd)).catch(() => ''))
	return (await Promise.all(links)).filter((path) => path.startsWith(folder) || path.includes('snapshot.qcow2'))
}

test.serial('a machine with disks stops, and leaves neither thread nor open file', async (t) => {
	newWorkers()
	const file = await rawImage(t)
	const drives = [{file, format: 'raw'} as const, {file: await rawImage(t), snapshot: true}]
	const machine = await createMachine(t, {kernel: stay, drives})
	const io = newWorkers().find(({threadName}) => threadName === 'io 0')!
	const ended = new Promise((resolve) => io.once('exit', resolve))
	t.is((await openFiles(join(file, '..'))).length, 2)
	const running = machine.run()
	setTimeout(() => machine.stop(), 50)
	t.deepEqual(await running, {reason: 'stopped', exitCode: 0})
	await machine[Symbol.asyncDispose]()
	await ended
	t.deepEqual(await openFiles(join(file, '..')), [])
})

test.serial('an I/O worker that ends stops the machine with its name', async (t) => {
	newWorkers()
	const machine = await createMachine(t, {kernel: stay, drives: [{file: await rawImage(t)}]})
	const io = newWorkers().find(({threadName}) => threadName === 'io 0')!
	const running = machine.run()
	await new Promise((resolve) => setTimeout(resolve, 50))
	await io.terminate()
	t.deepEqual(await running, {
		reason: 'error',
		exitCode: 70,
		message: 'I/O worker 0 failed: its thread ended with code 1',
	})
})

test.serial('a machine that never runs ends with its disks', async (t) => {
	const file = await rawImage(t)
	const machine = await createMachine(t, {kernel: stay, drives: [{file}]})
	await machine[Symbol.asyncDispose]()
	t.deepEqual(await openFiles(join(file, '..')), [])
})

test.serial('a disk in use is refused: a writer excludes all others, and readers exclude writers', async (t) => {
	const file = await rawImage(t)
	const machine = await createMachine(t, {kernel: stay, drives: [{file, format: 'raw'}]})
	for (const others of [{}, {readOnly: true}, {snapshot: true}] as const)
		await t.throwsAsync(createMachine(t, {kernel: stay, drives: [{file, ...others}]}), {
			message: /^drives .*: Failed to get "(read|write)" lock: is another process using the image \[.*disk.raw\]\?$/,
		})
	await machine[Symbol.asyncDispose]()
	const [one, other] = await Promise.all(
		[1, 2].map(() => createMachine(t, {kernel: stay, drives: [{file, readOnly: true}]})),
	)
	await t.throwsAsync(createMachine(t, {kernel: stay, drives: [{file}]}), {message: /"write" lock/})
	await Promise.all([one!, other!].map((each) => each[Symbol.asyncDispose]()))
})

const wrong: readonly (readonly [what: string, make: (folder: string) => Promise<string>, message: RegExp])[] = [
	[
		'a file that is missing',
		async (folder) => join(folder, 'none'),
		/Could not open '.*none': No such file or directory$/,
	],
	[
		'a folder',
		async (folder) => folder,
		/Could not open '.*': (Is a directory|Illegal operation on a directory|it is no regular file)$/i,
	],
	[
		'an image of a format that is not read',
		async (folder) => {
			await writeFile(join(folder, 'a'), 'KDMV')
			return join(folder, 'a')
		},
		/Could not open '.*a': it looks like an image of the format vmdk, which cannot be read here$/,
	],
]
for (const [what, make, message] of wrong)
	test.serial(`${what} is refused before anything starts`, async (t) => {
		newWorkers()
		const file = await make(await testFolder(t))
		await t.throwsAsync(createMachine(t, {kernel: stay, drives: [{file}]}), {name: 'UserError', message})
		t.deepEqual(newWorkers(), [])
	})

test.serial('disks and serial mode are refused together, and so are more disks than slots', async (t) => {
	const file = await rawImage(t)
	await t.throwsAsync(createMachine(t, {kernel: stay, serial: true, drives: [{file}]}), {
		message: 'Expected drives without serial, where nothing comes from outside, got both',
	})
	const drives = Array.from({length: 8}, () => ({file, readOnly: true}))
	await t.throwsAsync(createMachine(t, {kernel: stay, drives}), {message: 'Expected at most 7 of drives, got 8'})
})

withQemuImg('a chain of backing files that leads back to itself is refused', async (t) => {
	const folder = await testFolder(t)
	const [one, other] = [join(folder, 'one.qcow2'), join(folder, 'other.qcow2')]
	await qemuImg('create', '-q', '-f', 'qcow2', one, '1M')
	await qemuImg('create', '-q', '-f', 'qcow2', '-b', one, '-F', 'qcow2', other)
	await qemuImg('rebase', '-u', '-f', 'qcow2', '-b', other, '-F', 'qcow2', one)
	await t.throwsAsync(createMachine(t, {kernel: stay, drives: [{file: one}]}), {
		message: /one.qcow2' is behind itself as a backing file$/,
	})
})

withQemuImg('images with features that are not supported are refused', async (t) => {
	const folder = await testFolder(t)
	for (const [options, message] of [
		['extended_l2=on', /has extended L2 entries, which are not supported$/],
		[`data_file=${join(folder, 'data')}`, /keeps its data in another file, which is not supported$/],
	] as const) {
		const file = join(folder, 'a.qcow2')
		await qemuImg('create', '-q', '-f', 'qcow2', '-o', options, file, '1M')
		await t.throwsAsync(createMachine(t, {kernel: stay, drives: [{file}]}), {message})
	}
})

test.serial('a warning is given for a raw image whose format was guessed', async (t) => {
	const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
	await createMachine(t, {kernel: stay, drives: [{file: await rawImage(t)}]})
	t.regex((await warned).message, /^Image format was not specified for '.*disk.raw' and probing guessed raw/)
})
