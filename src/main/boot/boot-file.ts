/** The files a boot is made of, read whole and never further than the guest has memory for. */
import {createReadStream} from 'node:fs'
import {stat} from 'node:fs/promises'
import {expected} from '../../errors.ts'

export type BootOption = '--kernel' | '--initrd' | '--bios' | '--dtb'

/** A file's contents, and what to call it in messages. */
export type BootFile = Readonly<{option: BootOption; path: string; bytes: Uint8Array}>

/**
 * @param limit.bytes how many there may be.
 * @param limit.reason why, for the message: `the guest's memory`.
 * @throws UserError when the file cannot be read, is empty, or is larger.
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
		// A pipe's or a device's size is not known beforehand; one byte past the limit tells that it is too large.
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
