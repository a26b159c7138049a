import {open} from 'node:fs/promises'
import {join} from 'node:path'
import ava, {type ExecutionContext} from 'ava'
import {exercise, testFolder, withDisk, writeRaw} from '../images.ts'
import {checkImage, hasQemuImg, qemuImg} from '../qemu-img.ts'

const test = hasQemuImg || process.env.CI ? ava : ava.skip

const size = 4 * 2 ** 20
const clusterBytes = 65_536
/** The last byte of the incompatible features. */
const [dirtyByte, dirtyBit] = [79, 1]

/** An image of a writer that kept refcounts lazily and was killed: data clusters are not counted. @returns its contents. */
async function abandoned(t: ExecutionContext): Promise<{file: string; model: Uint8Array}> {
	const file = join(await testFolder(t), 'a.qcow2')
	await qemuImg('create', '-q', '-f', 'qcow2', '-o', 'lazy_refcounts=on', file, String(size))
	const model = new Uint8Array(size)
	await withDisk({file, format: 'qcow2'}, (disk) => exercise(disk, {model, seed: 1, rounds: 20}))
	const handle = await open(file, 'r+')
	const table = Buffer.alloc(8)
	await handle.read(table, 0, 8, await readWord(file, 48))
	const block = Number(table.readBigUInt64BE())
	// Of the clusters behind the first ten.
	await handle.write(Buffer.alloc(clusterBytes - 20), 0, clusterBytes - 20, block + 20)
	await handle.write(Buffer.of(dirtyBit), 0, 1, dirtyByte)
	await handle.close()
	return {file, model}
}

async function readWord(file: string, at: number): Promise<number> {
	const handle = await open(file)
	const bytes = Buffer.alloc(8)
	await handle.read(bytes, 0, 8, at)
	await handle.close()
	return Number(bytes.readBigUInt64BE())
}

test('an image that is marked as dirty is counted anew when it is opened to be written', async (t) => {
	const {file, model} = await abandoned(t)
	const {corruptions} = await checkImage(file)
	t.true(corruptions > 0)
	t.is(await withDisk({file, format: 'qcow2'}, (disk) => exercise(disk, {model, seed: 2, rounds: 20})), undefined)
	t.deepEqual(await checkImage(file), {corruptions: 0, leaks: 0})
	const raw = `${file}.raw`
	await writeRaw(raw, model)
	t.regex(await qemuImg('compare', '-f', 'qcow2', '-F', 'raw', file, raw), /identical/)
})

test('one that is only read is read as it is', async (t) => {
	const {file, model} = await abandoned(t)
	const isSame = await withDisk({file, format: 'qcow2', isReadOnly: true}, async (disk) => {
		const bytes = new Uint8Array(size)
		await disk.read(0, bytes)
		return Buffer.compare(bytes, model) === 0
	})
	t.true(isSame)
	t.is((await readWord(file, 72)) & dirtyBit, dirtyBit)
})

test('one with a snapshot is refused, and says what helps', async (t) => {
	const {file} = await abandoned(t)
	await qemuImg('check', '-q', '-r', 'all', file)
	await qemuImg('snapshot', '-c', 'one', file)
	const handle = await open(file, 'r+')
	await handle.write(Buffer.of(dirtyBit), 0, 1, dirtyByte)
	await handle.close()
	await t.throwsAsync(
		withDisk({file, format: 'qcow2'}, async () => {}),
		{
			message:
				/its refcounts are out of date, and it has snapshots or bitmaps, or is very large: run qemu-img check -r all on it$/,
		},
	)
})
