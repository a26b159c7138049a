/** Images in files, and a plain model of a disk, for tests. */
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {ExecutionContext} from 'ava'
import {attachDisk, type DiskImage, type DiskOptions, OpenDisk} from '../../src/disk/index.ts'
import {Random} from '../hart/core/float-operands.ts'

/** A folder of the test's own, removed at its end. */
export async function testFolder(t: ExecutionContext): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-disk-test-'))
	t.teardown(() => rm(folder, {recursive: true, force: true}))
	return folder
}

/** Opens an image, runs `body`, and closes it. */
export async function withDisk<Result>(
	options: DiskOptions,
	body: (disk: DiskImage) => Promise<Result>,
): Promise<Result> {
	await using open = await OpenDisk.open(options)
	const disk = await attachDisk(open.files)
	const result = await body(disk)
	await disk.close()
	return result
}

export async function writeRaw(path: string, bytes: Uint8Array): Promise<void> {
	await writeFile(path, bytes)
}

export function randomBytes(random: Random, length: number): Uint8Array {
	const bytes = new Uint8Array(length)
	for (let at = 0; at < length; at += 4) new DataView(bytes.buffer).setUint32(at, random.word())
	return bytes
}

export type DiskModel = Uint8Array

/**
 * Random accesses, several at once, that do not overlap, compared with a plain model.
 * @returns what went wrong.
 */
export async function exercise(
	disk: DiskImage,
	{model, seed, rounds, mostBytes = 200_000}: {model: DiskModel; seed: number; rounds: number; mostBytes?: number},
): Promise<string | undefined> {
	const random = new Random(seed)
	for (let round = 0; round < rounds; round++) {
		const lanes = 4
		const laneSectors = Math.floor(model.length / 512 / lanes)
		const faults = await Promise.all(
			Array.from({length: lanes}, async (_, lane) => {
				const first = random.below(laneSectors)
				const sectors = 1 + random.below(Math.min(laneSectors - first, mostBytes / 512))
				const [position, length] = [(lane * laneSectors + first) * 512, sectors * 512]
				switch (random.below(8)) {
					case 0: {
						const isUnmapping = random.below(2) === 0
						await disk.writeZeroes(position, length, {isUnmapping})
						model.fill(0, position, position + length)
						return undefined
					}
					case 1:
					case 2:
					case 3: {
						const bytes = randomBytes(random, length)
						await disk.write(position, bytes)
						model.set(bytes, position)
						return undefined
					}
					case 4:
						if (random.below(4) === 0) await disk.flush()
						return undefined
					default: {
						const bytes = new Uint8Array(length)
						await disk.read(position, bytes)
						if (Buffer.compare(bytes, model.subarray(position, position + length)) === 0) return undefined
						return `seed ${seed}, round ${round}: ${length} bytes at ${position} differ`
					}
				}
			}),
		)
		const fault = faults.find(Boolean)
		if (fault) return fault
	}
	return undefined
}
