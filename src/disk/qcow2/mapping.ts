/** Where the clusters of the disk are in the file: the L1 table, which is in memory, and the L2 tables that it names. */
import type {ImageFile} from '../image-file.ts'
import {
	type Entry,
	entryAt,
	isOwned,
	type Mapping,
	mappingOf,
	offsetOf,
	ownEntry,
	setEntry,
	unallocatedEntry,
} from './entries.ts'
import type {Qcow2Header} from './header.ts'
import {TableCache} from './table-cache.ts'

const cacheBytes = 16 * 2 ** 20
/** L2 tables that are remembered, so that none is taken for a free cluster: those of 64 TiB with clusters of 64 KiB. */
const mostRemembered = 2 ** 17

export class ClusterMapping {
	readonly #file: ImageFile
	readonly #header: Qcow2Header
	readonly #clusterBytes: number
	readonly #l1: Buffer
	readonly #tables: TableCache
	/** Indices of entries of L1 that are yet to be written. */
	readonly #dirty = new Set<number>()
	readonly #tableClusters = new Set<number>()
	/** Entries of an L2 table. */
	readonly perTable: number

	constructor(file: ImageFile, {header, l1}: {header: Qcow2Header; l1: Buffer}) {
		this.#file = file
		this.#header = header
		this.#clusterBytes = 2 ** header.clusterBits
		this.perTable = this.#clusterBytes / 8
		this.#l1 = l1
		this.#tables = new TableCache(file, {tableBytes: this.#clusterBytes, bytes: cacheBytes})
		for (let index = 0; index < Math.min(mostRemembered, l1.length / 8); index++) {
			const offset = this.#tableOffset(entryAt(l1, index))
			if (offset !== 0) this.#tableClusters.add(offset / this.#clusterBytes)
		}
	}

	get isFull(): boolean {
		return this.#tables.isFull
	}

	get isDirty(): boolean {
		return this.#tables.isDirty || this.#dirty.size > 0
	}

	/** Whether the cluster of the file holds the L1 table or an L2 table. */
	isTable(cluster: number): boolean {
		const {offset, entries} = this.#header.l1
		const at = cluster * this.#clusterBytes
		return (at < offset + entries * 8 && at + this.#clusterBytes > offset) || this.#tableClusters.has(cluster)
	}

	/** @param most clusters in a row. @returns their mappings, as far as one L2 table has them. */
	async look(cluster: number, most: number): Promise<Mapping[]> {
		const first = cluster % this.perTable
		const count = Math.min(most, this.perTable - first)
		const offset = this.#tableOffset(entryAt(this.#l1, Math.floor(cluster / this.perTable)))
		if (offset === 0) return Array.from({length: count}, () => ({kind: 'unallocated'}))
		const table = await this.#tables.get(offset)
		return Array.from({length: count}, (_, index) => mappingOf(entryAt(table, first + index), this.#header))
	}

	/** Whether there is no L2 table for the cluster, so that all its neighbours are unallocated. */
	hasTable(cluster: number): boolean {
		return this.#tableOffset(entryAt(this.#l1, Math.floor(cluster / this.perTable))) !== 0
	}

	/**
	 * Sees to it that the L2 table of the cluster exists and is the image's own, not also a snapshot's.
	 * @param allocate a cluster for it. @returns the offset of the table that was shared, to be released.
	 */
	async own(cluster: number, allocate: () => Promise<number>): Promise<number | undefined> {
		const index = Math.floor(cluster / this.perTable)
		const entry = entryAt(this.#l1, index)
		const offset = this.#tableOffset(entry)
		if (offset !== 0 && isOwned(entry)) return undefined
		const table = Buffer.alloc(this.#clusterBytes)
		if (offset !== 0) (await this.#tables.get(offset)).copy(table)
		const place = await allocate()
		this.#tables.add(place, table)
		this.#tableClusters.add(place / this.#clusterBytes)
		this.#tableClusters.delete(offset / this.#clusterBytes)
		setEntry(this.#l1, index, ownEntry(place))
		this.#dirty.add(index)
		return offset || undefined
	}

	/** Changes the entries of clusters in a row, whose L2 table is the image's own. */
	async change(cluster: number, entries: readonly Entry[]): Promise<void> {
		const offset = this.#tableOffset(entryAt(this.#l1, Math.floor(cluster / this.perTable)))
		const first = cluster % this.perTable
		await this.#tables.change(offset, [first * 8, (first + entries.length) * 8], (table) => {
			for (const [index, entry] of entries.entries()) setEntry(table, first + index, entry)
		})
	}

	async writeTables(): Promise<void> {
		await this.#tables.write()
	}

	/** After the tables, which it names. */
	async writeL1(): Promise<void> {
		if (this.#dirty.size === 0) return
		await this.#file.sync()
		for (const index of this.#dirty) {
			await this.#file.write(this.#header.l1.offset + index * 8, this.#l1.subarray(index * 8, index * 8 + 8))
			this.#dirty.delete(index)
		}
	}

	#tableOffset(entry: Entry): number {
		return entry === unallocatedEntry ? 0 : offsetOf(entry, this.#clusterBytes)
	}
}
