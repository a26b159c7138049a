/** The project's folder, and what every build step needs: paths, hashes, files written in one piece, failures in one line. */
import {createHash} from 'node:crypto'
import {mkdir, readFile, rename, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'

export const root = join(import.meta.dirname, '../..')

export function fromRoot(...parts: string[]): string {
	return join(root, ...parts)
}

/** A step that failed for a reason it has explained already. */
export class BuildError extends Error {
	override readonly name = 'BuildError'
}

/** @returns a hash of the contents, which also tells the boundaries between them apart. */
export function hashOf(contents: readonly (string | Uint8Array)[]): string {
	const hash = createHash('sha256')
	for (const content of contents) hash.update(`${content.length}:`).update(content)
	return hash.digest('hex')
}

/** @returns undefined when there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
	try {
		return await readFile(path, 'utf8')
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
		throw error
	}
}

/** Writes beside and renames, so that a build running at the same time never reads half a file. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
	await mkdir(dirname(path), {recursive: true})
	const draft = `${path}.${process.pid}`
	await writeFile(draft, content)
	await rename(draft, path)
}

/** Leaves an unchanged file alone, and with it everything that is built from it. */
export async function writeIfChanged(path: string, content: string): Promise<void> {
	if ((await readIfThere(path)) !== content) await writeWhole(path, content)
}

export function reportFailure(what: string, error: unknown): void {
	const known = error instanceof BuildError
	console.error(`${what}: ${known ? error.message : error instanceof Error ? error.stack : String(error)}`)
	process.exitCode = 1
}
