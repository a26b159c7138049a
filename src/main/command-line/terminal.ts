/** The user's terminal: raw while it shows the guest's console, and restored in any case. */
import type {ReadStream, WriteStream} from 'node:tty'

type Input = NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY' | 'setRawMode'>>
type Output = NodeJS.WritableStream &
	Partial<Pick<WriteStream, 'isTTY'>> & {_handle?: {setBlocking?: (blocking: boolean) => unknown}}

export type Streams = Readonly<{stdin: Input; stdout: Output; stderr: Output}>

/** Undoes modes that a guest may have left set: no colours, cursor shown, lines wrapped, no bracketed paste. */
const resetSequence = '\u001b[0m\u001b[?25h\u001b[?7h\u001b[?2004l'
const lineFeed = 0x0a

export class Terminal implements Disposable {
	readonly #streams: Streams
	readonly #cleanup = new DisposableStack()
	#raw = false
	/** Whether the console's last line has no line feed yet. */
	#midLine = false

	constructor(streams: Streams = process) {
		this.#streams = streams
		// Node writes to a terminal with blocking calls: one that nobody reads would stop this thread, and its signals.
		if (streams.stdout.isTTY) streams.stdout._handle?.setBlocking?.(false)
	}

	/** Whether a person may be typing. */
	get interactive(): boolean {
		return this.#streams.stdin.isTTY === true
	}

	/** Whether the terminal that shows the output answers what the guest asks it. */
	get answers(): boolean {
		return this.interactive && this.#streams.stdout.isTTY === true
	}

	/**
	 * Passes every key to `onKeys`, and reads no more until what that returns has resolved. A terminal becomes raw. It is
	 * restored on disposal and when the process exits, also after an uncaught exception.
	 */
	attach(onKeys: (bytes: Uint8Array) => Promise<void> | undefined): void {
		const {stdin} = this.#streams
		if (this.interactive) {
			const restore = () => this.#leaveRaw()
			const suspend = () => {
				this.#leaveRaw()
				// The signal's own effect: stops the process here, unless its group is orphaned.
				process.off('SIGTSTP', suspend)
				process.kill(process.pid, 'SIGTSTP')
				process.on('SIGTSTP', suspend)
				this.#enterRaw()
			}
			// A shell sets the terminal's mode while we are stopped, also by SIGSTOP.
			const resume = () => this.#enterRaw()
			process.once('exit', restore)
			process.on('SIGTSTP', suspend)
			process.on('SIGCONT', resume)
			this.#cleanup.defer(() => {
				process.off('exit', restore)
				process.off('SIGTSTP', suspend)
				process.off('SIGCONT', resume)
				restore()
			})
			this.#enterRaw()
		}
		let attached = true
		const take = async (bytes: Uint8Array) => {
			const taken = onKeys(bytes)
			if (!taken) return
			stdin.pause()
			await taken
			if (attached) stdin.resume()
		}
		stdin.on('data', take)
		// A standard input that cannot be read (closed, or a folder) has no keys.
		const ignore = () => {}
		stdin.on('error', ignore)
		this.#cleanup.defer(() => {
			attached = false
			stdin.off('data', take)
			stdin.pause()
		})
	}

	/** Writes console output to stdout. Resolves when there is room for more. */
	async show(bytes: Uint8Array): Promise<void> {
		if (bytes.length > 0) this.#midLine = bytes.at(-1) !== lineFeed
		const {stdout} = this.#streams
		if (stdout.write(bytes)) return
		const {promise, resolve} = Promise.withResolvers<void>()
		stdout.once('drain', resolve).once('error', resolve).once('close', resolve)
		await promise
		stdout.off('drain', resolve).off('error', resolve).off('close', resolve)
	}

	/** Writes a line of our own to stderr, never into a line of the console's. */
	say(line: string): void {
		const {stdout, stderr} = this.#streams
		const shared = stdout.isTTY === true && stderr.isTTY === true
		// `\n` is enough in raw mode: libuv leaves output processing on.
		stderr.write(`${shared && this.#midLine ? '\n' : ''}${line}\n`)
		if (shared) this.#midLine = false
	}

	#enterRaw(): void {
		const {stdin} = this.#streams
		// libuv does nothing if it believes that the terminal is raw. It restores the mode that it finds now.
		if (this.#raw) stdin.setRawMode?.(false)
		stdin.setRawMode?.(true)
		this.#raw = true
	}

	#leaveRaw(): void {
		if (!this.#raw) return
		this.#raw = false
		this.#streams.stdin.setRawMode?.(false)
		// The shell's next output starts on a new line.
		if (this.#streams.stdout.isTTY) this.#streams.stdout.write(`${resetSequence}${this.#midLine ? '\n' : ''}`)
	}

	[Symbol.dispose](): void {
		this.#cleanup.dispose()
	}
}
