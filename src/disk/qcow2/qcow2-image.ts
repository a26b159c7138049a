/**
 * A qcow2 image. Tables are changed in memory, and written when the guest flushes or too many have changed: first refcounts, then
 * L2 tables, then L1 entries, each once what it names is on the disk. So an image whose writer was killed has leaks at most.
 */
import {setImmediate as turn} from 'node:timers/promises'
import type {DiskImage} from '../disk-image.ts'
import type {ImageFile} from '../image-file.ts'
import {Mutex} from '../mutex.ts'
import {CompressedClusters} from './compressed.ts'
import {type Entry, type Mapping, mappingOf, ownEntry, unallocatedEntry, zeroEntry} from './entries.ts'
import {headerField, type Qcow2Header} from './header.ts'
import {ClusterMapping} from './mapping.ts'
import {Operations} from './operations.ts'
import {type Clusters, Refcounts} from './refcounts.ts'
import {isSetAside, lengthWhile, runsOf} from './runs.ts'

/** Clusters that are given up, above which the tables are written, so that they can be used again. */
const mostGivenUp = 4096
/** Clusters that are changed until other work gets its turn. */
const clustersPerTurn = 256

type Parts = Readonly<{
	header: Qcow2Header
	/** What the disk has where the image has nothing. */
	backing: DiskImage | undefined
	isReadOnly: boolean
	/** See RefcountsOptions. */
	l1: Buffer
	refcountTable: Buffer
	fileClusters: number
}>

/** Clusters in a row that a write allocates. @property old where they were. */
type Allocation = Readonly<{cluster: number; old: readonly Mapping[]; place: Clusters & {isFresh: boolean}}>

export class Qcow2Image implements DiskImage {
	readonly size: number
	readonly #file: ImageFile
	readonly #header: Qcow2Header
	readonly #clusterBytes: number
	readonly #backing: DiskImage | undefined
	readonly #mapping: ClusterMapping
	readonly #refcounts: Refcounts
	readonly #compressed: CompressedClusters
	readonly #operations = new Operations()
	/** Held while tables change or are written. */
	readonly #tables = new Mutex()
	/** By cluster of the disk: writes that have allocated a place for it and are not done. */
	readonly #allocating = new Map<number, Promise<unknown>>()
	/** Places in the file that no table names any more. Those that are settled may still be named on the disk. */
	#givenUp: {places: Clusters; isSettled: boolean}[] = []

	/** @throws UserError for what is no image that can be used. */
	static async open(
		file: ImageFile,
		{header, backing, isReadOnly}: Pick<Parts, 'header' | 'backing' | 'isReadOnly'>,
	): Promise<Qcow2Image> {
		const clusterBytes = 2 ** header.clusterBits
		const l1 = Buffer.alloc(header.l1.entries * 8)
		await file.read(header.l1.offset, l1)
		const refcountTable = Buffer.alloc(header.refcountTable.clusters * clusterBytes)
		await file.read(header.refcountTable.offset, refcountTable)
		const fileClusters = Math.ceil((await file.size()) / clusterBytes)
		const image = new Qcow2Image(file, {header, backing, isReadOnly, l1, refcountTable, fileClusters})
		// What others keep beside the disk, as bitmaps of changes, is not kept here: so it is marked as out of date.
		if (!isReadOnly && header.autoclear.some(Boolean)) await file.write(headerField.autoclear, Buffer.alloc(8))
		return image
	}

