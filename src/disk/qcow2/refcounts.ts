/**
 * The refcounts of an image's clusters: a table of blocks of counts. Free clusters have the count 0. Called by one at a time; see
 * Qcow2Image.
 */
import {setImmediate as turn} from 'node:timers/promises'
import type {ImageFile} from '../image-file.ts'
import {entryAt, offsetOf, plainEntry, setEntry} from './entries.ts'
import {headerField} from './header.ts'
import {countAt, setCount} from './refcount-width.ts'
import {TableCache} from './table-cache.ts'

const cacheBytes = 4 * 2 ** 20
const mostTableBytes = 8 * 2 ** 20
/** Blocks without a free cluster after which other work gets its turn. */
const blocksPerTurn = 64

export type Clusters = Readonly<{first: number; count: number}>

export type RefcountsOptions = Readonly<{
	clusterBits: number
	/** Bits of a count: 2 to this power. */
	order: number
	table: Buffer
	tableOffset: number
	/** Clusters that the file has. */
	fileClusters: number
	/** Whether a cluster holds tables of the image that this does not know of. */
	isTable: (cluster: number) => boolean
}>

export class Refcounts {
	readonly #file: ImageFile
	readonly #clusterBytes: number
	readonly #order: number
	readonly #perBlock: number
	readonly #isOtherTable: (cluster: number) => boolean
	readonly #blocks: TableCache
	readonly #blockClusters = new Set<number>()
	#table: Buffer
	#tableOffset: number
	/** Indices of entries of the table that are yet to be written. */
	readonly #dirty = new Set<number>()
	/** No cluster before this one is free. */
	#hint = 1
	/** The clusters behind this one were never written: they read as zeroes. */
	#end: number

