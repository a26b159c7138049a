/** Creates an empty qcow2 image, with another behind it or none. */
import {expected} from '../../errors.ts'
import type {ImageFile} from '../image-file.ts'
import {plainEntry, setEntry} from './entries.ts'
import {backingFormatExtension, mostBackingName} from './header.ts'
import {setCount} from './refcount-width.ts'

const clusterBits = 16
const clusterBytes = 2 ** clusterBits
const refcountOrder = 4
const headerBytes = 104

/** The image behind the new one: its name is as the header will have it, relative to the new image's folder or absolute. */
export type Backing = Readonly<{name: string; format: 'raw' | 'qcow2'}>

/**
 * Clusters in this order: the header, the refcount table, its first block, and the L1 table.
 * @param size of the disk, bytes.
 * @throws UserError for a name of a backing file that does not fit.
 */
export async function createQcow2(file: ImageFile, size: number, backing?: Backing): Promise<void> {
	const l1Entries = Math.max(1, Math.ceil(size / 2 ** (2 * clusterBits - 3)))
	const l1Clusters = Math.ceil((l1Entries * 8) / clusterBytes)
	const [tableOffset, blockOffset, l1Offset] = [1, 2, 3].map((cluster) => cluster * clusterBytes) as [
		number,
		number,
		number,
	]
	const start = Buffer.alloc(l1Offset + l1Clusters * clusterBytes)
	start.writeUInt32BE(0x5146_49fb, 0)
	start.writeUInt32BE(3, 4)
	start.writeUInt32BE(clusterBits, 20)
	setEntry(start, 3, plainEntry(size))
	start.writeUInt32BE(l1Entries, 36)
	setEntry(start, 5, plainEntry(l1Offset))
	setEntry(start, 6, plainEntry(tableOffset))
	start.writeUInt32BE(1, 56)
	start.writeUInt32BE(refcountOrder, 96)
	start.writeUInt32BE(headerBytes, 100)
	if (backing) writeBacking(start, backing)
	setEntry(start, tableOffset / 8, plainEntry(blockOffset))
	const block = start.subarray(blockOffset, l1Offset)
	for (let index = 0; index < 3 + l1Clusters; index++) setCount(block, {index, order: refcountOrder, count: 1})
	await file.write(0, start)
}

/** Behind the header: an extension with the format, one that ends the list, and the name. QEMU's docs/interop/qcow2.txt. */
function writeBacking(start: Buffer, {name, format}: Backing): void {
	const bytes = Buffer.from(name)
	if (bytes.length > mostBackingName)
		throw expected(`a backing file whose path has at most ${mostBackingName} bytes`, name)
	start.writeUInt32BE(backingFormatExtension, headerBytes)
	start.writeUInt32BE(start.write(format, headerBytes + 8), headerBytes + 4)
	const nameOffset = headerBytes + 24
	bytes.copy(start, nameOffset)
	setEntry(start, 1, plainEntry(nameOffset))
	start.writeUInt32BE(bytes.length, 16)
}
