/** Tables of an image in memory: those that were used last, and those that are yet to be written. */
import type {ImageFile} from '../image-file.ts'

/** @property dirty the bytes that are yet to be written: from the first up to, not including, the second. */
type Table = {readonly bytes: Buffer; dirty: readonly [number, number] | undefined}

export class TableCache {
	readonly #file: ImageFile
	readonly #tableBytes: number
	readonly #most: number
	/** By offset in the file; those used last are at the end. */
	readonly #tables = new Map<number, Table>()
	readonly #loading = new Map<number, Promise<Buffer>>()
	#dirty = 0

	constructor(file: ImageFile, {tableBytes, bytes}: {tableBytes: number; bytes: number}) {
		this.#file = file
		this.#tableBytes = tableBytes
		this.#most = Math.max(4, Math.floor(bytes / tableBytes))
	}

	/** Whether half of the tables are yet to be written: time to write them. */
	get isFull(): boolean {
		return this.#dirty * 2 >= this.#most
	}

	get isDirty(): boolean {
		return this.#dirty > 0
	}

	/** To be read at once: later it may be another copy. */
	async get(offset: number): Promise<Buffer> {
		const table = this.#tables.get(offset)
		if (table) {
			this.#tables.delete(offset)
			this.#tables.set(offset, table)
			return table.bytes
		}
		let loading = this.#loading.get(offset)
		if (!loading) {
			loading = this.#load(offset).finally(() => this.#loading.delete(offset))
			this.#loading.set(offset, loading)
		}
		return await loading
	}

	/** Changes bytes of a table, loading it first. @param range from and to, bytes. */
	async change(offset: number, [from, to]: readonly [number, number], change: (table: Buffer) => void): Promise<void> {
		let table = this.#tables.get(offset)
		// It may be evicted before this goes on.
		for (; !table; table = this.#tables.get(offset)) await this.get(offset)
		change(table.bytes)
		if (!table.dirty) this.#dirty++
		const [first, last] = table.dirty ?? [from, to]
		table.dirty = [Math.min(first, from), Math.max(last, to)]
	}

	/** Adds a new table, all of which is to be written. */
	add(offset: number, bytes: Buffer): void {
		if (this.#tables.get(offset)?.dirty) this.#dirty--
		this.#tables.set(offset, {bytes, dirty: [0, bytes.length]})
		this.#dirty++
		this.#evict()
	}

	/** Writes what is dirty. The caller sees to it that no table changes meanwhile. */
	async write(): Promise<void> {
		for (const [offset, table] of this.#tables) {
			if (!table.dirty) continue
			const [from, to] = table.dirty
			await this.#file.write(offset + from, table.bytes.subarray(from, to))
			table.dirty = undefined
			this.#dirty--
		}
		this.#evict()
	}

	async #load(offset: number): Promise<Buffer> {
		const bytes = Buffer.allocUnsafeSlow(this.#tableBytes)
		await this.#file.read(offset, bytes)
		// It may have been added meanwhile.
		const added = this.#tables.get(offset)
		if (added) return added.bytes
		this.#tables.set(offset, {bytes, dirty: undefined})
		this.#evict()
		return bytes
	}

	#evict(): void {
		for (const [offset, {dirty}] of this.#tables) {
			if (this.#tables.size <= this.#most) return
			if (!dirty) this.#tables.delete(offset)
		}
	}
}