	constructor(file: ImageFile, {clusterBits, order, table, tableOffset, fileClusters, isTable}: RefcountsOptions) {
		this.#file = file
		this.#clusterBytes = 2 ** clusterBits
		this.#order = order
		this.#perBlock = (this.#clusterBytes * 8) / 2 ** order
		this.#isOtherTable = isTable
		this.#table = table
		this.#tableOffset = tableOffset
		this.#end = fileClusters
		this.#blocks = new TableCache(file, {tableBytes: this.#clusterBytes, bytes: cacheBytes})
		for (let index = 0; index < table.length / 8; index++) {
			const offset = offsetOf(entryAt(table, index), this.#clusterBytes)
			if (offset !== 0) this.#blockClusters.add(offset / this.#clusterBytes)
		}
	}

	get isFull(): boolean {
		return this.#blocks.isFull
	}

	get isDirty(): boolean {
		return this.#blocks.isDirty || this.#dirty.size > 0
	}

	/** Allocates clusters in a row, `most` at most. @returns which, and whether the file never had them, so that they read as zeroes. */
	async allocate(most: number): Promise<Clusters & {isFresh: boolean}> {
		let cluster = this.#hint
		for (let blocks = 0; ; blocks++) {
			if (blocks % blocksPerTurn === blocksPerTurn - 1) await turn()
			const index = Math.floor(cluster / this.#perBlock)
			const offset = await this.#blockFor(cluster)
			if (offset === undefined) continue
			const found = this.#findFree(await this.#blocks.get(offset), {index, from: cluster % this.#perBlock, most})
			if (!found) {
				cluster = (index + 1) * this.#perBlock
				continue
			}
			await this.#setCounts(found, () => 1)
			this.#hint = found.first + found.count
			const isFresh = found.first >= this.#end
			this.#end = Math.max(this.#end, found.first + found.count)
			return {...found, isFresh}
		}
	}

	/** One reference less to each of these clusters. */
	async release({first, count}: Clusters): Promise<void> {
		for (let cluster = first; cluster < first + count; ) {
			const inBlock = Math.min(first + count - cluster, this.#perBlock - (cluster % this.#perBlock))
			const isKnown = this.#blockOffset(Math.floor(cluster / this.#perBlock)) !== 0
			if (isKnown) await this.#setCounts({first: cluster, count: inBlock}, (before) => Math.max(0, before - 1))
			cluster += inBlock
		}
		this.#hint = Math.min(this.#hint, first)
	}

	/** Writes what has changed: first blocks, then the table, which names them. */
	async write(): Promise<void> {
		await this.#blocks.write()
		if (this.#dirty.size === 0) return
		await this.#file.sync()
		for (const index of this.#dirty) {
			await this.#file.write(this.#tableOffset + index * 8, this.#table.subarray(index * 8, index * 8 + 8))
			this.#dirty.delete(index)
		}
	}

	/** @returns the offset of the block that has the cluster's count; undefined if there was none, and now it is worth another look. */
	async #blockFor(cluster: number): Promise<number | undefined> {
		const index = Math.floor(cluster / this.#perBlock)
		if (index >= this.#table.length / 8) {
			await this.#grow(index)
			return undefined
		}
		const offset = this.#blockOffset(index)
		if (offset !== 0) return offset
		// The clusters of a block that does not exist are free: the first takes the block, and is counted in it.
		let place = cluster
		while (this.isTable(place)) place++
		const block = Buffer.alloc(this.#clusterBytes)
		if (Math.floor(place / this.#perBlock) !== index) throw new Error('the refcounts of the image are wrong')
		setCount(block, {index: place % this.#perBlock, order: this.#order, count: 1})
		this.#addBlock(index, place)
		this.#blocks.add(place * this.#clusterBytes, block)
		return undefined
	}

	#addBlock(index: number, cluster: number): void {
		setEntry(this.#table, index, plainEntry(cluster * this.#clusterBytes))
		this.#dirty.add(index)
		this.#blockClusters.add(cluster)
		this.#end = Math.max(this.#end, cluster + 1)
	}

	#findFree(block: Buffer, {index, from, most}: {index: number; from: number; most: number}): Clusters | undefined {
		const base = index * this.#perBlock
		const isFree = (at: number) =>
			at < this.#perBlock && countAt(block, {index: at, order: this.#order}) === 0 && !this.isTable(base + at)
		let first = from
		while (first < this.#perBlock && !isFree(first)) first++
		if (first === this.#perBlock) return undefined
		let count = 1
		while (count < most && isFree(first + count)) count++
		return {first: base + first, count}
	}

	/** Of clusters of one block, which exists. */
	async #setCounts({first, count}: Clusters, change: (before: number) => number): Promise<void> {
		const offset = this.#blockOffset(Math.floor(first / this.#perBlock))
		const from = first % this.#perBlock
		const bits = 2 ** this.#order
		const range = [Math.floor((from * bits) / 8), Math.ceil(((from + count) * bits) / 8)] as const
		await this.#blocks.change(offset, range, (block) => {
			for (let index = from; index < from + count; index++) {
				const before = countAt(block, {index, order: this.#order})
				setCount(block, {index, order: this.#order, count: change(before)})
			}
		})
	}

	/** Makes the table larger, so that it has an entry for block `index`: a new table, with blocks for it, and then the header. */
	async #grow(index: number): Promise<void> {
		await this.write()
		const entries = this.#table.length / 8
		const tableClusters = Math.ceil((Math.max(index + 1, entries * 1.5) * 8) / this.#clusterBytes) + 1
		if (tableClusters * this.#clusterBytes > mostTableBytes) throw new Error('the image cannot grow any more')
		// Behind all that the old table counts, and behind the file's end.
		const firstBlock = Math.max(entries, Math.ceil(this.#end / this.#perBlock))
		const start = firstBlock * this.#perBlock
		let blockCount = 1
		while (blockCount * this.#perBlock < blockCount + tableClusters) blockCount++
		const needed = Math.ceil(((firstBlock + blockCount) * 8) / this.#clusterBytes)
		if (needed > tableClusters) throw new Error('the image cannot grow any more')
		const table = Buffer.alloc(tableClusters * this.#clusterBytes)
		this.#table.copy(table)
		const blocks = Buffer.alloc(blockCount * this.#clusterBytes)
		for (let used = 0; used < blockCount + tableClusters; used++)
			setCount(blocks, {index: used, order: this.#order, count: 1})
		for (let block = 0; block < blockCount; block++) {
			setEntry(table, firstBlock + block, plainEntry((start + block) * this.#clusterBytes))
			this.#blockClusters.add(start + block)
		}
		const tableOffset = (start + blockCount) * this.#clusterBytes
		await this.#file.write(start * this.#clusterBytes, blocks)
		await this.#file.write(tableOffset, table)
		await this.#file.sync()
		const header = Buffer.alloc(12)
		setEntry(header, 0, plainEntry(tableOffset))
		header.writeUInt32BE(tableClusters, 8)
		await this.#file.write(headerField.refcountTableOffset, header)
		await this.#file.sync()
		const former = {first: this.#tableOffset / this.#clusterBytes, count: this.#table.length / this.#clusterBytes}
		this.#table = table
		this.#tableOffset = tableOffset
		this.#end = start + blockCount + tableClusters
		await this.release(former)
	}

	#blockOffset(index: number): number {
		return index < this.#table.length / 8 ? offsetOf(entryAt(this.#table, index), this.#clusterBytes) : 0
	}

	/** Whether a cluster holds tables, whatever its count says. */
	isTable(cluster: number): boolean {
		const first = this.#tableOffset / this.#clusterBytes
		if (cluster >= first && cluster < first + this.#table.length / this.#clusterBytes) return true
		return this.#blockClusters.has(cluster) || this.#isOtherTable(cluster)
	}
}
