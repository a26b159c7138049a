/**
 * Counts the clusters of an image anew whose refcounts are out of date: its writer, which kept them lazily, was killed. Only
 * refcounts are written. Images with snapshots or bitmaps are left to `qemu-img check -r all`.
 */
import type {ImageFile} from '../image-file.ts'
import {entryAt, isOwned, mappingOf, offsetOf} from './entries.ts'
import {headerField, Incompatible, type Qcow2Header} from './header.ts'
import {countAt, setCount} from './refcount-width.ts'

const mostClusters = 2 ** 27

/** @throws if it cannot be done; then nothing was written. */
export async function repairRefcounts(file: ImageFile, header: Qcow2Header): Promise<void> {
	const clusterBytes = 2 ** header.clusterBits
	const fileClusters = Math.ceil((await file.size()) / clusterBytes)
	if (header.snapshots.count > 0 || header.hasBitmaps || fileClusters > mostClusters)
		throw new Error('it has snapshots or bitmaps, or is very large')
	const counts = await countClusters(file, {header, fileClusters})
	const changed = await blocksToWrite(file, {header, counts})
	for (const {offset, block} of changed) await file.write(offset, block)
	await file.sync()
	const [high, low] = [0, header.incompatible & ~Incompatible.dirty]
	const features = Buffer.alloc(8)
	features.writeUInt32BE(high, 0)
	features.writeUInt32BE(low, 4)
	await file.write(headerField.incompatible, features)
	await file.sync()
}

/** @returns how often each cluster of the file is referred to. @throws if one that must be referred to once is not. */
async function countClusters(
	file: ImageFile,
	{header, fileClusters}: {header: Qcow2Header; fileClusters: number},
): Promise<Uint16Array> {
	const clusterBytes = 2 ** header.clusterBits
	const counts = new Uint16Array(fileClusters)
	const count = (offset: number, bytes = clusterBytes) => {
		const last = Math.floor((offset + bytes - 1) / clusterBytes)
		if (last >= fileClusters) throw new Error('it has data beyond its end')
		for (let cluster = Math.floor(offset / clusterBytes); cluster <= last; cluster++) counts[cluster]!++
	}
	count(0)
	const {l1, refcountTable} = header
	if (l1.entries > 0) count(l1.offset, l1.entries * 8)
	const table = await readTable(file, refcountTable.offset, refcountTable.clusters * clusterBytes)
	count(refcountTable.offset, table.length)
	for (let index = 0; index < table.length / 8; index++) {
		const offset = offsetOf(entryAt(table, index), clusterBytes)
		if (offset !== 0) count(offset)
	}
	const owned = new Set<number>()
	const l1Table = await readTable(file, l1.offset, l1.entries * 8)
	for (let index = 0; index < l1.entries; index++) {
		const offset = offsetOf(entryAt(l1Table, index), clusterBytes)
		if (offset === 0) continue
		count(offset)
		owned.add(offset / clusterBytes)
		const l2 = await readTable(file, offset, clusterBytes)
		for (let cluster = 0; cluster < clusterBytes / 8; cluster++) {
			const entry = entryAt(l2, cluster)
			const mapping = mappingOf(entry, header)
			if (mapping.kind === 'unallocated' || mapping.host === undefined) continue
			if (mapping.kind === 'compressed') {
				const start = mapping.host - (mapping.host % 512)
				count(start, mapping.host + mapping.bytes - start)
				continue
			}
			count(mapping.host)
			if (isOwned(entry)) owned.add(mapping.host / clusterBytes)
		}
	}
	for (const cluster of owned) if (counts[cluster] !== 1) throw new Error('two of its tables name the same cluster')
	return counts
}

/** @throws if a count has no place. */
async function blocksToWrite(
	file: ImageFile,
	{header, counts}: {header: Qcow2Header; counts: Uint16Array},
): Promise<{offset: number; block: Buffer}[]> {
	const {refcountOrder: order, refcountTable} = header
	const clusterBytes = 2 ** header.clusterBits
	const perBlock = (clusterBytes * 8) / 2 ** order
	const most = 2 ** Math.min(2 ** order, 16) - 1
	const table = await readTable(file, refcountTable.offset, refcountTable.clusters * clusterBytes)
	const changed: {offset: number; block: Buffer}[] = []
	for (let first = 0; first < counts.length; first += perBlock) {
		const wanted = counts.subarray(first, first + perBlock)
		const entry = first / perBlock
		const offset = entry < table.length / 8 ? offsetOf(entryAt(table, entry), clusterBytes) : 0
		if (wanted.some((count) => count > (offset === 0 ? 0 : most))) throw new Error('a refcount has no place')
		if (offset === 0) continue
		const block = await readTable(file, offset, clusterBytes)
		const before = Buffer.from(block)
		for (const [index, count] of wanted.entries())
			if (countAt(block, {index, order}) !== count) setCount(block, {index, order, count})
		if (!before.equals(block)) changed.push({offset, block})
	}
	return changed
}

async function readTable(file: ImageFile, offset: number, bytes: number): Promise<Buffer> {
	const table = Buffer.alloc(bytes)
	await file.read(offset, table)
	return table
}
