/** Types lines, each when the guest seems to wait for one: input is lost before a guest has opened its console. */

/** The console is at a prompt if its last line looks like one and there was no output for this long. */
const promptQuietMs = 300
/** A guest without a prompt gets the next line after this long without output. Kernels may be silent for long, too. */
const silenceMs = 30_000

const lineFeed = 0x0a
/** `# `, `$ `, `> `, `login: `, then perhaps a shell's query for the cursor's position. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the query begins with ESC
const prompt = /[#$>:?] ?(?:\x1b\[6n)?$/
const longestPrompt = 80

export type TypistOptions = Readonly<{
	text: Uint8Array
	write: (bytes: Uint8Array) => unknown
	/** For tests. */
	delays?: Readonly<{promptQuietMs: number; silenceMs: number}>
}>

export class Typist implements Disposable {
	readonly #lines: Uint8Array[]
	readonly #write: (bytes: Uint8Array) => unknown
	readonly #delays: Readonly<{promptQuietMs: number; silenceMs: number}>
	#timer: NodeJS.Timeout | undefined
	#lastLine = ''

	constructor({text, write, delays = {promptQuietMs, silenceMs}}: TypistOptions) {
		this.#lines = splitLines(text)
		this.#write = write
		this.#delays = delays
		this.#wait(delays.silenceMs)
	}

	/** To be called with all output of the console. */
	sees(output: Uint8Array): void {
		if (output.length === 0) return
		const text = this.#lastLine + Buffer.from(output).toString('latin1')
		this.#lastLine = text.slice(text.lastIndexOf('\n') + 1).slice(-longestPrompt)
		this.#wait(prompt.test(this.#lastLine) ? this.#delays.promptQuietMs : this.#delays.silenceMs)
	}

	#wait(ms: number): void {
		clearTimeout(this.#timer)
		if (this.#lines.length > 0) this.#timer = setTimeout(() => this.#typeLine(), ms)
	}

	#typeLine(): void {
		this.#write(this.#lines.shift()!)
		this.#wait(this.#delays.silenceMs)
	}

	[Symbol.dispose](): void {
		clearTimeout(this.#timer)
	}
}

/** Lines include their line feed; the last may have none. */
function splitLines(text: Uint8Array): Uint8Array[] {
	const lines: Uint8Array[] = []
	for (let start = 0; start < text.length; ) {
		const end = text.indexOf(lineFeed, start)
		const next = end < 0 ? text.length : end + 1
		lines.push(text.subarray(start, next))
		start = next
	}
	return lines
}
