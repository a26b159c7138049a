/** Shared folders of a machine whose guest does not use them. test/boot/shares.test.ts has a guest that does. */
import {readdir, readlink, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import test from 'ava'
import {testFolder} from '../disk/images.ts'
import {stay} from './little-guest.ts'
import {createMachine, newWorkers} from './test-machine.ts'

/** @returns what this process has open under a folder. */
async function openFiles(folder: string): Promise<string[]> {
	const links = (await readdir('/proc/self/fd')).map((fd) => readlink(join('/proc/self/fd', fd)).catch(() => ''))
	return (await Promise.all(links)).filter((path) => path.startsWith(folder))
}

test.serial('a machine with folders and disks stops, and leaves neither thread nor open file', async (t) => {
	newWorkers()
	const [folder, disks] = [await testFolder(t), await testFolder(t)]
	await writeFile(join(disks, 'disk.raw'), Buffer.alloc(2 ** 20))
	const drives = [{file: join(disks, 'disk.raw'), format: 'raw'} as const]
	const machine = await createMachine(t, {kernel: stay, drives, shares: [{path: folder}, {path: folder, tag: 'b'}]})
	const threads = newWorkers().filter(({threadName}) => threadName?.startsWith('io '))
	t.deepEqual(threads.map(({threadName}) => threadName).sort(), ['io 0', 'io 1'])
	const ended = Promise.all(threads.map((thread) => new Promise((resolve) => thread.once('exit', resolve))))
	const running = machine.run()
	setTimeout(() => machine.stop(), 50)
	t.deepEqual(await running, {reason: 'stopped', exitCode: 0})
	await machine[Symbol.asyncDispose]()
	await ended
	t.deepEqual(await openFiles(folder), [])
})

test.serial('what is no folder is refused before anything starts', async (t) => {
	newWorkers()
	const folder = join(await testFolder(t), 'folder')
	await writeFile(folder, '')
	await t.throwsAsync(createMachine(t, {kernel: stay, shares: [{path: folder}]}), {
		name: 'UserError',
		message: `Expected a folder to share, got ${folder}`,
	})
	await rm(folder)
	await t.throwsAsync(createMachine(t, {kernel: stay, shares: [{path: folder}]}), {
		name: 'UserError',
		message: `Expected a folder to share, got ${folder}: ENOENT (no such file or directory)`,
	})
	t.deepEqual(newWorkers(), [])
})

test.serial('tags are unique and short, and there are as many folders as slots', async (t) => {
	const path = await testFolder(t)
	const wrong: readonly (readonly [readonly (string | undefined)[], string])[] = [
		[['a', 'a'], 'Expected another mount tag for each folder, got "a" twice'],
		[[undefined, 'share'], 'Expected another mount tag for each folder, got "share" twice'],
		[[''], 'Expected a mount tag of 1 to 31 bytes, got ""'],
		[['x'.repeat(32)], `Expected a mount tag of 1 to 31 bytes, got "${'x'.repeat(32)}"`],
		[Array.from({length: 8}), 'Expected at most 7 of shares beside the disks, got 8'],
	]
	for (const [tags, message] of wrong) {
		const shares = tags.map((tag) => ({path, ...(tag !== undefined && {tag})}))
		await t.throwsAsync(createMachine(t, {kernel: stay, shares}), {name: 'UserError', message})
	}
	await t.throwsAsync(createMachine(t, {kernel: stay, serial: true, shares: [{path}]}), {
		message: 'Expected shares without serial, where nothing comes from outside, got both',
	})
})
