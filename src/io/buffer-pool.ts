/** The memory through which the data of requests passes, so much and no more: who finds none waits. */

/** A request's data passes in pieces of at most so much. */
export const pieceBytes = 2 ** 20
const leastBytes = 4096
const mostBytes = 32 * 2 ** 20

export class BufferPool {
	/** By size. */
	readonly #free = new Map<number, Uint8Array[]>()
	#used = 0
	/** Bytes of buffers that are free. */
	#kept = 0
	readonly #waiting: (() => void)[] = []

	/** Runs `body` with a buffer of `bytes`, at most pieceBytes. It has what was in it before. */
	async use<Result>(bytes: number, body: (buffer: Uint8Array) => Promise<Result>): Promise<Result> {
		const size = leastBytes << Math.max(0, 20 - Math.clz32((bytes - 1) | 0))
		while (this.#used + size > mostBytes) await new Promise<void>((resolve) => this.#waiting.push(resolve))
		this.#used += size
		const buffer = this.#take(size)
		try {
			return await body(buffer.subarray(0, bytes))
		} finally {
			this.#used -= size
			this.#keep(buffer)
			for (const resolve of this.#waiting.splice(0)) resolve()
		}
	}

	#take(size: number): Uint8Array {
		const buffer = this.#free.get(size)?.pop()
		if (buffer) this.#kept -= size
		return buffer ?? new Uint8Array(size)
	}

	#keep(buffer: Uint8Array): void {
		if (this.#kept + buffer.length > mostBytes) return
		this.#kept += buffer.length
		const free = this.#free.get(buffer.length)
		if (free) free.push(buffer)
		else this.#free.set(buffer.length, [buffer])
	}
}
