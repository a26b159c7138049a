import {open} from 'node:fs/promises'
import {join} from 'node:path'
import ava from 'ava'
import {ImageFile} from '../../../src/disk/image-file.ts'
import {readHeader} from '../../../src/disk/qcow2/header.ts'
import {Qcow2Image} from '../../../src/disk/qcow2/qcow2-image.ts'
import {Random} from '../../hart/core/float-operands.ts'
import {exercise, randomBytes, testFolder, writeRaw} from '../images.ts'
import {checkImage, hasQemuImg, qemuImg} from '../qemu-img.ts'

const test = hasQemuImg || process.env.CI ? ava : ava.skip

/** A file that cannot grow beyond a limit, as on a disk that is full. */
class LimitedFile extends ImageFile {
	limit = Number.POSITIVE_INFINITY

	override async write(position: number, from: Uint8Array): Promise<void> {
		if (position + from.length > this.limit) throw new Error('ENOSPC: no space left on device, write')
		await super.write(position, from)
	}
}

test('on a full disk writes fail, nothing else is lost, and with room again all goes on', async (t) => {
	const size = 8 * 2 ** 20
	const folder = await testFolder(t)
	const [file, raw] = [join(folder, 'a.qcow2'), join(folder, 'a.raw')]
	await qemuImg('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=4k', file, String(size))
	await using handle = await open(file, 'r+')
	const limited = new LimitedFile(handle.fd)
	const header = await readHeader(limited, file)
	const image = await Qcow2Image.open(limited, {header, backing: undefined, isReadOnly: false})
	const model = new Uint8Array(size)
	t.is(await exercise(image, {model, seed: 1, rounds: 10}), undefined)
	await image.flush()
	limited.limit = await limited.size()
	const random = new Random(3)
	const results = await Promise.allSettled(
		Array.from({length: 64}, async (_, index) => {
			const position = index * 2 ** 17
			const bytes = randomBytes(random, 2 ** 16)
			await image.write(position, bytes)
			model.set(bytes, position)
		}),
	)
	const failed = results.flatMap(({status}, index) => (status === 'rejected' ? [index] : []))
	t.true(failed.length > 0)
	t.true(results.every((result) => result.status === 'fulfilled' || /ENOSPC/.test(result.reason.message)))
	// Tables may not find room either.
	await image.flush().catch(() => {})
	t.is((await checkImage(file)).corruptions, 0)
	limited.limit = Number.POSITIVE_INFINITY
	// What failed may be there in part, as on any disk.
	for (const index of failed) {
		const bytes = randomBytes(random, 2 ** 16)
		await image.write(index * 2 ** 17, bytes)
		model.set(bytes, index * 2 ** 17)
	}
	t.is(await exercise(image, {model, seed: 2, rounds: 10}), undefined)
	await image.close()
	t.is((await checkImage(file)).corruptions, 0)
	await writeRaw(raw, model)
	t.regex(await qemuImg('compare', '-f', 'qcow2', '-F', 'raw', file, raw), /identical/)
})
