/** Reads the files of a boot, whole, but never more than fits into the guest's memory. */
import {createReadStream} from 'node:fs'
import {stat} from 'node:fs/promises'
import {expected} from '../../errors.ts'

export type BootOption = '--kernel' | '--initrd' | '--bios' | '--dtb'

/** A file's contents, with its option and path for messages. */
export type BootFile = Readonly<{option: BootOption; path: string; bytes: Uint8Array}>

/**
 * @param limit.bytes the largest size allowed.
 * @param limit.reason for the message, for example `the guest's memory`.
 * @throws UserError if the file cannot be read, is empty, or is larger.
 */
export async function readBootFile(
	option: BootOption,
	path: string,
	limit: Readonly<{bytes: number; reason: string}>,
): Promise<BootFile> {
	const tooLarge = (got: string) =>
		expected(`${option} of at most ${limit.bytes} bytes (${limit.reason})`, `${got}: ${path}`)
	const chunks: Uint8Array[] = []
	try {
		// The size of a pipe or a device is not known in advance: one byte above the limit shows that it is larger.
		const {size} = await stat(path)
		if (size > limit.bytes) throw tooLarge(`${size} bytes`)
		for await (const chunk of createReadStream(path, {end: limit.bytes})) chunks.push(chunk as Uint8Array)
	} catch (error) {
		const {code} = error as NodeJS.ErrnoException
		if (code === undefined) throw error
		throw expected(`a readable file for ${option}`, `${code}: ${path}`)
	}
	const bytes = Buffer.concat(chunks)
	if (bytes.length > limit.bytes) throw tooLarge('more')
	if (bytes.length === 0) throw expected(`a file with contents for ${option}`, `an empty one: ${path}`)
	return {option, path, bytes}
}
