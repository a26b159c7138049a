/** How far a run is, on stderr: one line that is rewritten on a terminal, a line now and then elsewhere. */

/** Milliseconds between two lines where they stay. */
const pause = 10_000

/** What it needs of one. */
export type LineStream = Readonly<{isTTY?: boolean; columns?: number; write: (text: string) => unknown}>

export class LiveLine implements Disposable {
	readonly #stream: LineStream
	readonly #now: () => number
	#lastPlain: number

	/** @param now milliseconds; tests replace it. */
	constructor(stream: LineStream, now: () => number = () => performance.now()) {
		this.#stream = stream
		this.#now = now
		this.#lastPlain = now()
	}

	show(text: string): void {
		if (this.#stream.isTTY) {
			const {columns = 80} = this.#stream
			this.#stream.write(`\r\u001b[K${text.slice(0, columns - 1)}`)
			return
		}
		const now = this.#now()
		if (now - this.#lastPlain < pause) return
		this.#lastPlain = now
		this.#stream.write(`${text}\n`)
	}

	[Symbol.dispose](): void {
		if (this.#stream.isTTY) this.#stream.write('\r\u001b[K')
	}
}
