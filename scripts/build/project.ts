/** The project's folder, and helpers for build steps: paths, hashes, files written whole, failures in one line. */
import {createHash} from 'node:crypto'
import {mkdir, readFile, rename, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'

export const root = join(import.meta.dirname, '../..')

export function fromRoot(...parts: string[]): string {
	return join(root, ...parts)
}

/** A failure that its message explains, so that no stack is printed. */
export class BuildError extends Error {
	override readonly name = 'BuildError'
}

/** @returns a hash of the contents and of the boundaries between them. */
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

/** Writes a draft and renames it, so that a concurrent build never reads half a file. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
	await mkdir(dirname(path), {recursive: true})
	const draft = `${path}.${process.pid}`
	await writeFile(draft, content)
	await rename(draft, path)
}

/** Does not touch an unchanged file, so that nothing is rebuilt because of it. */
export async function writeIfChanged(path: string, content: string): Promise<void> {
	if ((await readIfThere(path)) !== content) await writeWhole(path, content)
}

export function reportFailure(what: string, error: unknown): void {
	const known = error instanceof BuildError
	console.error(`${what}: ${known ? error.message : error instanceof Error ? error.stack : String(error)}`)
	process.exitCode = 1
}
