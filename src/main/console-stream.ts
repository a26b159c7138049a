/** The guest's console as an async iterable of bytes, with a way to type. */
import type {MachineConsole} from './machine-interface.ts'

export class ConsoleStream implements MachineConsole {
	readonly #type: (bytes: Uint8Array) => void
	readonly #pieces: Uint8Array[] = []
	#wake: (() => void) | undefined
	#ended = false

	/** @param type sends bytes to the guest. */
	constructor(type: (bytes: Uint8Array) => void) {
		this.#type = type
	}

	/** Types text or bytes at the guest's console. */
	write(data: string | Uint8Array): void {
		this.#type(typeof data === 'string' ? new TextEncoder().encode(data) : data)
	}

	/** Hands over what the guest printed. */
	push(pieces: readonly Uint8Array[]): void {
		this.#pieces.push(...pieces)
		this.#wake?.()
	}

	/** No more will come. */
	end(): void {
		this.#ended = true
		this.#wake?.()
	}

	/** What was printed, oldest first; ends with the machine. For one reader. */
	async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
		for (;;) {
			for (let piece = this.#pieces.shift(); piece; piece = this.#pieces.shift()) yield piece
			if (this.#ended) return
			await new Promise<void>((resolve) => {
				this.#wake = resolve
			})
			this.#wake = undefined
		}
	}
}
