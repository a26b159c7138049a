/** Files that fids have opened: contents, synchronization, and the list of a directory. */
import {
	closeSync,
	fdatasync,
	fdatasyncSync,
	fsync,
	fsyncSync,
	read,
	readdirSync,
	readvSync,
	write,
	writevSync,
} from 'node:fs'
import {Refusal} from './errno.ts'
import type {ByteString} from './message-reader.ts'

/** What one call may take (IOV_MAX). */
const maximumParts = 1024

export class OpenFile {
	readonly descriptor: number
	readonly kind: 'file' | 'folder'
	readonly writable: boolean
	/** Names as they were when the directory was last read from its start; the place of a name is its offset, so it stays valid. */
	names: readonly ByteString[] | undefined
	/** Calls on Node's pool that use the descriptor. */
	#busy = 0
	#closed = false

	constructor(descriptor: number, kind: 'file' | 'folder', writable: boolean) {
		this.descriptor = descriptor
		this.kind = kind
		this.writable = writable
	}

	/** Closes it when the last call has ended: its number may be another file's at once. */
	close(): void {
		this.#closed = true
		if (this.#busy === 0) closeSync(this.descriptor)
	}

	/** Reads on this thread, straight into the parts. @returns bytes: fewer only at the end of the file, or where one call takes no more. */
	read(parts: Uint8Array[], position: number): number {
		return readvSync(this.descriptor, parts.length > maximumParts ? parts.slice(0, maximumParts) : parts, position)
	}

	write(parts: Uint8Array[], position: number): number {
		return writevSync(this.descriptor, parts.length > maximumParts ? parts.slice(0, maximumParts) : parts, position)
	}

	/** On Node's pool. @returns what was read. */
	async readLater(length: number, position: number): Promise<Uint8Array> {
		const bytes = new Uint8Array(length)
		return bytes.subarray(0, await this.#onPool((done) => read(this.descriptor, bytes, 0, length, position, done)))
	}

	writeLater(bytes: Uint8Array, position: number): Promise<number> {
		return this.#onPool((done) => write(this.descriptor, bytes, 0, bytes.length, position, done))
	}

	synchronizeHere(what: 'contents' | 'all'): void {
		if (what === 'all') fsyncSync(this.descriptor)
		else fdatasyncSync(this.descriptor)
	}

	/** On Node's pool: it waits for the disk. */
	async synchronize(what: 'contents' | 'all'): Promise<void> {
		await this.#onPool((done) => (what === 'all' ? fsync : fdatasync)(this.descriptor, (error) => done(error, 0)))
	}

	/** Reads the directory anew. */
	list(): readonly ByteString[] {
		if (this.kind !== 'folder') throw new Refusal('EINVAL')
		this.names = readdirSync(`/proc/self/fd/${this.descriptor}/`, {encoding: 'latin1'})
		return this.names
	}

	#onPool(call: (done: (error: Error | null, count: number) => void) => void): Promise<number> {
		this.#busy++
		return new Promise((resolve, reject) => {
			call((error, count) => {
				if (--this.#busy === 0 && this.#closed) closeSync(this.descriptor)
				if (error) reject(error)
				else resolve(count)
			})
		})
	}
}
