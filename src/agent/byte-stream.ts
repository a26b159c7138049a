/** Bytes that come from a command, as an async iterable. What its reader has not taken is bounded by the credit that was given. */

/** How many bytes may come that no reader has taken. */
export const streamWindow = 262_144

type Options = Readonly<{
	/** Gives the writer credit. */
	credit: (bytes: number) => void
	/** Nobody reads any more. */
	stopped: () => void
}>

export class ByteStream implements AsyncIterableIterator<Uint8Array> {
	readonly #options: Options
	#chunks: Uint8Array[] = []
	#held = 0
	/** Taken by the reader, and not given as credit yet. */
	#taken = 0
	#end: 'open' | 'ended' | Error = 'open'
	#isStopped = false
	#wake: (() => void) | undefined

	constructor(options: Options) {
		this.#options = options
	}

	/** @throws if the writer did not have credit for it. */
	push(bytes: Uint8Array): void {
		if (this.#held + this.#taken + bytes.length > streamWindow)
			throw new Error('more bytes came than there was credit for')
		if (this.#isStopped || this.#end !== 'open') return
		this.#held += bytes.length
		// A copy: the frame is part of a buffer that goes on.
		this.#chunks.push(bytes.slice())
		this.#rouse()
	}

	/** No more comes. @param error why not. */
	end(error?: Error): void {
		if (this.#end === 'open') this.#end = error ?? 'ended'
		this.#rouse()
	}

	[Symbol.asyncIterator](): this {
		return this
	}

	/** @throws if the machine ends before the command does. */
	async next(): Promise<IteratorResult<Uint8Array>> {
		// What was returned before is done with.
		this.#giveCredit()
		while (this.#chunks.length === 0 && this.#end === 'open' && !this.#isStopped)
			await new Promise<void>((resolve) => {
				this.#wake = resolve
			})
		const chunk = this.#chunks.shift()
		if (chunk) {
			this.#held -= chunk.length
			this.#taken += chunk.length
			return {value: chunk, done: false}
		}
		if (this.#end instanceof Error) throw this.#end
		return {value: undefined, done: true}
	}

	/** The reader has enough: the command learns of it as from a closed pipe. */
	async return(): Promise<IteratorResult<Uint8Array>> {
		if (!this.#isStopped && this.#end === 'open') this.#options.stopped()
		this.#isStopped = true
		this.#chunks = []
		this.#held = 0
		this.#rouse()
		return {value: undefined, done: true}
	}

	/** Not for every chunk: frames of credit cost, too. */
	#giveCredit(): void {
		if (this.#end !== 'open' || this.#isStopped) return
		if (this.#taken < streamWindow / 4 && this.#held > 0) return
		if (this.#taken > 0) this.#options.credit(this.#taken)
		this.#taken = 0
	}

	#rouse(): void {
		const wake = this.#wake
		this.#wake = undefined
		wake?.()
	}
}
