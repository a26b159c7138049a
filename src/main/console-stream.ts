/** The guest's console as an async iterable of bytes, with a way to type. */
import {expected} from '../errors.ts'
import type {MachineConsole} from './machine-interface.ts'

/** Unread bytes above which a reader stops the guest's output; without a reader, the oldest are dropped. */
const backlogLimit = 2 ** 20

/** The machine's end of the console. */
export type ConsoleEnd = Readonly<{
	/** Sends bytes to the guest. @param taken to be called once it has taken all of them. */
	type: (bytes: Uint8Array, taken: () => void) => void
	/** Called when the stream is no longer full. */
	hasRoom: () => void
}>

export class ConsoleStream implements MachineConsole {
	/** Undefined once no more output will come: a console that someone still holds must not hold the machine. */
	#machine: ConsoleEnd | undefined
	readonly #pieces: Uint8Array[] = []
	/** Of writes that the guest has not taken. */
	readonly #writes = new Set<(taken: boolean) => void>()
	#backlog = 0
	#hasReader = false
	#wake: (() => void) | undefined

	constructor(machine: ConsoleEnd) {
		this.#machine = machine
	}

	/** Whether the reader is so far behind that no more should be pushed. */
	get full(): boolean {
		return this.#hasReader && this.#backlog >= backlogLimit
	}

	/** See MachineConsole. @throws UserError for what is neither text nor bytes. */
	async write(data: string | Uint8Array): Promise<boolean> {
		if (typeof data !== 'string' && !(data instanceof Uint8Array))
			throw expected('text or a Uint8Array to type', data === null ? 'null' : typeof data)
		const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
		const {promise, resolve} = Promise.withResolvers<boolean>()
		if (!this.#machine) return false
		this.#writes.add(resolve)
		this.#machine.type(bytes, () => {
			this.#writes.delete(resolve)
			resolve(true)
		})
		return await promise
	}

	/** Adds output of the guest. */
	push(pieces: readonly Uint8Array[]): void {
		for (const piece of pieces) {
			this.#pieces.push(piece)
			this.#backlog += piece.length
		}
		// Without a reader the guest must not block.
		while (!this.#hasReader && this.#backlog > backlogLimit) this.#take()
		this.#wake?.()
	}

	/** No more output will come. */
	end(): void {
		this.#machine = undefined
		this.#wake?.()
		for (const resolve of this.#writes) resolve(false)
		this.#writes.clear()
	}

	/**
	 * The guest's output, oldest first; ends with the machine. For one reader at a time: if it falls behind by more than
	 * 1 MiB, the guest waits for it. Of the output before there was a reader, the last MiB is kept.
	 * @throws UserError, at the first read, while there is another reader.
	 */
	async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
		if (this.#hasReader) throw expected("one reader of the machine's console at a time", 'a second one')
		this.#hasReader = true
		try {
			for (;;) {
				for (let piece = this.#take(); piece; piece = this.#take()) yield piece
				if (!this.#machine) return
				await new Promise<void>((resolve) => {
					this.#wake = resolve
				})
				this.#wake = undefined
			}
		} finally {
			this.#hasReader = false
			this.#machine?.hasRoom()
		}
	}

	#take(): Uint8Array | undefined {
		const wasFull = this.full
		const piece = this.#pieces.shift()
		this.#backlog -= piece?.length ?? 0
		if (wasFull && !this.full) this.#machine?.hasRoom()
		return piece
	}
}
