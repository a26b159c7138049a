/** `--input`: a file, or text with backslash escapes. */
import {readFile, stat} from 'node:fs/promises'
import {expected} from '../../errors.ts'

const escapeCodes: Readonly<Record<string, string>> = {n: '\n', r: '\r', t: '\t', e: '\u001b', '0': '\0', '\\': '\\'}

/** @example unescapeText(String.raw`ls\n`) // `ls` and a line feed. @throws UserError */
export function unescapeText(text: string): string {
	return text.replace(/\\(x[\da-fA-F]{2}|.|$)/gs, (sequence: string, code: string) => {
		if (/^x./s.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16))
		const character = escapeCodes[code]
		if (character === undefined) throw expected(String.raw`--input to escape with \n \r \t \e \0 \\ or \xNN`, sequence)
		return character
	})
}

/** @throws UserError if the file cannot be read, or the text has an unknown escape. */
export async function readInput(fileOrText: string): Promise<Uint8Array> {
	const isFile = await stat(fileOrText).then(
		(status) => !status.isDirectory(),
		() => false,
	)
	if (!isFile) return Buffer.from(unescapeText(fileOrText))
	try {
		return await readFile(fileOrText)
	} catch (error) {
		throw expected('--input to be text or a readable file', `${fileOrText} (${(error as NodeJS.ErrnoException).code})`)
	}
}
