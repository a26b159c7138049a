import {readdir, stat} from 'node:fs/promises'
import {join} from 'node:path'
import test from 'ava'
import {createDisk} from '../../../src/disk/index.ts'
import {guestDrives} from '../../../src/main/command-line/guest-drives.ts'
import {testFolder} from '../../disk/images.ts'

const mebibyte = 2 ** 20

test('without an overlay what the guest writes is gone, which is said', async (t) => {
	const said: string[] = []
	const say = (line: string) => said.push(line)
	const drives = [{file: 'base.qcow2', format: 'qcow2', snapshot: true}] as const
	t.deepEqual(await guestDrives(drives, {overlay: undefined, say}), drives)
	t.deepEqual(said, ['manyhart: what the guest writes to its disk is gone at the end; --overlay FILE keeps it'])
	t.deepEqual(await guestDrives([], {overlay: undefined, say}), [])
	t.is(said.length, 1)
})

test('an overlay is made once, and is refused on top of another disk', async (t) => {
	const folder = await testFolder(t)
	const say = t.fail.bind(t)
	const [base, other, overlay] = ['base', 'other', 'mine'].map((name) => join(folder, `${name}.qcow2`)) as [
		string,
		string,
		string,
	]
	for (const file of [base, other]) await createDisk(file, {size: mebibyte})
	const drives = [{file: base, format: 'qcow2', snapshot: true}] as const
	t.deepEqual(await guestDrives(drives, {overlay, say}), [{file: overlay, format: 'qcow2'}])
	const {ino} = await stat(overlay)
	await guestDrives(drives, {overlay, say})
	t.is((await stat(overlay)).ino, ino)
	t.deepEqual(await guestDrives(drives, {overlay, snapshot: true, say}), [
		{file: overlay, format: 'qcow2', snapshot: true},
	])
	await t.throwsAsync(guestDrives([{file: other, format: 'qcow2'}], {overlay, say}), {
		name: 'UserError',
		message: `Expected --overlay to be on top of ${other}, got ${overlay}, which is on top of ${base}`,
	})
	await t.throwsAsync(guestDrives(drives, {overlay: join(folder, 'absent/mine.qcow2'), say}), {
		name: 'UserError',
		message: /^Expected to make the overlay .*, got ENOENT \(no such file or directory\)$/,
	})
	await t.throwsAsync(guestDrives([], {overlay, say}), {
		message: /^Expected --overlay with a guest that has a disk, such as debian-full, got --overlay /,
	})
	t.deepEqual((await readdir(folder)).sort(), ['base.qcow2', 'mine.qcow2', 'other.qcow2'])
})
