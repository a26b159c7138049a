/**
 * Takes out what a guest asks a terminal, where no terminal answers: busybox's shell asks for the cursor's position at
 * each prompt, and in a file or a pipe the question is noise.
 */

const escapeByte = 0x1b
/** Device status report and device attributes. ECMA-48, 8.3.35 and 8.3.24; xterm, "Control Sequences". */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences begin with ESC
const query = /\x1b\[(?:\??[56]n|[>=?]?0?c)/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same
const beginning = /\x1b(?:\[[>=?]?[056]?)?$/

export class QueryFilter {
	/** The beginning of what may become a query. */
	#held = ''

	/** @returns the bytes without queries. A query may come in pieces, so a beginning is held back. */
	push(bytes: Uint8Array): Uint8Array {
		if (this.#held === '' && !bytes.includes(escapeByte)) return bytes
		const text = (this.#held + Buffer.from(bytes).toString('latin1')).replace(query, '')
		this.#held = beginning.exec(text)?.[0] ?? ''
		return Buffer.from(text.slice(0, text.length - this.#held.length), 'latin1')
	}

	/** @returns what is held back, at the end. */
	rest(): Uint8Array {
		return Buffer.from(this.#held, 'latin1')
	}
}