	private constructor(file: ImageFile, {header, backing, l1, refcountTable, fileClusters}: Parts) {
		this.size = header.size
		this.#file = file
		this.#header = header
		this.#clusterBytes = 2 ** header.clusterBits
		this.#backing = backing
		this.#mapping = new ClusterMapping(file, {header, l1})
		const snapshotsCluster = header.snapshots.count > 0 ? header.snapshots.offset / this.#clusterBytes : -1
		this.#refcounts = new Refcounts(file, {
			clusterBits: header.clusterBits,
			order: header.refcountOrder,
			table: refcountTable,
			tableOffset: header.refcountTable.offset,
			fileClusters,
			isTable: (cluster) => cluster === 0 || cluster === snapshotsCluster || this.#mapping.isTable(cluster),
		})
		this.#compressed = new CompressedClusters(file, {
			clusterBytes: this.#clusterBytes,
			compression: header.compression,
		})
	}

	async read(position: number, into: Uint8Array): Promise<void> {
		await this.#operations.run(() => this.#read(position, into))
	}

	async write(position: number, from: Uint8Array): Promise<void> {
		await this.#operations.run(async () => {
			for (let done = 0; done < from.length; ) done += await this.#writeSome(position + done, from.subarray(done))
		})
	}

	async writeZeroes(position: number, length: number, {isUnmapping}: {isUnmapping: boolean}): Promise<void> {
		await this.#eachCluster(
			{position, length},
			{
				whole: (mapping) => {
					if (mapping.kind === 'zero' && (!isUnmapping || mapping.host === undefined)) return undefined
					if (mapping.kind === 'unallocated' && !this.#backing) return undefined
					if (this.#header.version === 2) return this.#backing ? 'write' : unallocatedEntry
					return mapping.kind === 'data' && mapping.isOwn && !isUnmapping ? zeroEntry(mapping.host) : zeroEntry()
				},
				part: async (at, bytes) => this.write(at, Buffer.alloc(bytes)),
			},
		)
	}

	async discard(position: number, length: number): Promise<void> {
		await this.#eachCluster(
			{position, length},
			{
				whole: (mapping) => {
					if (mapping.kind === 'unallocated' || (mapping.kind === 'zero' && mapping.host === undefined))
						return undefined
					// With nothing there the backing file would show through.
					if (!this.#backing) return unallocatedEntry
					return this.#header.version === 2 ? undefined : zeroEntry()
				},
				part: async () => {},
			},
		)
	}

	async close(): Promise<void> {
		await this.#operations.ended()
		// What is given up is released behind the first, and written by the second.
		await this.flush()
		await this.flush()
	}

	async flush(): Promise<void> {
		if (this.#isDirty) await this.#tables.run(() => this.#writeTables())
		await this.#file.sync()
	}

	async #read(position: number, into: Uint8Array): Promise<void> {
		const pieces: Promise<void>[] = []
		for (let done = 0; done < into.length; ) {
			const cluster = Math.floor((position + done) / this.#clusterBytes)
			const most = Math.ceil((position + into.length) / this.#clusterBytes) - cluster
			const mappings = await this.#mapping.look(cluster, most)
			for (const {first, count} of runsOf(mappings, this.#clusterBytes)) {
				const start = position + done
				const end = Math.min(position + into.length, (cluster + first + count) * this.#clusterBytes)
				pieces.push(this.#readRun(mappings[first]!, start, into.subarray(done, done + end - start)))
				done += end - start
			}
		}
		await Promise.all(pieces)
	}

	/** @param mapping of the first cluster; those that follow are behind it, or as it is. */
	async #readRun(mapping: Mapping, position: number, into: Uint8Array): Promise<void> {
		const within = position % this.#clusterBytes
		switch (mapping.kind) {
			case 'data':
				return await this.#file.read(mapping.host + within, into)
			case 'compressed':
				into.set((await this.#compressed.read(mapping)).subarray(within, within + into.length))
				return
			case 'zero':
				into.fill(0)
				return
			case 'unallocated':
				return await this.#readBacking(position, into)
		}
	}

	async #readBacking(position: number, into: Uint8Array): Promise<void> {
		const there = Math.min(into.length, Math.max(0, (this.#backing?.size ?? 0) - position))
		if (there > 0) await this.#backing!.read(position, into.subarray(0, there))
		into.fill(0, there)
	}

	/** Writes what lies in clusters that are written in place, or else in ones that are allocated. @returns how many bytes it wrote. */
	async #writeSome(position: number, from: Uint8Array): Promise<number> {
		const cluster = Math.floor(position / this.#clusterBytes)
		const most = Math.ceil((position + from.length) / this.#clusterBytes) - cluster
		const pending = this.#allocating.get(cluster)
		if (pending) {
			await pending.catch(() => {})
			return 0
		}
		const [mapping, ...others] = await this.#mapping.look(cluster, most)
		const bytesOf = (count: number) => Math.min(from.length, (cluster + count) * this.#clusterBytes - position)
		if (mapping!.kind !== 'data' || !mapping!.isOwn) {
			const count = 1 + lengthWhile(others, (other) => !(other.kind === 'data' && other.isOwn))
			return await this.#writeAllocating(position, from.subarray(0, bytesOf(count)))
		}
		const {host} = mapping!
		const inRow = lengthWhile(
			others,
			(other, index) => other.kind === 'data' && other.isOwn && other.host === host + (index + 1) * this.#clusterBytes,
		)
		const bytes = bytesOf(1 + inRow)
		this.#refuseTables({first: host / this.#clusterBytes, count: 1 + inRow})
		await this.#file.write(host + (position % this.#clusterBytes), from.subarray(0, bytes))
		return bytes
	}

	/** @throws if the guest would write over the image's own tables: the image is damaged, or made so. */
	#refuseTables({first, count}: Clusters): void {
		for (let cluster = first; cluster < first + count; cluster++)
			if (this.#refcounts.isTable(cluster)) throw new Error('the image has data where its tables are')
	}

	async #writeAllocating(position: number, from: Uint8Array): Promise<number> {
		const done = Promise.withResolvers<void>()
		const allocation = await this.#tables.run(() => this.#allocate(position, from.length, done.promise))
		if (!allocation) return 0
		const {cluster, old, place} = allocation
		try {
			const bytes = Math.min(from.length, (cluster + old.length) * this.#clusterBytes - position)
			await this.#fill(allocation, position, from.subarray(0, bytes))
			await this.#tables.run(async () => {
				const entries = old.map((_, index) => ownEntry((place.first + index) * this.#clusterBytes))
				await this.#mapping.change(cluster, entries)
				for (const [index, mapping] of old.entries()) this.#giveUp(mapping, (place.first + index) * this.#clusterBytes)
			})
			return bytes
		} catch (error) {
			// No table names the place; unless it was set aside for the cluster before.
			if (!isSetAside(old[0]!)) await this.#tables.run(() => this.#refcounts.release(place))
			throw error
		} finally {
			for (const index of old.keys()) this.#allocating.delete(cluster + index)
			done.resolve()
		}
	}

	/** @param done what others that write there wait for. @returns undefined if it has to be looked at again. */
	async #allocate(position: number, bytes: number, done: Promise<void>): Promise<Allocation | undefined> {
		const allocation = await this.#findPlace(position, bytes)
		// Before another can look.
		for (const index of allocation?.old.keys() ?? []) this.#allocating.set(allocation!.cluster + index, done)
		return allocation
	}

	async #findPlace(position: number, bytes: number): Promise<Allocation | undefined> {
		if (this.#isFull) await this.#writeTables()
		const cluster = Math.floor(position / this.#clusterBytes)
		const most = Math.ceil((position + bytes) / this.#clusterBytes) - cluster
		await this.#own(cluster)
		const mappings = await this.#mapping.look(cluster, most)
		const first = mappings[0]!
		const isFree = (mapping: Mapping, index: number) =>
			!(mapping.kind === 'data' && mapping.isOwn) && !this.#allocating.has(cluster + index)
		if (isFree(first, 0) && isSetAside(first)) {
			const place = {first: first.host / this.#clusterBytes, count: 1, isFresh: false}
			return {cluster, old: [first], place}
		}
		const count = lengthWhile(mappings, (mapping, index) => isFree(mapping, index) && !isSetAside(mapping))
		if (count === 0) return undefined
		const place = await this.#refcounts.allocate(count)
		return {cluster, old: mappings.slice(0, place.count), place}
	}

	async #own(cluster: number): Promise<void> {
		const shared = await this.#mapping.own(
			cluster,
			async () => (await this.#refcounts.allocate(1)).first * this.#clusterBytes,
		)
		if (shared !== undefined) this.#giveUpPlaces({first: shared / this.#clusterBytes, count: 1})
	}

	/** Writes the bytes into new clusters, and around them what was there. */
	async #fill({cluster, old, place}: Allocation, position: number, from: Uint8Array): Promise<void> {
		const start = cluster * this.#clusterBytes
		const end = start + old.length * this.#clusterBytes
		const [before, after] = [position - start, end - position - from.length]
		const host = place.first * this.#clusterBytes
		const isZero = (mapping: Mapping) => mapping.kind === 'zero' || (mapping.kind === 'unallocated' && !this.#backing)
		const needsNone =
			(before === 0 || (place.isFresh && isZero(old[0]!))) && (after === 0 || (place.isFresh && isZero(old.at(-1)!)))
		if (needsNone) return await this.#file.write(host + before, from)
		const whole = Buffer.allocUnsafe(end - start)
		if (before > 0) await this.#readRun(old[0]!, start, whole.subarray(0, before))
		whole.set(from, before)
		if (after > 0) await this.#readRun(old.at(-1)!, end - after, whole.subarray(whole.length - after))
		await this.#file.write(host, whole)
	}

	/** Changes what tables say of clusters that lie in a range; what lies in a cluster only in part is done by `part`. */
	async #eachCluster(
		{position, length}: {position: number; length: number},
		how: {
			whole: (mapping: Mapping) => Entry | 'write' | undefined
			part: (position: number, bytes: number) => Promise<void>
		},
	): Promise<void> {
		const end = position + length
		// The last cluster of the disk is whole even if the disk ends in it.
		const isWhole = (cluster: number) =>
			cluster * this.#clusterBytes >= position && Math.min((cluster + 1) * this.#clusterBytes, this.size) <= end
		for (let at = position, turns = 0; at < end; turns++) {
			if (turns % clustersPerTurn === clustersPerTurn - 1) await turn()
			const cluster = Math.floor(at / this.#clusterBytes)
			const next = Math.min(end, (cluster + 1) * this.#clusterBytes)
			if (!isWhole(cluster)) await how.part(at, next - at)
			else if (!this.#mapping.hasTable(cluster) && how.whole({kind: 'unallocated'}) === undefined) {
				at = Math.min(
					end,
					(Math.floor(cluster / this.#mapping.perTable) + 1) * this.#mapping.perTable * this.#clusterBytes,
				)
				continue
			} else if ((await this.#changeCluster(cluster, how.whole)) === 'write') await how.part(at, next - at)
			at = next
		}
	}

	async #changeCluster(
		cluster: number,
		entryFor: (mapping: Mapping) => Entry | 'write' | undefined,
	): Promise<'write' | 'done'> {
		await this.#allocating.get(cluster)?.catch(() => {})
		return await this.#tables.run(async () => {
			if (this.#isFull) await this.#writeTables()
			const [mapping] = await this.#mapping.look(cluster, 1)
			// A write that came first goes on: both were under way, so either may be the last.
			const entry = this.#allocating.has(cluster) ? undefined : entryFor(mapping!)
			if (entry === undefined) return 'done'
			if (entry === 'write') return 'write'
			await this.#own(cluster)
			await this.#mapping.change(cluster, [entry])
			const now = mappingOf(entry, this.#header)
			this.#giveUp(mapping!, now.kind === 'unallocated' ? undefined : now.host)
			return 'done'
		})
	}

	/** @param kept the place that the cluster has now. */
	#giveUp(mapping: Mapping, kept: number | undefined): void {
		if (mapping.kind === 'unallocated' || mapping.host === undefined || mapping.host === kept) return
		const first = Math.floor(mapping.host / this.#clusterBytes)
		if (mapping.kind !== 'compressed') return this.#giveUpPlaces({first, count: 1})
		this.#compressed.forget(mapping.host)
		const last = Math.floor((mapping.host + mapping.bytes - 1) / this.#clusterBytes)
		this.#giveUpPlaces({first, count: last - first + 1})
	}

	/** Once no access can still use the places, and no table on the disk names them, they are released. */
	#giveUpPlaces(places: Clusters): void {
		const item = {places, isSettled: false}
		this.#givenUp.push(item)
		void this.#operations.ended().then(() => {
			item.isSettled = true
		})
	}

	get #isFull(): boolean {
		return this.#mapping.isFull || this.#refcounts.isFull || this.#givenUp.length > mostGivenUp
	}

	get #isDirty(): boolean {
		return this.#mapping.isDirty || this.#refcounts.isDirty || this.#givenUp.length > 0
	}

	/** Holding the mutex. */
	async #writeTables(): Promise<void> {
		await this.#refcounts.write()
		// What L2 tables name, data and counts, is on the disk before they are.
		if (this.#mapping.isDirty) await this.#file.sync()
		await this.#mapping.writeTables()
		await this.#mapping.writeL1()
		const settled = this.#givenUp.filter(({isSettled}) => isSettled)
		if (settled.length === 0) return
		await this.#file.sync()
		this.#givenUp = this.#givenUp.filter(({isSettled}) => !isSettled)
		for (const {places} of settled) await this.#refcounts.release(places)
	}
}
