import {join} from 'node:path'
import ava from 'ava'
import {attachDisk, OpenDisk} from '../../../src/disk/index.ts'
import {Random} from '../../hart/core/float-operands.ts'
import {exercise, randomBytes, testFolder, withDisk, writeRaw} from '../images.ts'
import {checkImage, hasQemuImg, qemuImg} from '../qemu-img.ts'

// Where it is missing: under CI that is a failure.
const test = hasQemuImg || process.env.CI ? ava : ava.skip

const kibibyte = 1024
const mebibyte = 2 ** 20

for (const [what, options, size] of [
	['of clusters of 64 KiB', '', 16 * mebibyte],
	['of clusters of 512 bytes, whose refcount table grows', 'cluster_size=512', 12 * mebibyte],
	['of clusters of 4 KiB', 'cluster_size=4k', 8 * mebibyte],
	['of clusters of 2 MiB', 'cluster_size=2M', 20 * mebibyte],
	['of version 2', 'compat=0.10', 8 * mebibyte],
	['with lazy refcounts', 'lazy_refcounts=on', 8 * mebibyte],
	['with refcounts of 1 bit', 'refcount_bits=1', 8 * mebibyte],
	['with refcounts of 64 bits', 'refcount_bits=64,cluster_size=1k', 4 * mebibyte],
	['whose size is no multiple of its clusters', 'cluster_size=64k', 3 * mebibyte + 5 * 512],
	['that is preallocated', 'preallocation=metadata', 4 * mebibyte],
] as const) {
	test(`an image ${what} holds what was written, and qemu-img agrees`, async (t) => {
		const folder = await testFolder(t)
		const [file, raw] = [join(folder, 'disk.qcow2'), join(folder, 'disk.raw')]
		await qemuImg('create', '-q', '-f', 'qcow2', ...(options ? ['-o', options] : []), file, String(size))
		const model = new Uint8Array(size)
		for (const seed of [1, 2]) {
			const fault = await withDisk({file, format: 'qcow2'}, (disk) => {
				t.is(disk.size, size)
				return exercise(disk, {model, seed, rounds: 40})
			})
			t.is(fault, undefined)
			t.deepEqual(await checkImage(file), {corruptions: 0, leaks: 0})
			await writeRaw(raw, model)
			t.regex(await qemuImg('compare', '-f', 'qcow2', '-F', 'raw', file, raw), /identical/)
		}
	})
}

for (const compression of ['zlib', 'zstd'])
	test(`clusters compressed by ${compression} are read, and written over`, async (t) => {
		const folder = await testFolder(t)
		const [raw, file, after] = ['a.raw', 'a.qcow2', 'b.raw'].map((name) => join(folder, name)) as [
			string,
			string,
			string,
		]
		const model = new Uint8Array(4 * mebibyte)
		// Half of each cluster is random, so that the data takes several sectors.
		for (let at = 0; at < model.length; at += 64 * kibibyte) model.set(randomBytes(new Random(at), 40 * kibibyte), at)
		await writeRaw(raw, model)
		await qemuImg('convert', '-c', '-O', 'qcow2', '-o', `compression_type=${compression}`, raw, file)
		const isSame = await withDisk({file, format: 'qcow2', isReadOnly: true}, async (disk) => {
			const bytes = new Uint8Array(model.length)
			await disk.read(0, bytes)
			return Buffer.compare(bytes, model) === 0
		})
		t.true(isSame)
		t.is(await withDisk({file, format: 'qcow2'}, (disk) => exercise(disk, {model, seed: 3, rounds: 30})), undefined)
		t.deepEqual(await checkImage(file), {corruptions: 0, leaks: 0})
		await writeRaw(after, model)
		t.regex(await qemuImg('compare', '-f', 'qcow2', '-F', 'raw', file, after), /identical/)
	})

test('a backing file shows through, and is not written', async (t) => {
	const folder = await testFolder(t)
	const [base, middle, top, raw] = ['base.raw', 'middle.qcow2', 'top.qcow2', 'r.raw'].map((name) =>
		join(folder, name),
	) as [string, string, string, string]
	const model = randomBytes(new Random(7), 5 * mebibyte)
	await writeRaw(base, model.subarray(0, 3 * mebibyte))
	// Relative to the image that names them. Each is larger than what is behind it.
	await qemuImg('create', '-q', '-f', 'qcow2', '-b', 'base.raw', '-F', 'raw', middle, '4M')
	await qemuImg('create', '-q', '-f', 'qcow2', '-b', 'middle.qcow2', '-F', 'qcow2', top, '5M')
	model.fill(0, 3 * mebibyte)
	const baseBefore = Buffer.from(model.subarray(0, 3 * mebibyte))
	const fault = await withDisk({file: top}, (disk) => exercise(disk, {model, seed: 8, rounds: 40}))
	t.is(fault, undefined)
	t.deepEqual(await checkImage(top), {corruptions: 0, leaks: 0})
	await writeRaw(raw, model)
	t.regex(await qemuImg('compare', '-F', 'raw', top, raw), /identical/)
	await writeRaw(raw, baseBefore)
	t.regex(await qemuImg('compare', '-f', 'raw', '-F', 'raw', base, raw), /identical/)
})

