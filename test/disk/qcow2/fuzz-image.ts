/** Damages qcow2 images and uses them: whatever they say, using them ends, and takes bounded memory. */
import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {attachDisk, type DiskImage, OpenDisk} from '../../../src/disk/index.ts'
import {isUserError} from '../../../src/errors.ts'
import {Random} from '../../hart/core/float-operands.ts'
import {patience} from '../../support/patience.ts'
import {randomBytes} from '../images.ts'

const boundaries = [0, 1, 2, 0x1ff, 0x200, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fe00, 0xffff_ffff]
const headerBytes = 112

export type FuzzFigures = {images: number; refused: number; accesses: number; failed: number}

/** @param options.originals images that are sound. @returns what was done. @throws if using one does not end. */
export async function fuzzImages(options: {
	originals: readonly string[]
	folder: string
	seed: number
	images: number
}): Promise<FuzzFigures> {
	const {originals, folder, seed, images} = options
	const figures: FuzzFigures = {images: 0, refused: 0, accesses: 0, failed: 0}
	const sound = await Promise.all(originals.map((path) => readFile(path)))
	for (let image = 0; image < images; image++) {
		const random = new Random(seed + image)
		const file = join(folder, 'hostile.qcow2')
		await writeFile(file, damage(random, Buffer.from(random.pick(sound))))
		figures.images++
		const what = `seed ${seed + image}`
		await inTime(use(file, {random, figures}), what).catch((error: Error) => {
			if (!isUserError(error)) throw new Error(`${what}: ${error.stack}`)
			figures.refused++
		})
	}
	return figures
}

/** Bits and words of the header, of where it says that tables are, and of anything; or the end is cut off. */
function damage(random: Random, bytes: Buffer): Buffer {
	const tables = [40, 48].map((at) => Math.min(bytes.readUIntBE(at + 2, 6), bytes.length - 8))
	const clusterBytes = 2 ** bytes.readUInt32BE(20)
	for (let count = 1 + random.below(4); count > 0; count--) {
		const start = random.pick([0, 0, ...tables, ...tables, random.below(bytes.length)])
		const span = start === 0 ? headerBytes : random.pick([64, clusterBytes])
		const at = Math.min(start + random.below(span / 4) * 4, bytes.length - 4)
		switch (random.below(4)) {
			case 0:
				bytes[at]! ^= 1 << random.below(8)
				break
			case 1:
				bytes.writeUInt32BE(random.pick(boundaries), at)
				break
			case 2:
				// Entries that name the tables themselves.
				bytes.writeUInt32BE(
					random.below(bytes.length / clusterBytes) * clusterBytes,
					Math.min(at | 4, bytes.length - 4),
				)
				break
			default:
				bytes.writeUInt32BE(random.word(), at)
		}
	}
	return random.below(8) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes
}

async function use(file: string, {random, figures}: {random: Random; figures: FuzzFigures}): Promise<void> {
	await using open = await OpenDisk.open({file, format: 'qcow2'})
	const disk = await attachDisk(open.files)
	const accesses = Array.from({length: 12}, () => access(disk, random))
	for (const result of await Promise.allSettled(accesses)) {
		figures.accesses++
		if (result.status === 'rejected') figures.failed++
	}
	await disk.close().catch(() => figures.failed++)
}

async function access(disk: DiskImage, random: Random): Promise<void> {
	const length = Math.min(512 * (1 + random.below(256)), disk.size)
	const most = (disk.size - length) / 512
	const position =
		512 * (random.below(2) ? random.below(Math.min(most + 1, 2 ** 31)) : Math.floor((most * random.below(16)) / 15))
	switch (random.below(6)) {
		case 0:
			return await disk.flush()
		case 1:
			return await disk.discard(position, length)
		case 2:
			return await disk.writeZeroes(position, length, {isUnmapping: random.below(2) === 0})
		case 3:
			return await disk.write(position, randomBytes(random, length))
		default:
			return await disk.read(position, new Uint8Array(length))
	}
}

async function inTime<Result>(result: Promise<Result>, what: string): Promise<Result> {
	let timer: NodeJS.Timeout | undefined
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error(`Expected the use of an image to end: ${what}`)), patience)
	})
	try {
		return await Promise.race([result, late])
	} finally {
		clearTimeout(timer)
	}
}
