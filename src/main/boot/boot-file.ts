/** Reads the files of a boot, whole, but never more than fits into the guest's memory. */
import {open, stat} from 'node:fs/promises'
import {expected} from '../../errors.ts'
import {describeSystemError} from '../system-error.ts'

/** Bytes. */
const leastRoom = 65_536

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
	let bytes: Uint8Array
	try {
		const {size} = await stat(path)
		if (size > limit.bytes) throw tooLarge(`${size} bytes`)
		// One byte above the limit shows that it is larger.
		bytes = await readUpTo(path, {expected: size, most: limit.bytes + 1})
	} catch (error) {
		const {code} = error as NodeJS.ErrnoException
		if (code === undefined) throw error
		throw expected(`a readable file for ${option}`, `${describeSystemError(error)}: ${path}`)
	}
	if (bytes.length > limit.bytes) throw tooLarge('more')
	if (bytes.length === 0) throw expected(`a file with contents for ${option}`, `an empty one: ${path}`)
	return {option, path, bytes}
}

/**
 * Into one buffer: what is read piece by piece and joined is held twice, and most of the pieces never go back to the system.
 * @param limit.expected bytes; the size of a pipe or a device is not known in advance. @param limit.most bytes that are read.
 */
async function readUpTo(path: string, limit: {expected: number; most: number}): Promise<Uint8Array> {
	await using file = await open(path)
	// One byte more: the read that finds the end needs room.
	let buffer = Buffer.alloc(Math.min(Math.max(limit.expected, leastRoom) + 1, limit.most))
	let length = 0
	while (length < limit.most) {
		if (length === buffer.length) {
			const larger = Buffer.alloc(Math.min(2 * length, limit.most))
			larger.set(buffer)
			buffer = larger
		}
		const {bytesRead} = await file.read(buffer, length)
		if (bytesRead === 0) break
		length += bytesRead
	}
	return buffer.subarray(0, length)
}