test('an image with a snapshot is written without changing the snapshot', async (t) => {
	const folder = await testFolder(t)
	const [file, raw] = [join(folder, 'a.qcow2'), join(folder, 'r.raw')]
	const model = new Uint8Array(4 * mebibyte)
	await qemuImg('create', '-q', '-f', 'qcow2', file, '4M')
	t.is(await withDisk({file, format: 'qcow2'}, (disk) => exercise(disk, {model, seed: 1, rounds: 20})), undefined)
	await qemuImg('snapshot', '-c', 'one', file)
	const before = Uint8Array.from(model)
	t.is(await withDisk({file, format: 'qcow2'}, (disk) => exercise(disk, {model, seed: 2, rounds: 40})), undefined)
	t.deepEqual(await checkImage(file), {corruptions: 0, leaks: 0})
	await writeRaw(raw, model)
	t.regex(await qemuImg('compare', '-f', 'qcow2', '-F', 'raw', file, raw), /identical/)
	await qemuImg('snapshot', '-a', 'one', file)
	await writeRaw(raw, before)
	t.regex(await qemuImg('compare', '-f', 'qcow2', '-F', 'raw', file, raw), /identical/)
})

test('writes to one new cluster at once are all there, and so is what they replace', async (t) => {
	const folder = await testFolder(t)
	const [base, file] = [join(folder, 'base.raw'), join(folder, 'a.qcow2')]
	await writeRaw(base, new Uint8Array(mebibyte).fill(0xff))
	await qemuImg('create', '-q', '-f', 'qcow2', '-b', 'base.raw', '-F', 'raw', file)
	await withDisk({file}, async (disk) => {
		const sectors = Array.from({length: 1024}, (_, sector) => sector * 2)
		await Promise.all(sectors.map((sector) => disk.write(sector * 512, new Uint8Array(512).fill(sector / 8))))
		const bytes = new Uint8Array(mebibyte)
		await disk.read(0, bytes)
		const wrong = sectors.filter(
			(sector) => bytes[sector * 512] !== Math.floor(sector / 8) || bytes[sector * 512 + 512] !== 0xff,
		)
		t.deepEqual(wrong, [])
	})
	t.deepEqual(await checkImage(file), {corruptions: 0, leaks: 0})
})

test('discarded clusters are used again, and the backing file does not show through them', async (t) => {
	const folder = await testFolder(t)
	const [base, file] = [join(folder, 'base.raw'), join(folder, 'a.qcow2')]
	await writeRaw(base, new Uint8Array(2 * mebibyte).fill(1))
	await qemuImg('create', '-q', '-f', 'qcow2', '-b', 'base.raw', '-F', 'raw', file)
	await withDisk({file}, async (disk) => {
		const bytes = new Uint8Array(mebibyte).fill(2)
		for (let round = 0; round < 20; round++) {
			await disk.write(0, bytes)
			await disk.discard(0, mebibyte)
			await disk.flush()
		}
		await disk.read(512, bytes)
		t.true(bytes.every((byte, index) => byte === (index < mebibyte - 512 ? 0 : 1)))
	})
	t.deepEqual(await checkImage(file), {corruptions: 0, leaks: 0})
	const {size} = await import('node:fs').then(({statSync}) => statSync(file))
	t.true(size < 4 * mebibyte, `${size} bytes`)
})

test('what is not flushed may be lost, and what is left is an image without corruptions', async (t) => {
	const folder = await testFolder(t)
	const file = join(folder, 'a.qcow2')
	await qemuImg('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=512', file, '8M')
	const model = new Uint8Array(8 * mebibyte)
	for (const seed of [1, 2, 3]) {
		// Not closed: as if the process were killed.
		await using open = await OpenDisk.open({file, format: 'qcow2'})
		const disk = await attachDisk(open.files)
		t.is(await exercise(disk, {model, seed, rounds: 10}), undefined)
		await disk.flush()
		const flushed = Uint8Array.from(model)
		const written = randomBytes(new Random(seed), 512)
		await disk.write(512 * 1000 * seed, written)
		t.is((await checkImage(file)).corruptions, 0)
		const error = await t.throwsAsync(OpenDisk.open({file, format: 'qcow2', isReadOnly: true}))
		t.regex(error.message, /^Failed to get "read" lock: is another process using the image/)
		model.set(flushed)
		model.fill(0, 512 * 1000 * seed, 512 * 1001 * seed)
		await disk.writeZeroes(512 * 1000 * seed, 512 * seed, {isUnmapping: true})
		await disk.flush()
	}
})
