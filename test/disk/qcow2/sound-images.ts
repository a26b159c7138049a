/** Small images of several kinds, with data in them. */
import {open} from 'node:fs/promises'
import {join} from 'node:path'
import {ImageFile} from '../../../src/disk/image-file.ts'
import {createQcow2} from '../../../src/disk/qcow2/create.ts'
import {exercise, withDisk} from '../images.ts'
import {hasQemuImg, qemuImg} from '../qemu-img.ts'

const size = 2 ** 20

/** @returns their paths. Without qemu-img it is one image. */
export async function soundImages(folder: string): Promise<readonly string[]> {
	const own = join(folder, 'own.qcow2')
	await using handle = await open(own, 'wx+')
	await createQcow2(new ImageFile(handle.fd), size)
	const files = [own]
	if (hasQemuImg) {
		for (const options of ['cluster_size=512', 'cluster_size=4k,lazy_refcounts=on', 'compat=0.10', 'refcount_bits=2']) {
			const file = join(folder, `${files.length}.qcow2`)
			await qemuImg('create', '-q', '-f', 'qcow2', '-o', options, file, String(size))
			files.push(file)
		}
	}
	for (const file of files)
		await withDisk({file, format: 'qcow2'}, (disk) =>
			exercise(disk, {model: new Uint8Array(size), seed: 1, rounds: 10, mostBytes: 20_000}),
		)
	if (hasQemuImg) {
		for (const type of ['zlib', 'zstd']) {
			const file = join(folder, `${type}.qcow2`)
			await qemuImg('convert', '-c', '-O', 'qcow2', '-o', `compression_type=${type}`, own, file)
			files.push(file)
		}
		await qemuImg('snapshot', '-c', 'one', files[1]!)
	}
	return files
}
