/** Types lines, each when the guest seems to wait for one: input is lost before a guest has opened its console. */
import {afterRunning} from '../running-time.ts'

/** The console is at a prompt if its last line looks like one and there was no output for this long. */
export const promptQuietMs = 300
/** A guest without a prompt gets the next line after this long without output. Kernels may be silent for long, too. */
export const silenceMs = 30_000

const lineFeed = 0x0a
/** `# `, `$ `, `> `, `login: `, then perhaps a shell's query for the cursor's position. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the query begins with ESC
const prompt = /[#$>:?] ?(?:\x1b\[6n)?$/
const longestPrompt = 80

export type TypistOptions = Readonly<{
	text: Uint8Array
	write: (bytes: Uint8Array) => unknown
	/** For tests. Default: by time in which this process runs. A guest that is stopped with it is not silent. */
	after?: typeof afterRunning
}>

export class Typist implements Disposable {
	readonly #lines: Uint8Array[]
	readonly #write: (bytes: Uint8Array) => unknown
	readonly #after: typeof afterRunning
	#timer: Disposable | undefined
	#lastLine = ''

	constructor({text, write, after = afterRunning}: TypistOptions) {
		this.#lines = splitLines(text)
		this.#write = write
		this.#after = after
		this.#wait(silenceMs)
	}

	/** To be called with all output of the console. */
	sees(output: Uint8Array): void {
		if (output.length === 0) return
		const text = this.#lastLine + Buffer.from(output).toString('latin1')
		this.#lastLine = text.slice(text.lastIndexOf('\n') + 1).slice(-longestPrompt)
		this.#wait(prompt.test(this.#lastLine) ? promptQuietMs : silenceMs)
	}

	#wait(ms: number): void {
		this.#timer?.[Symbol.dispose]()
		if (this.#lines.length > 0) this.#timer = this.#after(ms, () => this.#typeLine())
	}

	#typeLine(): void {
		this.#write(this.#lines.shift()!)
		this.#wait(silenceMs)
	}

	[Symbol.dispose](): void {
		this.#timer?.[Symbol.dispose]()
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
