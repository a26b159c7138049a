/** The order of writes: whatever has reached the disk when the host fails, the image has no corruptions. */
import {copyFile, open} from 'node:fs/promises'
import {join} from 'node:path'
import ava from 'ava'
import {ImageFile} from '../../../src/disk/image-file.ts'
import {readHeader} from '../../../src/disk/qcow2/header.ts'
import {Qcow2Image} from '../../../src/disk/qcow2/qcow2-image.ts'
import {Random} from '../../hart/core/float-operands.ts'
import {exercise, testFolder} from '../images.ts'
import {checkImage, hasQemuImg, qemuImg} from '../qemu-img.ts'

const test = hasQemuImg || process.env.CI ? ava : ava.skip

type Write = Readonly<{position: number; bytes: Buffer}>

/** Keeps what is written, and how much of it was safe at each moment. */
class RecordedFile extends ImageFile {
	readonly writes: Write[] = []
	/** By number of writes that had begun: how many were safe. */
	readonly safe: number[] = [0]
	#safe = 0

	override async write(position: number, from: Uint8Array): Promise<void> {
		this.writes.push({position, bytes: Buffer.from(from)})
		this.safe[this.writes.length] = this.#safe
		await super.write(position, from)
	}

	override async sync(): Promise<void> {
		// Those that are under way when it begins may not be.
		const before = this.writes.length
		await super.sync()
		this.#safe = Math.max(this.#safe, before)
		this.safe[this.writes.length] = this.#safe
	}
}

for (const [what, options] of [
	['of clusters of 512 bytes, whose refcount table grows', 'cluster_size=512'],
	['of clusters of 4 KiB', 'cluster_size=4k'],
] as const)
	test(`an image ${what} has no corruptions whichever writes since the last flush are lost`, async (t) => {
		const size = 12 * 2 ** 20
		const folder = await testFolder(t)
		const [file, start, left] = ['a', 'start', 'left'].map((name) => join(folder, name)) as [string, string, string]
		await qemuImg('create', '-q', '-f', 'qcow2', '-o', options, file, String(size))
		await copyFile(file, start)
		await using handle = await open(file, 'r+')
		const recorded = new RecordedFile(handle.fd)
		const header = await readHeader(recorded, file)
		const image = await Qcow2Image.open(recorded, {header, backing: undefined, isReadOnly: false})
		const model = new Uint8Array(size)
		t.is(await exercise(image, {model, seed: 1, rounds: 25, mostBytes: 600_000}), undefined)
		await image.close()
		t.true(recorded.writes.length > 100)
		const random = new Random(2)
		for (let trial = 0; trial < 60; trial++) {
			const end = random.below(recorded.writes.length + 1)
			const safe = recorded.safe[end]!
			await copyFile(start, left)
			await using copy = await open(left, 'r+')
			for (const [index, {position, bytes}] of recorded.writes.slice(0, end).entries())
				if (index < safe || random.below(2)) await copy.write(bytes, 0, bytes.length, position)
			const {corruptions} = await checkImage(left)
			t.is(corruptions, 0, `trial ${trial}: ${end} writes, ${safe} of them safe`)
		}
	})
