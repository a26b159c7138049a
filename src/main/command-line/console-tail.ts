/** The last lines of a guest's console, which nobody reads unless something goes wrong. */
import type {MachineConsole} from '../machine-interface.ts'

const keptBytes = 4096
const shownLines = 12

export class ConsoleTail {
	/** Resolves when no more comes. */
	readonly ended: Promise<void>
	#kept = Buffer.alloc(0)

	/** @param options.shows whether all of it goes to stderr. */
	constructor(console: MachineConsole, {shows}: Readonly<{shows: boolean}>) {
		this.ended = this.#read(console, shows)
	}

	/** For the end of a message: nothing if there are none. */
	lines(): string {
		const lines = this.#kept
			.toString('latin1')
			.split(/[\r\n]+/)
			.map(printable)
			.filter((line) => line !== '')
		if (lines.length === 0) return ''
		return `. The last lines of its console: ${lines.slice(-shownLines).join(' | ')}`
	}

	async #read(console: MachineConsole, shows: boolean): Promise<void> {
		for await (const bytes of console) {
			if (shows) process.stderr.write(bytes)
			this.#kept = Buffer.concat([this.#kept, bytes]).subarray(-keptBytes)
		}
	}
}

/** It may have escape sequences, which are not for this terminal. */
function printable(line: string): string {
	return line.replace(/[^\x20-\x7e]+/g, ' ').trim()
}
