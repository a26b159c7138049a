/** Tells of each line of the console that matches a pattern. A line may arrive in pieces. */

/** Characters; what is longer is no line that anyone waits for. */
const longestLine = 65_536

export class LineWatcher {
	readonly #pattern: RegExp
	readonly #onLine: (line: string) => void
	readonly #decoder = new TextDecoder()
	#rest = ''

	constructor(pattern: RegExp, onLine: (line: string) => void) {
		this.#pattern = pattern
		this.#onLine = onLine
	}

	push(bytes: Uint8Array): void {
		const lines = (this.#rest + this.#decoder.decode(bytes, {stream: true})).split('\n')
		this.#rest = lines.pop()!.slice(-longestLine)
		for (const line of lines.map((each) => each.replaceAll('\r', ''))) if (this.#pattern.test(line)) this.#onLine(line)
	}
}
