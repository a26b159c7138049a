import {readdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import test from 'ava'
import {createDisk} from '../../src/disk/index.ts'
import {testFolder, withDisk} from './images.ts'
import {checkImage, hasQemuImg, qemuImg} from './qemu-img.ts'

const mebibyte = 2 ** 20

test('an overlay reads what is behind it, keeps what is written, and leaves the other image as it was', async (t) => {
	const folder = await testFolder(t)
	const [base, overlay] = [join(folder, 'base.qcow2'), join(folder, 'overlay.qcow2')]
	await createDisk(base, {size: 8 * mebibyte})
	await withDisk({file: base}, async (disk) => {
		await disk.write(mebibyte, Buffer.alloc(512, 1))
		await disk.flush()
	})
	await createDisk(overlay, {backing: {file: base, format: 'qcow2'}})
	await withDisk({file: overlay}, async (disk) => {
		t.is(disk.size, 8 * mebibyte)
		await disk.write(2 * mebibyte, Buffer.alloc(512, 2))
		await disk.flush()
	})
	const bytesOf = (file: string) =>
		withDisk({file, isReadOnly: true}, async (disk) => {
			const bytes = Buffer.alloc(2)
			await disk.read(mebibyte, bytes.subarray(0, 1))
			await disk.read(2 * mebibyte, bytes.subarray(1))
			return [...bytes]
		})
	t.deepEqual(await bytesOf(overlay), [1, 2])
	t.deepEqual(await bytesOf(base), [1, 0])
	if (!hasQemuImg) return
	t.deepEqual(await checkImage(overlay), {corruptions: 0, leaks: 0})
	const {'full-backing-filename': backing, 'backing-filename-format': format} = JSON.parse(
		await qemuImg('info', '--output=json', overlay),
	)
	t.deepEqual([backing, format], [base, 'qcow2'])
})

test('an image is not made where a file is, nor on top of one that is not there, and no draft is left', async (t) => {
	const folder = await testFolder(t)
	const file = join(folder, 'disk.qcow2')
	await writeFile(file, 'mine')
	await t.throwsAsync(createDisk(file, {size: mebibyte}), {code: 'EEXIST'})
	const backing = {file: join(folder, 'absent'), format: 'qcow2'} as const
	await t.throwsAsync(createDisk(join(folder, 'other.qcow2'), {backing}), {
		name: 'UserError',
		message: /^Could not open '.*absent': No such file or directory$/,
	})
	const long = join(folder, ...Array.from({length: 5}, () => 'x'.repeat(250)))
	await t.throwsAsync(createDisk(join(folder, 'other.qcow2'), {backing: {file: long, format: 'raw'}}), {
		name: 'UserError',
	})
	t.deepEqual(await readdir(folder), ['disk.qcow2'])
})
