/** Watches the console for a pattern, which may come in pieces. */
import {expected} from '../../errors.ts'

/** Characters that are kept: a match can be no longer. */
const windowLength = 65_536

/** `^` and `$` match at each line; carriage returns are left out before matching. @throws UserError */
export function parsePattern(text: string, option: string): RegExp {
	try {
		return new RegExp(text, 'm')
	} catch (error) {
		const reason = (error as Error).message.replace(/^Invalid regular expression: /, '')
		throw expected(`${option} to be a regular expression`, reason)
	}
}

export class ConsoleMatcher {
	readonly #pattern: RegExp
	readonly #decoder = new TextDecoder()
	#window = ''

	constructor(pattern: RegExp) {
		this.#pattern = pattern
	}

	/** @returns whether the pattern matches what the console has printed so far. */
	push(bytes: Uint8Array): boolean {
		const text = this.#decoder.decode(bytes, {stream: true}).replaceAll('\r', '')
		// The window grows by whole chunks before it is cut, so that a long chunk is searched as a whole.
		this.#window += text
		const matches = this.#pattern.test(this.#window)
		this.#window = this.#window.slice(-windowLength)
		return matches
	}
}
