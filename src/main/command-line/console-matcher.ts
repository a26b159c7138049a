/** Matches the console's output against a pattern; a match may arrive in pieces. */
import {expected} from '../../errors.ts'

/** Characters that are kept; no match is longer. */
const windowLength = 65_536

/** `^` and `$` match at each line; carriage returns are removed before matching. @throws UserError */
export function parsePattern(text: string, option: string): RegExp {
	// What an unset variable of a shell leaves would match anything.
	if (text === '') throw expected(`${option} to be a regular expression`, '""')
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

	/** @returns whether the pattern matches the output so far. */
	push(bytes: Uint8Array): boolean {
		const text = this.#decoder.decode(bytes, {stream: true}).replaceAll('\r', '')
		// Searched before it is cut, so that a long chunk is searched as a whole.
		this.#window += text
		const matches = this.#pattern.test(this.#window)
		this.#window = this.#window.slice(-windowLength)
		return matches
	}
}
