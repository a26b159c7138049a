/** `--input`: a file after `@`, or text with backslash escapes. */
import {readFile, stat} from 'node:fs/promises'
import {expected} from '../../errors.ts'
import {describeSystemError} from '../system-error.ts'

const escapeCodes: Readonly<Record<string, string>> = {n: '\n', r: '\r', t: '\t', e: '\u001b', '0': '\0', '\\': '\\'}

/**
 * @returns the text as UTF-8, but for the bytes that \xNN names.
 * @example unescapeText(String.raw`ls\n`) // the bytes of `ls` and a line feed. @throws UserError
 */
export function unescapeText(text: string): Uint8Array {
	const parts = text.split(/(\\(?:x[\da-fA-F]{2}|.|$))/s)
	return Buffer.concat(parts.map((part, index) => (index % 2 === 0 ? Buffer.from(part) : unescapeSequence(part))))
}

function unescapeSequence(sequence: string): Uint8Array {
	const code = sequence.slice(1)
	if (/^x./.test(code)) return Uint8Array.of(Number.parseInt(code.slice(1), 16))
	const character = escapeCodes[code]
	if (character === undefined) throw expected(String.raw`--input to escape with \n \r \t \e \0 \\ or \xNN`, sequence)
	return Buffer.from(character)
}

/**
 * @param argument `@FILE`, or text. The name of a file without `@` is the former spelling: it still means the file.
 * @param warn shows a line to the user.
 * @throws UserError if the file cannot be read, or the text has an unknown escape.
 */
export async function readInput(argument: string, warn: (line: string) => void): Promise<Uint8Array> {
	if (argument.startsWith('@')) return await readInputFile(argument.slice(1))
	const isFile = await stat(argument).then(
		(status) => !status.isDirectory(),
		() => false,
	)
	if (!isFile) return unescapeText(argument)
	warn(`manyhart: --input ${argument} types the file of this name; write --input @${argument}`)
	return await readInputFile(argument)
}

async function readInputFile(path: string): Promise<Uint8Array> {
	return await readFile(path).catch((error) => {
		throw expected('--input @FILE to be a readable file', `${path}: ${describeSystemError(error)}`)
	})
}
