/** How far a run is, on stderr: one line that is rewritten on a terminal, a line now and then elsewhere. */

/** Milliseconds between two lines where they stay. */
const pause = 10_000

export class LiveLine implements Disposable {
	readonly #stream: NodeJS.WriteStream
	#lastPlain = performance.now()

	constructor(stream: NodeJS.WriteStream) {
		this.#stream = stream
	}

	show(text: string): void {
		if (this.#stream.isTTY) {
			const {columns = 80} = this.#stream
			this.#stream.write(`\r\u001b[K${text.slice(0, columns - 1)}`)
			return
		}
		if (performance.now() - this.#lastPlain < pause) return
		this.#lastPlain = performance.now()
		this.#stream.write(`${text}\n`)
	}

	[Symbol.dispose](): void {
		if (this.#stream.isTTY) this.#stream.write('\r\u001b[K')
	}
}
