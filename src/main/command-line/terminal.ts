/** The user's terminal: raw while the guest's console is on it, and put back whatever happens. */
import type {ReadStream, WriteStream} from 'node:tty'

type Input = NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY' | 'setRawMode'>>
type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY'>>

export type Streams = Readonly<{stdin: Input; stdout: Output; stderr: Output}>

/** What a guest may have left switched: colours off, cursor shown, lines wrapping, bracketed paste off. */
const resetSequence = '\u001b[0m\u001b[?25h\u001b[?7h\u001b[?2004l'
const lineFeed = 0x0a

export class Terminal implements Disposable {
	readonly #streams: Streams
	readonly #cleanup = new DisposableStack()
	#raw = false
	/** Whether the console's last line is unfinished. */
	#midLine = false

	constructor(streams: Streams = process) {
		this.#streams = streams
	}

	/** Whether someone sits there and types. */
	get interactive(): boolean {
		return this.#streams.stdin.isTTY === true
	}

	/**
	 * Gives every key to `onKeys`, raw if it is a terminal. Restored by disposing, and at the process's exit,
	 * which Node also reaches after an uncaught exception.
	 */
	attach(onKeys: (bytes: Uint8Array) => void): void {
		const {stdin} = this.#streams
		if (this.interactive) {
			const restore = () => this.#leaveRaw()
			const resume = () => stdin.setRawMode?.(true)
			process.once('exit', restore)
			process.on('SIGCONT', resume)
			this.#cleanup.defer(() => {
				process.off('exit', restore)
				process.off('SIGCONT', resume)
				restore()
			})
			stdin.setRawMode?.(true)
			this.#raw = true
		}
		stdin.on('data', onKeys)
		// A standard input that cannot be read (closed, a folder) is one without keys.
		const ignore = () => {}
		stdin.on('error', ignore)
		this.#cleanup.defer(() => {
			stdin.off('data', onKeys)
			stdin.pause()
		})
	}

	/** Console bytes, on stdout. @returns when there is room for more. */
	async show(bytes: Uint8Array): Promise<void> {
		if (bytes.length > 0) this.#midLine = bytes.at(-1) !== lineFeed
		const {stdout} = this.#streams
		if (stdout.write(bytes)) return
		const {promise, resolve} = Promise.withResolvers<void>()
		stdout.once('drain', resolve).once('error', resolve).once('close', resolve)
		await promise
		stdout.off('drain', resolve).off('error', resolve).off('close', resolve)
	}

	/** A line of our own, on stderr, never in the middle of the console's. */
	say(line: string): void {
		const {stdout, stderr} = this.#streams
		const shared = stdout.isTTY === true && stderr.isTTY === true
		// Raw is for keys only: libuv leaves the terminal to return the carriage at a line feed.
		stderr.write(`${shared && this.#midLine ? '\n' : ''}${line}\n`)
		if (shared) this.#midLine = false
	}

	#leaveRaw(): void {
		if (!this.#raw) return
		this.#raw = false
		this.#streams.stdin.setRawMode?.(false)
		// What the shell prints next starts on a line of its own.
		if (this.#streams.stdout.isTTY) this.#streams.stdout.write(`${resetSequence}${this.#midLine ? '\n' : ''}`)
	}

	[Symbol.dispose](): void {
		this.#cleanup.dispose()
	}
}
