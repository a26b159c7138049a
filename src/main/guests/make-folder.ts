/** Makes folders. */
import {mkdir, stat} from 'node:fs/promises'
import {dirname} from 'node:path'

/**
 * Makes the folder and those above it, if they are missing. Node's `recursive` never returns for a folder below /proc,
 * where a folder cannot be made although the one above exists.
 */
export async function makeFolder(path: string): Promise<void> {
	const error = await tryFolder(path)
	if (error?.code !== 'ENOENT' || dirname(path) === path) {
		if (error) throw error
		return
	}
	await makeFolder(dirname(path))
	const still = await tryFolder(path)
	if (still) throw still
}

/** @returns why the folder is not there; undefined if it is. */
async function tryFolder(path: string): Promise<NodeJS.ErrnoException | undefined> {
	try {
		await mkdir(path)
	} catch (error) {
		const isThere = await stat(path).then(
			(status) => status.isDirectory(),
			() => false,
		)
		if (!isThere) return error as NodeJS.ErrnoException
	}
	return undefined
}
