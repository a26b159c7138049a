/** A file of an image, by its descriptor. Any number of accesses may be under way. */
import {fdatasync, fstat, read, readSync, write, writeSync} from 'node:fs'
import {Pace, type Waiting} from '../pace.ts'

export class ImageFile {
	readonly #descriptor: number
	readonly #pace: Pace
	/** Why a sync() failed. The host says that once, and may then take the pages that it lost for written. */
	#lost: Error | undefined

	/**
	 * @param descriptor of a file that is open; its opener closes it.
	 * @param waiting `adaptive` for a thread of which nothing else is wanted: what the host's page cache has is read there and
	 * then, without two changes of threads.
	 */
	constructor(descriptor: number, waiting: Waiting = 'pool') {
		this.#descriptor = descriptor
		this.#pace = new Pace(waiting)
	}

	/** Fills `into`; what is beyond the file's end is zeroes. */
	async read(position: number, into: Uint8Array): Promise<void> {
		let done = 0
		while (done < into.length) {
			const bytes = await this.#read(into, done, position + done)
			if (bytes === 0) {
				into.fill(0, done)
				return
			}
			done += bytes
		}
	}

	async write(position: number, from: Uint8Array): Promise<void> {
		let done = 0
		while (done < from.length) done += await this.#write(from, done, position + done)
	}

	/** Resolves once all that was written before is on the host's disk. Once it has failed it always does. */
	async sync(): Promise<void> {
		if (this.#lost) throw this.#lost
		const {promise, resolve, reject} = Promise.withResolvers<void>()
		fdatasync(this.#descriptor, (error) => (error ? reject(error) : resolve()))
		try {
			await promise
		} catch (error) {
			this.#lost = error as Error
		}
		// Another one may have failed meanwhile.
		if (this.#lost) throw this.#lost
	}

	/** Bytes. */
	size(): Promise<number> {
		const {promise, resolve, reject} = Promise.withResolvers<number>()
		fstat(this.#descriptor, (error, {size} = {size: 0} as never) => (error ? reject(error) : resolve(size)))
		return promise
	}

	#read(into: Uint8Array, from: number, position: number): number | Promise<number> {
		if (this.#pace.inline())
			return this.#pace.timed(() => readSync(this.#descriptor, into, from, into.length - from, position))
		const {promise, resolve, reject} = Promise.withResolvers<number>()
		read(this.#descriptor, into, from, into.length - from, position, (error, bytes) =>
			error ? reject(error) : resolve(bytes),
		)
		return promise
	}

	#write(bytes: Uint8Array, from: number, position: number): number | Promise<number> {
		if (this.#pace.inline())
			return this.#pace.timed(() => writeSync(this.#descriptor, bytes, from, bytes.length - from, position))
		const {promise, resolve, reject} = Promise.withResolvers<number>()
		write(this.#descriptor, bytes, from, bytes.length - from, position, (error, written) =>
			error ? reject(error) : resolve(written),
		)
		return promise
	}
}
