/** The guest's console as an async iterable of bytes, with a way to type. */
import type {MachineConsole} from './machine-interface.ts'

/** Unread bytes above which a reader stops the guest's output; without a reader, the oldest are dropped. */
const backlogLimit = 2 ** 20

export class ConsoleStream implements MachineConsole {
	readonly #type: (bytes: Uint8Array) => boolean
	readonly #hasRoom: () => void
	readonly #pieces: Uint8Array[] = []
	#backlog = 0
	#readers = 0
	#wake: (() => void) | undefined
	#ended = false
	/** Set while typed bytes wait for the guest. */
	#typing: PromiseWithResolvers<void> | undefined

	/**
	 * @param options.type sends bytes to the guest, and says whether none wait; if some do, call taken() later.
	 * @param options.hasRoom called when the stream is no longer full.
	 */
	constructor({type, hasRoom}: {type: (bytes: Uint8Array) => boolean; hasRoom: () => void}) {
		this.#type = type
		this.#hasRoom = hasRoom
	}

	/** Whether the reader is so far behind that no more should be pushed. */
	get full(): boolean {
		return this.#readers > 0 && this.#backlog >= backlogLimit
	}

	/**
	 * Types text or bytes at the guest's console. What the guest has no room for waits in memory: to type much, await the
	 * promise. @returns a promise that resolves when the guest's UART has taken all that was typed, or the machine is over.
	 */
	async write(data: string | Uint8Array): Promise<void> {
		if (this.#ended || this.#type(typeof data === 'string' ? new TextEncoder().encode(data) : data)) return
		this.#typing ??= Promise.withResolvers()
		await this.#typing.promise
	}

	/** The guest has taken all that was typed. */
	taken(): void {
		this.#typing?.resolve()
		this.#typing = undefined
	}

	/** Adds output of the guest. */
	push(pieces: readonly Uint8Array[]): void {
		for (const piece of pieces) {
			this.#pieces.push(piece)
			this.#backlog += piece.length
		}
		// Without a reader the guest must not block.
		while (this.#readers === 0 && this.#backlog > backlogLimit) this.#take()
		this.#wake?.()
	}

	/** No more output will come. */
	end(): void {
		this.#ended = true
		this.taken()
		this.#wake?.()
	}

	/**
	 * The guest's output, oldest first; ends with the machine. For one reader: if it falls behind by more than 1 MiB, the
	 * guest waits for it. Of the output before there was a reader, the last MiB is kept.
	 */
	async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
		this.#readers += 1
		try {
			for (;;) {
				for (let piece = this.#take(); piece; piece = this.#take()) yield piece
				if (this.#ended) return
				await new Promise<void>((resolve) => {
					this.#wake = resolve
				})
				this.#wake = undefined
			}
		} finally {
			this.#readers -= 1
			this.#hasRoom()
		}
	}

	#take(): Uint8Array | undefined {
		const wasFull = this.full
		const piece = this.#pieces.shift()
		this.#backlog -= piece?.length ?? 0
		if (wasFull && !this.full) this.#hasRoom()
		return piece
	}
}
