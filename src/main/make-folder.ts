/** Makes folders. */
import {mkdir, stat} from 'node:fs/promises'
import {dirname} from 'node:path'

/**
 * Makes the folder and those above it, if they are missing. Node's `recursive` never returns for a folder below /proc,
 * where a folder cannot be made although the one above exists.
 * @param mode of those that it makes.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
	const error = await tryFolder(path, mode)
	if (error?.code !== 'ENOENT' || dirname(path) === path) {
		if (error) throw error
		return
	}
	await makeFolder(dirname(path), mode)
	const still = await tryFolder(path, mode)
	if (still) throw still
}

/** @returns why the folder is not there; undefined if it is. */
async function tryFolder(path: string, mode: number): Promise<NodeJS.ErrnoException | undefined> {
	try {
		await mkdir(path, {mode})
	} catch (error) {
		const isThere = await stat(path).then(
			(status) => status.isDirectory(),
			() => false,
		)
		if (!isThere) return error as NodeJS.ErrnoException
	}
	return undefined
}
